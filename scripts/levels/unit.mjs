// Unit tests: mocha in plain Node 24.
import { bundleTests } from '../build/bundleTests.mjs';
import { ensureNode24 } from '../setup/node24.mjs';
import { ensurePython } from '../setup/python.mjs';
import { runMocha } from './mocha.mjs';

/** @param {string[]} options more options of mocha, e.g. `--grep NAME`, or parts of file names to run */
export async function unit(options = []) {
  const node = await ensureNode24();
  const python = await ensurePython();
  const filters = options[0]?.startsWith('-')
    ? []
    : options.splice(0, options.findIndex((o) => o.startsWith('-')) >>> 0);
  const all = await bundleTests('unit', { suffix: '.test.ts' });
  const files = all.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
  return runMocha({ name: 'unit', node, files, options, env: { DASK_TEST_PYTHON: python } });
}
