import type { ClusterTarget } from '../contributions';
import type { CommandParts } from './commandParts';
import { pickCluster } from './pickCluster';

export function showClusterLogs(parts: Pick<CommandParts, 'clusters' | 'panels'>) {
  return async (target?: ClusterTarget): Promise<void> => {
    const { cluster } = await pickCluster(parts, target, {
      title: 'Show Cluster Logs',
      none: 'There is no cluster.',
      which: () => true,
    });
    parts.panels().open(cluster, { logSource: 'scheduler' });
  };
}
