import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJson, writeJson } from '../../../src/machine/jsonFile';

describe('jsonFile', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'json-'));
    path = join(folder, 'state.json');
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('reads back what it wrote, for the owner alone', async () => {
    await writeJson(path, { name: 'täst', list: [1, 2] });
    assert.deepEqual(await readJson(path), { name: 'täst', list: [1, 2] });
    if (process.platform !== 'win32') {
      assert.equal((await stat(path)).mode & 0o777, 0o600);
    }
  });

  it('gives undefined for what is missing or not JSON', async () => {
    assert.equal(await readJson(path), undefined);
    await writeFile(path, '{"half":');
    assert.equal(await readJson(path), undefined);
  });

  it('never lets a reader see a part, with many writers', async () => {
    await writeJson(path, { filler: 'x'.repeat(100_000) });
    const progress = { writing: true };
    const writers = Promise.all(
      Array.from({ length: 5 }, async (_, writer) => {
        for (let round = 0; round < 10; round += 1) {
          await writeJson(path, { writer, filler: 'y'.repeat(100_000) });
        }
      }),
    ).finally(() => (progress.writing = false));
    while (progress.writing) {
      assert.notEqual(await readJson(path), undefined);
    }
    await writers;
    assert.deepEqual(await readdir(folder), ['state.json']);
  });

  it('leaves the old content and no rubbish when it cannot write', async () => {
    await writeJson(path, { old: true });
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    await assert.rejects(writeJson(path, circular));
    assert.deepEqual(await readJson(path), { old: true });
    assert.deepEqual(await readdir(folder), ['state.json']);
  });
});
