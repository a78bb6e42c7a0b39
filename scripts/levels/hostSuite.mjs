// Runs out/host/suite inside an extension host of VS Code's own server.
import { existsSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { workbenchUrl } from '../editor/browserEditor.mjs';
import { openBrowser } from '../editor/chromium.mjs';
import { endClusters, storageFolder } from '../editor/endClusters.mjs';
import { startTestServer } from '../editor/testServer.mjs';
import { out, results, root } from '../setup/paths.mjs';
import { readCounts } from './mocha.mjs';

const timeoutSeconds = 20 * 60;

/**
 * @param {{python: string, grep?: string, suite?: string}} options `suite`: the test module, relative to out/
 * @returns {Promise<{passed: number, failed: number}>}
 */
export async function runHostSuite({ python, grep = '', suite = path.join('host', 'suite', 'index.js') }) {
  const home = await mkdtemp(path.join(tmpdir(), 'dask-host-'));
  const workspace = path.join(home, 'workspace');
  const result = path.join(home, 'result.json');
  const log = path.join(results, 'host.log');
  await mkdir(workspace);
  await mkdir(results, { recursive: true });
  writeFileSync(log, '');
  const env = { DASK_TEST_PYTHON: python, DASK_HOST_RESULT: result, DASK_HOST_LOG: log, DASK_HOST_GREP: grep };
  const undo = [() => rm(home, { recursive: true, force: true })];
  try {
    const server = await startTestServer({ home, env, settings: { 'dask.python.interpreter': python } });
    undo.push(() => server.stop());
    const browser = await openBrowser();
    undo.push(() => browser.close());
    const page = await browser.newPage();
    const address = { folder: workspace, extension: root, tests: path.join(out, suite) };
    await page.goto(workbenchUrl(server, address), { waitUntil: 'commit' });
    await showUntil(log, () => existsSync(result));
    const counts = await readCounts(result, 0);
    const left = await endClusters(storageFolder(server.userData));
    if (left.runs + left.clusters > 0) {
      console.error(`The tests left ${left.runs} runs and ${left.clusters} clusters behind.`);
      counts.failed += 1;
    }
    return counts;
  } finally {
    for (const step of undo.reverse()) {
      await step();
    }
  }
}

/** Shows a growing file until `done`, or for the longest time that a suite may take. */
async function showUntil(file, done) {
  const until = performance.now() + timeoutSeconds * 1000;
  let from = 0;
  for (;;) {
    const last = done() || performance.now() > until;
    const bytes = await readFile(file);
    process.stdout.write(bytes.subarray(from));
    from = bytes.length;
    if (last) {
      return;
    }
    await delay(200);
  }
}
