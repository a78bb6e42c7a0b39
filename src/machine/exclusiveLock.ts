import { randomBytes } from 'node:crypto';
import { open, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asRecord, numberField, stringField } from '../core/jsonValue';
import { FolderChanges } from './folderChanges';
import { errorCode, readJson } from './jsonFile';
import { isElsewhere, thisHost } from './host';
import { isAlive, pidStartOf, type ProcessIdentity } from './processes';
import { throwIfAborted } from './wait';

/** Whether a process of another machine that shares this storage lives cannot be seen; an act takes minutes. Milliseconds. */
const longestElsewhere = 3600 * 1000;
/** Removing the lock of a dead process takes some milliseconds, on Windows a second: in milliseconds. */
const longestDropping = 60_000;

type Holder = ProcessIdentity & { token: string };

/**
 * Runs an act while no other window runs one under the same lock file. The file names its holder; one whose
 * process has died is taken over. Throws CancelledError on abort while it waits.
 */
export async function exclusively<T>(
  lock: string,
  onWait: () => void,
  signal: AbortSignal,
  act: () => Promise<T>,
): Promise<T> {
  const changes = new FolderChanges(dirname(lock), 1000);
  const token = randomBytes(8).toString('hex');
  try {
    for (let first = true; !(await take(lock, token)); first = false) {
      if (first) {
        onWait();
      }
      throwIfAborted(signal);
      await dropDead(lock);
      await changes.next(signal);
    }
  } finally {
    changes.dispose();
  }
  try {
    return await act();
  } finally {
    // Whoever took it for abandoned has one of their own there.
    if ((await holderOf(lock))?.token === token) {
      await rm(lock, { force: true });
    }
  }
}

async function take(lock: string, token: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx', 0o600);
    try {
      await file.writeFile(
        JSON.stringify({ host: thisHost, pid: process.pid, pidStart: await pidStartOf(process.pid), token }),
      );
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

/**
 * Removes the lock of a process that has ended. One at a time does, and looks again by then: what was taken over in
 * between stays where it is.
 */
async function dropDead(lock: string): Promise<void> {
  if (await isHeld(lock, await holderOf(lock))) {
    return;
  }
  const marker = `${lock}.dropping`;
  try {
    await writeFile(marker, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') {
      throw error;
    }
    // Whoever made it may have died over it.
    if (await isOlder(marker, longestDropping)) {
      await rm(marker, { force: true });
    }
    return;
  }
  try {
    if (!(await isHeld(lock, await holderOf(lock)))) {
      await rm(lock, { force: true });
    }
  } finally {
    await rm(marker, { force: true });
  }
}

async function isHeld(lock: string, holder: Holder | undefined): Promise<boolean> {
  if (holder === undefined) {
    // It is being written, or its writer died over it.
    return !(await isOlder(lock, 10_000));
  }
  return isElsewhere(holder) ? !(await isOlder(lock, longestElsewhere)) : isAlive(holder);
}

async function holderOf(lock: string): Promise<Holder | undefined> {
  const record = asRecord(await readJson(lock));
  const pid = numberField(record, 'pid');
  const pidStart = stringField(record, 'pidStart');
  const token = stringField(record, 'token');
  const host = stringField(record, 'host');
  return pid === undefined || pidStart === undefined || token === undefined
    ? undefined
    : { pid, pidStart, token, ...(host === undefined ? {} : { host }) };
}

async function isOlder(lock: string, milliseconds: number): Promise<boolean> {
  return stat(lock).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > milliseconds,
    () => false,
  );
}
