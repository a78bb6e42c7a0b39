import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/**
 * The file that a path in a log means, when it is there. A relative one is looked for in each directory in
 * turn: the run's first.
 *
 * @param local places on this machine of a path that is another machine's
 */
export async function findLinkTarget(
  path: string,
  directories: readonly string[],
  local: (path: string) => readonly string[] = () => [],
): Promise<string | undefined> {
  const full = path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
  const here = isAbsolute(full) ? [full] : directories.map((directory) => resolve(directory, full));
  const candidates = [...local(path), ...here];
  for (const candidate of candidates) {
    try {
      if ((await stat(candidate)).isFile()) {
        return candidate;
      }
    } catch {
      // Not there: try the next.
    }
  }
  return undefined;
}
