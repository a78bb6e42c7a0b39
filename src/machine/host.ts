import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { ProcessIdentity } from './processes';

/** The name that the Python side has from `socket.gethostname()`. */
export const thisHost = hostname();

const abandonedMilliseconds = 7 * 24 * 3600 * 1000;

/** True for a process of another machine that shares this storage: its pid says nothing here. */
export function isElsewhere(identity: ProcessIdentity | undefined): boolean {
  return identity?.host !== undefined && identity.host !== thisHost;
}

/** True when none of these files has changed for a week; those that are not there do not count. */
export async function isAbandoned(paths: readonly string[]): Promise<boolean> {
  const times = await Promise.all(
    paths.map((path) =>
      stat(path)
        .then(({ mtimeMs }) => mtimeMs)
        .catch(() => 0),
    ),
  );
  return Date.now() - Math.max(...times) > abandonedMilliseconds;
}
