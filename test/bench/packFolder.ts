import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

/** Packs the extension in a folder; gives the path of the file, beside the folder. */
export async function packFolder(folder: string, id: string): Promise<string> {
  const file = path.join(folder, '..', `${path.basename(folder)}-${id}.vsix`);
  const options = ['--no-dependencies', '--skip-license', '--allow-missing-repository', '--out', file];
  const vsce = path.resolve('node_modules/@vscode/vsce/vsce');
  await promisify(execFile)(process.execPath, [vsce, 'package', ...options], { cwd: folder });
  return file;
}
