import { views, type ClusterTarget } from '../contributions';
import type { Cluster } from '../core/cluster';
import { isOfOthers } from '../explorer/renderCluster';
import { confirm } from '../host/confirm';
import { withViewProgress } from '../host/progress';
import { runningJobs } from './runningJobs';
import type { CommandParts } from './commandParts';
import { pickCluster } from './pickCluster';

/** Shuts a cluster down. Asks when something runs on it, and always where it has machines of its own or others made it. */
export function deleteCluster(parts: Pick<CommandParts, 'clusters' | 'backend'>) {
  return async (target?: ClusterTarget): Promise<void> => {
    const { cluster } = await pickCluster(parts, target, {
      title: 'Shut Down Cluster',
      none: 'There is no cluster to shut down.',
      which: (cluster) => isEndable(cluster),
      always: true,
    });
    const backend = parts.backend(cluster.backend);
    const running = await runningJobs(backend, cluster);
    if (isOfOthers(cluster)) {
      await confirmForOthers(cluster, running);
    } else if (running !== undefined || cluster.backend === 'dataproc') {
      const jobs = running === undefined ? [] : [`${running} on it and will fail. Output so far is kept.`];
      const machines = cluster.backend === 'dataproc' ? ['Its machines and what is on their disks are deleted.'] : [];
      await confirm(`Shut down ${cluster.name}?`, [...jobs, ...machines].join(' '), 'Shut Down');
    }
    await withViewProgress(views.clusters, async (signal) => {
      await backend.deleteCluster(cluster, 'You shut it down.', signal);
      await parts.clusters.refresh();
    });
  };
}

/** A stopped or broken cluster of others is still there; one of ours is not. */
function isEndable(cluster: Cluster): boolean {
  const ended = isOfOthers(cluster) ? ['closing'] : ['closing', 'closed', 'failed'];
  return (cluster.owned || isOfOthers(cluster)) && !ended.includes(cluster.state);
}

/** Names what goes, and whose it is: Google lets whoever may, and does not ask. */
async function confirmForOthers({ name, place, owner }: Cluster, running: string | undefined): Promise<void> {
  const where = place === undefined ? '' : ` in ${place.project}, ${place.region}`;
  const whose = owner === undefined ? 'It was not made from here, but by somebody else.' : `It was made by ${owner}.`;
  const jobs = running === undefined ? '' : ` ${running} on it and will fail.`;
  await confirm(
    `Delete the cluster ${name} of ${owner ?? 'somebody else'}${where}?`,
    `${whose}${jobs} Its machines and what is on their disks are gone for everybody.`,
    'Delete Cluster',
  );
}
