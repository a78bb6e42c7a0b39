// One set-up at a time: two clients that install into one folder break it.
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Runs `action` while holding the lock file. A lock whose process is gone is taken over.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function withLock(file, action) {
  await mkdir(path.dirname(file), { recursive: true });
  let told = false;
  while (!(await take(file))) {
    const holder = await readFile(file, 'utf8').catch(() => '');
    if (holder !== '' && !alive(Number(holder))) {
      await removeStale(file, holder);
      continue;
    }
    if (!told && holder !== String(process.pid)) {
      console.log(`Waiting for another set-up of this checkout (process ${holder}).`);
      told = true;
    }
    await delay(200);
  }
  try {
    return await action();
  } finally {
    await unlink(file);
  }
}

async function take(file) {
  // Linked into place complete, so that nobody ever reads an empty lock.
  const own = `${file}.${process.pid}.${randomUUID()}`;
  const handle = await open(own, 'w');
  await handle.writeFile(String(process.pid));
  await handle.close();
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') {
      return false;
    }
    throw error;
  } finally {
    await unlink(own);
  }
}

async function removeStale(file, holder) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    await rename(file, aside);
  } catch {
    return; // Somebody else was faster.
  }
  if ((await readFile(aside, 'utf8')) !== holder) {
    await link(aside, file).catch(() => undefined); // It was a new one: put it back.
  }
  await unlink(aside);
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
