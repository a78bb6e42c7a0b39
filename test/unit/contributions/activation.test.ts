import assert from 'node:assert/strict';
import path from 'node:path';

import { build } from 'esbuild';

describe('the bundle that activation waits for', () => {
  it('holds what registers, and what tells when the services are needed: nothing of the services', async () => {
    const { metafile } = await build({
      entryPoints: ['src/extension.ts'],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'cjs',
      external: ['vscode'],
      logLevel: 'silent',
    });
    const inputs = Object.keys(metafile.inputs).map((file) => file.split(path.sep).join('/'));
    const activation = ['pythonKey', 'pythonWork', 'servicesOnDemand', 'standIn', 'traces', 'viewOnDemand'];
    const shared = ['core/jsonValue', 'host/activeFile', 'machine/jsonFile', 'run/runId'];
    const expected = ['contributions', 'extension', ...activation.map((name) => `activation/${name}`), ...shared];
    assert.deepEqual(inputs.sort(), expected.map((name) => `src/${name}.ts`).sort());
  });
});
