import { readdirSync, readFileSync } from 'node:fs';

/** Ends what was started on a machine and has left its process group: it has the machine's folder in its environment. */
export function endLeftOver(folder: string): void {
  if (process.platform !== 'linux') {
    return;
  }
  const mark = `DATAPROC_MACHINE_FOLDER=${folder}`;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark)) {
        process.kill(Number(pid), 'SIGKILL');
      }
    } catch {
      // Gone, or of another user.
    }
  }
}
