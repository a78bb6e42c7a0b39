// Licence texts of what is bundled.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../setup/paths.mjs';

/**
 * Writes the licence of every package that went into a bundle.
 * @param {import('esbuild').Metafile[]} metafiles
 * @param {string} file
 */
export async function writeNotices(metafiles, file) {
  const packages = new Set(['@vscode/codicons']);
  for (const { inputs } of metafiles) {
    for (const input of Object.keys(inputs)) {
      const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
      if (name !== undefined) {
        packages.add(name);
      }
    }
  }
  const notices = await Promise.all([...packages].sort().map(notice));
  await writeFile(file, `Dask Cluster Explorer contains parts of these packages.\n\n${notices.join('\n')}`);
}

async function notice(name) {
  const folder = path.join(root, 'node_modules', name);
  const { version, license } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const files = (await readdir(folder)).filter((entry) => /^(licen[cs]e|copying|notice)/i.test(entry)).sort();
  if (files.length === 0) {
    throw new Error(`${name} is bundled, but brings no licence text.`);
  }
  const texts = await Promise.all(files.map((entry) => readFile(path.join(folder, entry), 'utf8')));
  return `${'-'.repeat(78)}\n${name} ${version} (${license})\n\n${texts.map((text) => text.trim()).join('\n\n')}\n`;
}
