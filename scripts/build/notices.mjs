// Licence texts of what is bundled.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../setup/paths.mjs';

/** The text of licences that have one text for all, for packages that name theirs and leave the text out. */
const standard = { 'Apache-2.0': 'node_modules/google-auth-library/LICENSE' };

/**
 * Writes the licence of every package that went into a bundle.
 * @param {import('esbuild').Metafile[]} metafiles
 * @param {string} file
 */
export async function writeNotices(metafiles, file) {
  // By folder: a package may be there in several versions.
  const folders = new Set(['node_modules/@vscode/codicons']);
  for (const { inputs } of metafiles) {
    for (const input of Object.keys(inputs)) {
      const folder = /(?:^|:)(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
      if (folder !== undefined) {
        folders.add(folder);
      }
    }
  }
  const notices = await Promise.all([...folders].map(notice));
  await writeFile(
    file,
    `Dask Cluster Explorer contains parts of these packages.\n\n${[...new Set(notices)].sort().join('\n')}`,
  );
}

async function notice(inRepository) {
  const folder = path.join(root, inRepository);
  const { name, version, license } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const files = (await readdir(folder)).filter((entry) => /^(licen[cs]e|copying|notice)/i.test(entry)).sort();
  const found = files.map((entry) => path.join(folder, entry));
  if (found.length === 0 && standard[license] === undefined) {
    throw new Error(`${name} is bundled, but brings no licence text.`);
  }
  const sources = found.length === 0 ? [path.join(root, standard[license])] : found;
  const texts = await Promise.all(sources.map((source) => readFile(source, 'utf8')));
  return `${'-'.repeat(78)}\n${name} ${version} (${license})\n\n${texts.map((text) => text.trim()).join('\n\n')}\n`;
}
