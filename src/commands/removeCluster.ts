import { views, type ClusterTarget } from '../contributions';
import { withViewProgress } from '../host/progress';
import type { CommandParts } from './commandParts';
import { pickCluster } from './pickCluster';

/** Takes a cluster that failed off the list. Its logs go with it, what ran on it stays in the runs. */
export function removeCluster(parts: Pick<CommandParts, 'clusters' | 'backend'>) {
  return async (target?: ClusterTarget): Promise<void> => {
    const { cluster } = await pickCluster(parts, target, {
      title: 'Remove Cluster from List',
      none: 'No cluster has failed.',
      which: ({ owned, state, ephemeral }) => owned && state === 'failed' && !ephemeral,
      always: true,
    });
    await withViewProgress(views.clusters, async (signal) => {
      await parts.backend(cluster.backend).deleteCluster(cluster, 'You removed it.', signal);
      await parts.clusters.refresh();
    });
  };
}
