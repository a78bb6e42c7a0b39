import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { appendFile, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCancelled } from '../../../src/core/errors';
import { followFile, maximumChunk } from '../../../src/machine/followFile';

describe('followFile', () => {
  let folder: string;
  let path: string;
  const never = new Promise<void>(() => undefined);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'follow '));
    path = join(folder, 'output.log');
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('delivers each byte once and in order, however it was written', async function () {
    this.timeout(20_000);
    for (let round = 0; round < 20; round += 1) {
      const target = join(folder, `random-${round}.log`);
      const parts = Array.from({ length: 30 }, () => randomBytes(randomInt(1, 5000)));
      let finish = (): void => undefined;
      const done = new Promise<void>((resolve) => (finish = resolve));
      const from = randomInt(0, 100);
      const reading = collect(target, from, done);
      const file = await open(target, 'a');
      for (const part of parts) {
        await file.write(part);
        if (randomInt(3) === 0) {
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      await file.close();
      finish();
      assert.deepEqual(await reading, Buffer.concat(parts).subarray(from));
    }
  });

  it('waits for a file that does not exist yet', async () => {
    let finish = (): void => undefined;
    const done = new Promise<void>((resolve) => (finish = resolve));
    const reading = collect(path, 0, done);
    await writeFile(path, 'first\n');
    await appendFile(path, 'second\n');
    finish();
    assert.equal((await reading).toString(), 'first\nsecond\n');
  });

  it('ends with done when the file never comes', async () => {
    assert.equal((await collect(path, 0, Promise.resolve())).length, 0);
  });

  it('reads what was appended just before done', async () => {
    await writeFile(path, 'a');
    const done = appendFile(path, 'b');
    assert.equal((await collect(path, 0, done)).toString(), 'ab');
  });

  it('ends also when done is rejected', async () => {
    await writeFile(path, 'kept');
    assert.equal((await collect(path, 0, Promise.reject(new Error('lost')))).toString(), 'kept');
  });

  it('brings a line of 200 MB in bounded chunks', async function () {
    this.timeout(60_000);
    const block = Buffer.alloc(1024 * 1024, 'x');
    const file = await open(path, 'a');
    const written = createHash('sha256');
    for (let index = 0; index < 200; index += 1) {
      block.writeUInt32LE(index);
      written.update(block);
      await file.write(block);
    }
    await file.close();
    const read = createHash('sha256');
    let total = 0;
    for await (const { offset, bytes } of followFile(path, follow(0, Promise.resolve()))) {
      assert.equal(offset, total);
      assert.ok(bytes.length <= maximumChunk);
      total += bytes.length;
      read.update(bytes);
    }
    assert.equal(total, 200 * 1024 * 1024);
    assert.equal(read.digest('hex'), written.digest('hex'));
  });

  it('tells of new bytes in less than 50 ms at the median', async function () {
    this.timeout(20_000);
    await writeFile(path, '');
    const controller = new AbortController();
    const chunks = followFile(path, { from: 0, done: never, signal: controller.signal });
    const latencies: number[] = [];
    for (let index = 0; index < 15; index += 1) {
      const next = chunks.next();
      await new Promise((resolve) => setTimeout(resolve, 20));
      const start = performance.now();
      await appendFile(path, 'tick\n');
      await next;
      latencies.push(performance.now() - start);
    }
    controller.abort();
    await assert.rejects(chunks.next(), isCancelled);
    const median = latencies.sort((a, b) => a - b)[7]!;
    assert.ok(median < 50, `median ${median} ms`);
  });

  it('throws CancelledError on abort while it waits', async () => {
    await writeFile(path, 'x');
    const controller = new AbortController();
    const chunks = followFile(path, { from: 0, done: never, signal: controller.signal });
    const first = await chunks.next();
    assert.ok(first.done !== true);
    assert.equal(Buffer.from(first.value.bytes).toString(), 'x');
    const next = chunks.next();
    controller.abort();
    await assert.rejects(next, isCancelled);
  });
});

function follow(from: number, done: Promise<unknown>): Parameters<typeof followFile>[1] {
  return { from, done, signal: new AbortController().signal };
}

async function collect(path: string, from: number, done: Promise<unknown>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let expected = from;
  for await (const { offset, bytes } of followFile(path, follow(from, done))) {
    assert.equal(offset, expected);
    expected += bytes.length;
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

function randomBytes(length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => randomInt(256)));
}
