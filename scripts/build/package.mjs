// The packaged extension, as it ships.
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { lastLines, run } from '../setup/command.mjs';
import { ensureNode24 } from '../setup/node24.mjs';
import { cache, root } from '../setup/paths.mjs';
import { SetupError } from '../setup/setupError.mjs';

/**
 * Builds the extension for production and packs it.
 * @param {string} [file] where to; default: a file in the cache folder
 * @returns {Promise<{file: string, bytes: number}>}
 */
export async function packageExtension(file = path.join(cache, 'package', 'dask-cluster-explorer.vsix')) {
  await must('Building the extension', process.execPath, [path.join(root, 'esbuild.mjs'), '--production']);
  await mkdir(path.dirname(file), { recursive: true });
  const vsce = path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  const license = existsSync(path.join(root, 'LICENSE')) ? [] : ['--skip-license'];
  const { repository } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const options = [
    '--no-dependencies',
    '--out',
    file,
    ...license,
    // Without a repository's address, links in the README cannot be made absolute.
    ...(repository ? [] : ['--allow-missing-repository', '--no-rewrite-relative-links']),
  ];
  await must('Packing the extension', await ensureNode24(), [vsce, 'package', ...options]);
  return { file, bytes: (await stat(file)).size };
}

async function must(purpose, program, args) {
  const result = await run(program, args, { cwd: root });
  if (result.code !== 0) {
    throw new SetupError(`${purpose} failed:\n${lastLines(result, 40)}`);
  }
}
