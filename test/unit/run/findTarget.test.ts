import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../../src/core/errors';
import { findTarget } from '../../../src/run/findTarget';

describe('The target that a text names', () => {
  let outer: string;
  let folder: string;

  before(async () => {
    outer = await mkdtemp(join(tmpdir(), 'dask-target-'));
    folder = join(outer, 'code');
    for (const file of ['main.py', 'jobs/etl.py', 'src/lib/__init__.py', 'src/lib/deep.py', '../other.py']) {
      await mkdir(join(folder, file, '..'), { recursive: true });
      await writeFile(join(folder, file), '');
    }
  });
  after(() => rm(outer, { recursive: true, force: true }));

  for (const file of ['main.py', 'jobs/etl.py', './main.py']) {
    it(`is the file ${file}`, async () => {
      assert.deepEqual(await findTarget(folder, file), { kind: 'file', path: join(folder, file) });
    });
  }

  for (const [text, inner] of [
    ['jobs.etl:run', ''],
    ['main:run', ''],
    ['lib:run', 'src'],
    ['lib.deep:_run2', 'src'],
  ] as const) {
    it(`is the function ${text}`, async () => {
      const [module, name] = text.split(':');
      assert.deepEqual(await findTarget(folder, text), {
        kind: 'function',
        module,
        function: name,
        directory: join(folder, inner),
      });
    });
  }

  for (const [text, code] of [
    ['', 'targetInvalid'],
    ['etl', 'targetInvalid'],
    ['jobs.etl', 'targetInvalid'],
    ['jobs.etl:', 'targetInvalid'],
    ['jobs etl:run', 'targetInvalid'],
    ['../other.py', 'targetMissing'],
    ['/etc/main.py', 'targetMissing'],
    ['none.py', 'targetMissing'],
    ['none:run', 'targetMissing'],
    ['jobs:run', 'targetMissing'],
  ] as const) {
    it(`is none for "${text}"`, async () => {
      await assert.rejects(findTarget(folder, text), (error) => error instanceof UserError && error.code === code);
    });
  }
});
