// The end of a run, as its supervisor wrote it.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until the run's cluster is released, so that nothing runs on when we have gone.
 * @param {string} folder the run's
 * @returns {Promise<{signal: string | null, exitCode: number | null} | undefined>} undefined when there never was a supervisor
 */
export async function waitUntilReleased(folder, timeoutSeconds = 30) {
  const until = performance.now() + timeoutSeconds * 1000;
  for (;;) {
    const status = await readFile(path.join(folder, 'status.json'), 'utf8').then(JSON.parse, () => undefined);
    if (status === undefined || status.released === true || performance.now() > until) {
      return status;
    }
    await delay(50);
  }
}
