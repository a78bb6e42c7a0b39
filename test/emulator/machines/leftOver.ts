import { readdirSync, readFileSync } from 'node:fs';

/** Ends what was started on the machines below a folder and has left its process group: it has the folder in its environment. */
export function endLeftOver(folder: string): void {
  if (process.platform !== 'linux') {
    return;
  }
  const mark = `DATAPROC_MACHINE_FOLDER=${folder}`;
  const ours = (variable: string) => variable === mark || variable.startsWith(`${mark}/`);
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').some(ours)) {
        process.kill(Number(pid), 'SIGKILL');
      }
    } catch {
      // Gone, or of another user.
    }
  }
}
