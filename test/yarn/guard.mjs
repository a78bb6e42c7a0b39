// Ends what daemons and their containers left behind once whoever started them has gone: node guard.mjs FOLDER
import { readdirSync, readFileSync, rmSync } from 'node:fs';

/**
 * Kills every process of a folder: all of them carry its path in their environment (Linux). None tells of another's end,
 * as a machine that loses its power does not: all are stopped first.
 * @param {string} folder absolute path
 * @param {(pid: number) => boolean} wanted which of them
 */
export function killAll(folder, wanted = () => true) {
  for (let found = 1, tries = 0; found > 0 && tries < 20; tries++) {
    const pids = processes(folder).filter(wanted);
    found = pids.length;
    for (const signal of ['SIGSTOP', 'SIGKILL']) {
      for (const pid of pids) {
        try {
          process.kill(pid, signal);
        } catch {
          // It has just ended.
        }
      }
    }
  }
}

/** Pids of the processes whose environment names the folder, without this one and its guard. */
export function processes(folder) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        // A zombie has no environment.
        return readFileSync(`/proc/${name}/environ`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    })
    .map(Number);
}

if (process.argv[1] === import.meta.filename) {
  const folder = process.argv[2];
  process.on('SIGINT', () => undefined);
  process.stdin.resume();
  process.stdin.on('close', () => {
    killAll(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    process.exit(0);
  });
}
