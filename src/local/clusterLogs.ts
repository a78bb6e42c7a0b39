import { join } from 'node:path';
import type { LogSource } from '../core/cluster';
import { namesIn } from '../machine/supervisorFiles';

/** The logs in a cluster's folder: the scheduler's, the workers' by number, and the cluster process's own. */
export async function clusterLogs(folder: string): Promise<LogSource[]> {
  const logs = join(folder, 'logs');
  const ids = (await namesIn(logs))
    .filter((name) => name.endsWith('.log'))
    .map((name) => name.slice(0, -'.log'.length));
  return ids
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b, undefined, { numeric: true }))
    .map((id) => ({ id, label: labelOf(id), path: join(logs, `${id}.log`) }));
}

function rank(id: string): number {
  return id === 'scheduler' ? 0 : id === 'cluster' ? 2 : 1;
}

function labelOf(id: string): string {
  switch (id) {
    case 'scheduler':
      return 'Scheduler';
    case 'cluster':
      return 'Cluster process';
    default:
      return id.startsWith('worker-') ? `Worker ${id.slice('worker-'.length)}` : id;
  }
}
