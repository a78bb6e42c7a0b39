// What all ways to start share: the packaged extension, a Python with Dask, and a folder that is kept.
import path from 'node:path';
import { packageExtension } from '../build/package.mjs';
import { ensurePython } from '../setup/python.mjs';
import { cache, root } from '../setup/paths.mjs';
import { withLock } from '../setup/lock.mjs';
import { mkdir } from 'node:fs/promises';

export const examples = path.join(root, 'examples');

/** What VS Code is started with for a cloud: nothing without one. Stop it after the editor. */
export async function prepareCloud(cloud, python, options) {
  if (cloud === undefined) {
    return { env: {}, settings: {}, stop: () => Promise.resolve() };
  }
  const { startCloud } = await import('./cloud.mjs');
  return startCloud(python, options);
}

/**
 * Tests bring a packaged extension and a folder of their own.
 * @param {string} name one folder for each kind of editor
 */
export async function prepare(name) {
  const { DASK_TEST_VSIX: packaged, DASK_TEST_HOME: home = path.join(cache, name) } = process.env;
  const python = await ensurePython();
  await mkdir(home, { recursive: true });
  const file = packaged ?? (await withLock(path.join(cache, 'package.lock'), () => packageExtension())).file;
  return { home, python, vsix: [file], settings: { 'dask.python.interpreter': python } };
}
