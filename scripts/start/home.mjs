// What all ways to start share: the packaged extension, a Python with Dask, and a folder that is kept.
import path from 'node:path';
import { packageExtension } from '../build/package.mjs';
import { ensurePython } from '../setup/python.mjs';
import { cache, root } from '../setup/paths.mjs';
import { withLock } from '../setup/lock.mjs';
import { mkdir } from 'node:fs/promises';

export const examples = path.join(root, 'examples');

/** @param {string} name one folder for each kind of editor */
export async function prepare(name) {
  const python = await ensurePython();
  const home = path.join(cache, name);
  await mkdir(home, { recursive: true });
  const { file } = await withLock(path.join(cache, 'package.lock'), () => packageExtension());
  return { home, vsix: [file], settings: { 'dask.python.interpreter': python } };
}
