import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isCancelled } from '../../../src/core/errors';
import { exclusively } from '../../../src/machine/exclusiveLock';
import { thisHost } from '../../../src/machine/host';

describe('A lock between windows', () => {
  let folder: string;
  let lock: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'dask-lock-'));
    lock = path.join(folder, 'environment.lock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const dead = spawnSync(process.execPath, ['-e', '']).pid;

  async function leave(host: string, secondsAgo: number): Promise<void> {
    await writeFile(lock, JSON.stringify({ host, pid: dead, pidStart: '1', token: 'theirs' }));
    const then = Date.now() / 1000 - secondsAgo;
    await utimes(lock, then, then);
  }

  /** What became of an act, which is given up as soon as it has to wait; with `waits` it is not. */
  async function act({ waits } = { waits: false }): Promise<'done' | 'waits'> {
    const giveUp = new AbortController();
    try {
      return await exclusively(
        lock,
        () => (waits ? undefined : giveUp.abort()),
        giveUp.signal,
        () => Promise.resolve('done' as const),
      );
    } catch (error) {
      assert.ok(isCancelled(error));
      return 'waits';
    }
  }

  it('lets one act after the other, and is gone afterwards', async () => {
    const order: string[] = [];
    const slow = async (name: string): Promise<void> => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(`${name} ends`);
    };
    const names = ['a', 'b', 'c'];
    const { signal } = new AbortController();
    await Promise.all(
      names.map((name) =>
        exclusively(
          lock,
          () => undefined,
          signal,
          () => slow(name),
        ),
      ),
    );
    assert.equal(order.length, 6);
    for (let at = 0; at < 6; at += 2) {
      assert.equal(order[at]?.replace('begins', 'ends'), order[at + 1]);
    }
    assert.equal(existsSync(lock), false);
  });

  it('of a process that has died is taken over', async () => {
    await leave(thisHost, 0);
    assert.equal(await act({ waits: true }), 'done');
  });

  it('of another machine that shares the folder holds, until it is too old', async () => {
    await leave('another-machine', 600);
    assert.equal(await act(), 'waits');
    assert.ok(existsSync(lock), 'it is still there');
    await leave('another-machine', 4_000);
    assert.equal(await act({ waits: true }), 'done');
  });

  it('of a process that has died goes to one of many who wait', async () => {
    const { signal } = new AbortController();
    let acting = 0;
    const alone = async (): Promise<void> => {
      acting++;
      await new Promise((resolve) => setTimeout(resolve, 1));
      assert.equal(acting--, 1);
    };
    for (let round = 0; round < 20; round++) {
      await leave(thisHost, 0);
      await Promise.all(Array.from({ length: 8 }, () => exclusively(lock, () => undefined, signal, alone)));
      assert.deepEqual(await readdir(folder), []);
    }
  });

  it('is left alone at the end when somebody else has it by then', async () => {
    const theirs = JSON.stringify({ host: 'another-machine', pid: 1, pidStart: '1', token: 'theirs' });
    const { signal } = new AbortController();
    await exclusively(
      lock,
      () => undefined,
      signal,
      () => writeFile(lock, theirs),
    );
    assert.equal(await readFile(lock, 'utf8'), theirs);
  });

  it('is taken over also when one who was about to has died over it', async () => {
    await leave(thisHost, 0);
    await writeFile(`${lock}.dropping`, '');
    const then = Date.now() / 1000 - 120;
    await utimes(`${lock}.dropping`, then, then);
    assert.equal(await act({ waits: true }), 'done');
    assert.deepEqual(await readdir(folder), []);
  });
});
