import { readFile, stat } from 'node:fs/promises';

/** Longer ones are no scripts that people write. */
const mostBytes = 2_000_000;

/** The text of a script; undefined where it cannot be read. */
export async function scriptText(path: string | undefined): Promise<string | undefined> {
  try {
    return path !== undefined && (await stat(path)).size <= mostBytes ? await readFile(path, 'utf8') : undefined;
  } catch {
    return undefined; // It may have gone since it ran.
  }
}
