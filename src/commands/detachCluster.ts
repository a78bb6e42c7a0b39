import type { ClusterTarget } from '../contributions';
import type { CommandParts } from './commandParts';
import { pickCluster } from './pickCluster';

/** Takes a scheduler off the list. It goes on, and so does what runs on it. */
export function detachCluster(parts: Pick<CommandParts, 'clusters' | 'attachments'>) {
  return async (target?: ClusterTarget): Promise<void> => {
    const { cluster } = await pickCluster(parts, target, {
      title: 'Detach from Scheduler',
      none: 'No scheduler is attached.',
      which: ({ backend }) => backend === 'address',
      always: true,
    });
    await parts.attachments.detach(cluster);
    await parts.clusters.refresh();
  };
}
