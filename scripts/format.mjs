// npm run format: every file as Prettier writes it.
import path from 'node:path';
import { run } from './setup/command.mjs';
import { ensureModules } from './setup/modules.mjs';
import { root } from './setup/paths.mjs';
import { main } from './setup/setupError.mjs';

await main(async () => {
  await ensureModules();
  const prettier = path.join(root, 'node_modules', 'prettier', 'bin', 'prettier.cjs');
  const { code } = await run(process.execPath, [prettier, '--write', '.'], { cwd: root, show: true });
  return code ?? 1;
});
