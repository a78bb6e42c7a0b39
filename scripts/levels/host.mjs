// Tests in a real extension host: test/host/suite inside it, test/host/windows around it (reloads, two windows).
import { bundleTests } from '../build/bundleTests.mjs';
import { packageExtension } from '../build/package.mjs';
import { ensureChromium } from '../setup/chromium.mjs';
import { ensureNode24 } from '../setup/node24.mjs';
import { ensurePython } from '../setup/python.mjs';
import { runHostSuite } from './hostSuite.mjs';
import { runMocha } from './mocha.mjs';

/** @param {string[]} options `--grep NAME` runs a part */
export async function host(options = []) {
  const python = await ensurePython();
  const chromium = await ensureChromium();
  const node = await ensureNode24();
  const { file: vsix } = await packageExtension();
  const files = await bundleTests('host', { suffix: '.ts', exclude: 'support' });
  const inside = await runHostSuite({ python, grep: options[options.indexOf('--grep') + 1] });
  const env = { DASK_TEST_PYTHON: python, DASK_TEST_VSIX: vsix, CHROMIUM: chromium };
  const windows = files.filter((file) => file.includes('windows') && file.endsWith('.test.js'));
  const around = await runMocha({ name: 'windows', node, files: windows, options, env, timeout: 180_000 });
  return { passed: inside.passed + around.passed, failed: inside.failed + around.failed };
}
