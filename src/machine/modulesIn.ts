import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Files in a folder that Python imports by name: `a.py`, and `b/__init__.py`. None where it cannot be read. */
export async function modulesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = entries.map(async (entry) => {
    if (/\.pyw?$/i.test(entry.name)) {
      return [entry.name];
    }
    const inner = `${entry.name}/__init__.py`;
    return !entry.isFile() && (await exists(join(folder, inner))) ? [inner] : [];
  });
  return (await Promise.all(found)).flat();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
