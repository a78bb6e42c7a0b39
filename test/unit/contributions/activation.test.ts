import assert from 'node:assert/strict';
import path from 'node:path';

import { build } from 'esbuild';

describe('the bundle that activation waits for', () => {
  it('holds what registers the commands, and nothing of the services', async () => {
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
    assert.deepEqual(inputs.sort(), ['src/contributions.ts', 'src/extension.ts']);
  });
});
