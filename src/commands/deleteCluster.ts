import { views, type ClusterTarget } from '../contributions';
import { confirm } from '../host/confirm';
import { withViewProgress } from '../host/progress';
import { runningJobs } from './runningJobs';
import type { CommandParts } from './commandParts';
import { pickCluster } from './pickCluster';

/** Shuts a cluster down. Asks only when something runs on it. */
export function deleteCluster(parts: Pick<CommandParts, 'clusters' | 'backend'>) {
  return async (target?: ClusterTarget): Promise<void> => {
    const { cluster } = await pickCluster(parts, target, {
      title: 'Shut Down Cluster',
      none: 'There is no cluster to shut down.',
      which: ({ owned, state }) => owned && !['closing', 'closed', 'failed'].includes(state),
      always: true,
    });
    const backend = parts.backend(cluster.backend);
    const running = await runningJobs(backend, cluster);
    if (running !== undefined) {
      await confirm(
        `Shut down ${cluster.name}?`,
        `${running} on it and will fail. Output so far is kept.`,
        'Shut Down',
      );
    }
    await withViewProgress(views.clusters, async (signal) => {
      await backend.deleteCluster(cluster, 'You shut it down.', signal);
      await parts.clusters.refresh();
    });
  };
}
