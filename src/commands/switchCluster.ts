import { views, type ClusterTarget } from '../contributions';
import type { Cluster } from '../core/cluster';
import { confirm } from '../host/confirm';
import { withViewProgress } from '../host/progress';
import type { CommandParts } from './commandParts';
import { pickCluster } from './pickCluster';
import { runningJobs } from './runningJobs';

type Parts = Pick<CommandParts, 'clusters' | 'backend'>;

const inCloud = ({ backend, owned }: Cluster): boolean => backend === 'dataproc' && owned;

/** Stops the machines of a cluster: what is on their disks stays. Asks first: it takes minutes to have them back. */
export function stopCluster(parts: Parts) {
  return async (target?: ClusterTarget): Promise<void> => {
    const { cluster } = await pickCluster(parts, target, {
      title: 'Stop Machines of Cluster',
      none: 'There is no cluster whose machines can be stopped.',
      which: (one) => inCloud(one) && one.state === 'running',
      always: true,
    });
    const backend = parts.backend(cluster.backend);
    const running = await runningJobs(backend, cluster);
    const jobs = running === undefined ? '' : `${running} on it and will fail. `;
    const detail = `${jobs}What is on their disks stays, and the disks still cost.`;
    await confirm(`Stop the machines of ${cluster.name}?`, detail, 'Stop');
    await withViewProgress(views.clusters, async (signal) => {
      await backend.stopCluster?.(cluster, signal);
      await parts.clusters.refresh();
    });
  };
}

/** Starts the machines of a stopped cluster again. */
export function startCluster(parts: Parts) {
  return async (target?: ClusterTarget): Promise<void> => {
    const { cluster } = await pickCluster(parts, target, {
      title: 'Start Machines of Cluster',
      none: 'There is no cluster whose machines are stopped.',
      which: (one) => inCloud(one) && one.state === 'stopped',
      always: true,
    });
    await withViewProgress(views.clusters, async (signal) => {
      await parts.backend(cluster.backend).startCluster?.(cluster, signal);
      await parts.clusters.refresh();
    });
  };
}
