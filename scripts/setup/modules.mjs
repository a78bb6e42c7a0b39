// The development dependencies of this package.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { withLock } from './lock.mjs';
import { npm } from './npm.mjs';
import { cache, root } from './paths.mjs';

/** Installs what package-lock.json asks for, unless it is there already. */
export async function ensureModules() {
  if (await upToDate()) {
    return;
  }
  await withLock(path.join(cache, 'setup.lock'), async () => {
    if (await upToDate()) {
      return;
    }
    console.log('Installing development dependencies');
    await npm(['ci'], { cwd: root, purpose: 'Installing the development dependencies' });
  });
}

async function upToDate() {
  const wanted = await packages(path.join(root, 'package-lock.json'));
  const present = await packages(path.join(root, 'node_modules', '.package-lock.json'));
  return (
    Object.entries(wanted).every(
      ([name, { version, optional, link }]) =>
        name === '' || link || present[name]?.version === version || (optional === true && present[name] === undefined),
    ) && Object.keys(present).length > 0
  );
}

async function packages(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8')).packages;
  } catch {
    return {};
  }
}
