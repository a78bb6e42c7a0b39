// Builds dist/ (see esbuild.mjs). Options are handed on: --production, --watch.
import path from 'node:path';
import { run } from './setup/command.mjs';
import { ensureModules } from './setup/modules.mjs';
import { root } from './setup/paths.mjs';
import { main } from './setup/setupError.mjs';

await main(async () => {
  await ensureModules();
  const { code } = await run(process.execPath, [path.join(root, 'esbuild.mjs'), ...process.argv.slice(2)], {
    cwd: root,
    show: true,
  });
  return code ?? 1;
});
