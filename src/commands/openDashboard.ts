import type { ClusterTarget } from '../contributions';
import type { CommandParts } from './commandParts';
import { isLive, pickCluster } from './pickCluster';

export function openDashboard(parts: Pick<CommandParts, 'clusters' | 'panels'>) {
  return async (target?: ClusterTarget): Promise<void> => {
    const { cluster } = await pickCluster(parts, target, {
      title: 'Open Dashboard',
      none: 'No cluster is running.',
      which: isLive,
    });
    parts.panels().open(cluster);
  };
}
