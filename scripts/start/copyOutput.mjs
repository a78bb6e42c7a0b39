// A run's output as it arrives, byte for byte.
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Copies a growing file to a stream until `ended` resolves and all of it is copied.
 * @param {string} file may not exist yet, or never
 * @param {Promise<unknown>} ended
 * @param {NodeJS.WritableStream} target
 */
export async function copyOutput(file, ended, target) {
  let over = false;
  const end = ended.then(() => {
    over = true;
  });
  const buffer = Buffer.alloc(256 * 1024);
  let handle;
  try {
    for (;;) {
      // Asked before the read: what was written until then is read.
      const last = over;
      handle ??= await open(file, 'r').catch(() => undefined);
      const bytesRead = handle === undefined ? 0 : (await handle.read(buffer, 0, buffer.length, null)).bytesRead;
      if (bytesRead > 0) {
        if (!target.write(Buffer.from(buffer.subarray(0, bytesRead)))) {
          await once(target, 'drain');
        }
      } else if (last) {
        return;
      } else {
        await Promise.race([delay(30), end]);
      }
    }
  } finally {
    await handle?.close();
  }
}
