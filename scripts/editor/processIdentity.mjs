// A process that was noted down, and not a later one with its number. See docs/architecture.md, `pidStart`.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** True while the noted process is alive. */
export function isSameProcess(pid, pidStart) {
  return typeof pid === 'number' && startOf(pid) === pidStart;
}

function startOf(pid) {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name before it may hold spaces and brackets.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    if (process.platform === 'win32') {
      const command = `(Get-Process -Id ${pid}).StartTime.ToUniversalTime().Ticks`;
      return execFileSync('powershell', ['-NoProfile', '-Command', command], { encoding: 'utf8' }).trim();
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** Sends a signal; a process that has gone is no error. */
export function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}
