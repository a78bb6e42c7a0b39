// npm run package: the extension as one .vsix file in the repository's root.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { packageExtension } from './build/package.mjs';
import { ensureModules } from './setup/modules.mjs';
import { root } from './setup/paths.mjs';
import { main } from './setup/setupError.mjs';

await main(async () => {
  await ensureModules();
  const { name, version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const { file, bytes } = await packageExtension(path.join(root, `${name}-${version}.vsix`));
  console.log(`${path.relative(root, file)}  ${(bytes / 1024).toFixed(1)} KB`);
});
