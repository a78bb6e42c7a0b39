import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogSource } from '../core/cluster';

const logs = [
  { id: 'startup', label: 'Start of the machines', file: 'startup.log' },
  { id: 'initialization', label: 'Initialization that failed', file: 'initialization.log' },
] as const;

/** Logs of a cluster that are kept on this machine. */
export async function clusterLogs(folder: string): Promise<readonly LogSource[]> {
  const found: LogSource[] = [];
  for (const { id, label, file } of logs) {
    const path = join(folder, file);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    ) {
      found.push({ id, label, path });
    }
  }
  return found;
}
