import { views, type ClusterTarget } from '../contributions';
import { confirm } from '../host/confirm';
import { withViewProgress } from '../host/progress';
import type { CommandParts } from './commandParts';
import { isLive, pickCluster } from './pickCluster';
import { runningJobs } from './runningJobs';

/** Restarts all workers: their memory is freed, and results that they hold are gone. */
export function restartWorkers(parts: Pick<CommandParts, 'clusters' | 'backend'>) {
  return async (target?: ClusterTarget): Promise<void> => {
    const { cluster } = await pickCluster(parts, target, {
      title: 'Restart Workers',
      none: 'No cluster is running.',
      which: isLive,
      always: true,
    });
    const backend = parts.backend(cluster.backend);
    const running = await runningJobs(backend, cluster);
    if (running !== undefined || !cluster.owned) {
      await confirm(`Restart the workers of ${cluster.name}?`, whatIsLost(running, cluster.owned), 'Restart Workers');
    }
    await withViewProgress(views.clusters, async (signal) => {
      await backend.restartWorkers(cluster, signal);
      await parts.clusters.refresh();
    });
  };
}

/** Who else works on a scheduler that is not ours cannot be seen from here. */
function whatIsLost(running: string | undefined, owned: boolean): string {
  const ours = running === undefined ? '' : `${running} on it. `;
  const others = owned
    ? ''
    : 'This scheduler was not started here: the work of every client that is connected to it is interrupted. ';
  return `${ours}${others}Results that are in the memory of its workers are lost.`;
}
