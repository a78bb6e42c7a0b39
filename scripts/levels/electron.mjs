// The host suite in a desktop VS Code, which @vscode/test-electron downloads where the network allows it.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleTests } from '../build/bundleTests.mjs';
import { packageExtension } from '../build/package.mjs';
import { endClusters, storageFolder } from '../editor/endClusters.mjs';
import { writeSettings } from '../editor/settings.mjs';
import { run } from '../setup/command.mjs';
import { ensureNode24 } from '../setup/node24.mjs';
import { cache, out, root } from '../setup/paths.mjs';
import { ensurePython } from '../setup/python.mjs';
import { readCounts } from './mocha.mjs';

export async function electron() {
  const python = await ensurePython();
  await packageExtension();
  await bundleTests('host', { suffix: '.ts', exclude: 'support' });
  const home = await mkdtemp(path.join(tmpdir(), 'dask-electron-'));
  const userData = path.join(home, 'user-data');
  const result = path.join(home, 'result.json');
  await mkdir(path.join(home, 'workspace'));
  await writeSettings(userData, { 'dask.python.interpreter': python });
  const order = {
    extensionDevelopmentPath: root,
    extensionTestsPath: path.join(out, 'host', 'suite', 'index.js'),
    cachePath: path.join(cache, 'desktop'),
    launchArgs: [path.join(home, 'workspace'), '--user-data-dir', userData, '--disable-workspace-trust'],
    extensionTestsEnv: { DASK_TEST_PYTHON: python, DASK_HOST_RESULT: result },
  };
  try {
    // It needs Node 22 or newer.
    const script = 'import("@vscode/test-electron").then(({ runTests }) => runTests(JSON.parse(process.argv[1])))';
    const node = await ensureNode24();
    const { code } = await run(node, ['-e', script, JSON.stringify(order)], { cwd: root, show: true });
    if (!existsSync(result)) {
      console.error(
        'The desktop VS Code ran no tests. On a closed network it cannot be downloaded: use npm run test:host.',
      );
      return { passed: 0, failed: 1 };
    }
    return await readCounts(result, code);
  } finally {
    await endClusters(storageFolder(userData));
    await rm(home, { recursive: true, force: true });
  }
}
