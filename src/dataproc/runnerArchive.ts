import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { zipSync, type Zippable } from 'fflate';

/** The earliest time that a zip file knows: the same files give the same bytes. */
const noTime = new Date(1980, 0, 1);

/** The Python side as one zip file that Python imports from: the same bytes for the same files. */
export async function runnerArchive(folder: string): Promise<Uint8Array> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.parentPath.split(sep).includes('__pycache__'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const files: Zippable = {};
  for (const path of paths) {
    const name = [basename(folder), ...relative(folder, path).split(sep)].join('/');
    files[name] = [await readFile(path), { mtime: noTime }];
  }
  return zipSync(files);
}
