// Unit tests, of the extension and of the scripts: mocha in plain Node 24.
import { bundleTests } from '../build/bundleTests.mjs';
import { ensureNode24 } from '../setup/node24.mjs';
import { ensurePython } from '../setup/python.mjs';
import { runMocha, selectFiles } from './mocha.mjs';

/** Files at once: they mostly wait for processes of theirs. A few are run one after the other, as it is easier to read. */
const jobs = 3;
const few = 10;

/** @param {string[]} options more options of mocha, e.g. `--grep NAME`, or parts of file names to run */
export async function unit(options = []) {
  const node = await ensureNode24();
  const python = await ensurePython();
  const bundles = [
    ...(await bundleTests('unit', { suffix: '.test.ts' })),
    ...(await bundleTests('scripts', { suffix: '.test.ts' })),
  ];
  const { files, rest } = selectFiles(bundles, options);
  const parallel = files.length > few ? ['--parallel', '--jobs', String(jobs)] : [];
  return runMocha({ name: 'unit', node, files, options: [...parallel, ...rest], env: { DASK_TEST_PYTHON: python } });
}
