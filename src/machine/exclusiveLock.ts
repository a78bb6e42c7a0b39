import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asRecord, numberField, stringField } from '../core/jsonValue';
import { FolderChanges } from './folderChanges';
import { errorCode, readJson } from './jsonFile';
import { isElsewhere, thisHost } from './host';
import { isAlive, pidStartOf, type ProcessIdentity } from './processes';
import { throwIfAborted } from './wait';

/** Whether a process of another machine that shares this storage lives cannot be seen; an act takes minutes. Milliseconds. */
const longestElsewhere = 3600 * 1000;

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
    await rm(lock, { force: true });
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

/** Removes the lock of a process that has ended. Renamed first, so that only one of several takes it away. */
async function dropDead(lock: string): Promise<void> {
  const holder = await holderOf(lock);
  if (await isHeld(lock, holder)) {
    return;
  }
  const aside = `${lock}.${randomBytes(6).toString('hex')}.dead`;
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  const moved = await holderOf(aside);
  if (moved !== undefined && moved.token !== holder?.token) {
    // Somebody had taken it over in between: it is given back.
    await rename(aside, lock);
    return;
  }
  await rm(aside, { force: true });
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
