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
    });
    const backend = parts.backend(cluster.backend);
    const running = await runningJobs(backend, cluster);
    if (running !== undefined) {
      await confirm(
        `Restart the workers of ${cluster.name}?`,
        `${running} on it. Results that are in the memory of its workers are lost.`,
        'Restart Workers',
      );
    }
    await withViewProgress(views.clusters, async (signal) => {
      await backend.restartWorkers(cluster, signal);
      await parts.clusters.refresh();
    });
  };
}
