// End to end: Playwright clicks what a user clicks, in a real VS Code with the packaged extension.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { bundleTests } from '../build/bundleTests.mjs';
import { packageExtension } from '../build/package.mjs';
import { ensureChromium } from '../setup/chromium.mjs';
import { ensureNode24 } from '../setup/node24.mjs';
import { results } from '../setup/paths.mjs';
import { ensurePython } from '../setup/python.mjs';
import { runMocha, selectFiles } from './mocha.mjs';

/** @param {string[]} options parts of file names to run, then options of mocha, e.g. `--grep NAME` */
export async function e2e(options = []) {
  const python = await ensurePython();
  const chromium = await ensureChromium();
  const node = await ensureNode24();
  const { file: vsix } = await packageExtension();
  const { files, rest } = selectFiles(await bundleTests('e2e', { suffix: '.test.ts' }), options);
  const screenshots = path.join(results, 'screenshots');
  await rm(screenshots, { recursive: true, force: true });
  const env = { DASK_TEST_PYTHON: python, DASK_TEST_VSIX: vsix, DASK_SCREENSHOTS: screenshots, CHROMIUM: chromium };
  return runMocha({ name: 'e2e', node, files, options: rest, env, timeout: 180_000 });
}
