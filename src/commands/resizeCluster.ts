import { views, type ClusterTarget } from '../contributions';
import type { Cluster, ClusterMachines, MachineKind, WorkerRange } from '../core/cluster';
import { withViewProgress } from '../host/progress';
import { askInSteps, back, pickOne, type Step } from '../host/quickSteps';
import type { CommandParts } from './commandParts';
import { MachineSteps } from './machineSteps';
import { isLive, pickCluster } from './pickCluster';
import { resizeMachines } from './resizeMachines';
import { WorkerSteps } from './workerSteps';

type Parts = Pick<CommandParts, 'clusters' | 'backend' | 'boundary'>;
type What = 'workers' | MachineKind;

const workerItem = {
  label: 'Dask Workers',
  description: 'Processes that run tasks, in containers on the machines',
  what: 'workers' as What,
};
const machineItems = [
  { label: 'Primary Machines', description: 'They hold the disks of the cluster, too', what: 'primary' as What },
  { label: 'Secondary Machines', description: 'They only work, and may be taken back', what: 'secondary' as What },
];

/** Asks for a number of workers, fixed or a range that Dask scales in; or of machines, where these can be changed. */
export function resizeCluster(parts: Parts) {
  return async (target?: ClusterTarget): Promise<void> => {
    const { cluster } = await pickCluster(parts, target, {
      title: 'Resize Cluster',
      none: 'There is no cluster that can be resized.',
      which: (candidate) => isLive(candidate) && (candidate.resizable || candidate.machinesResizable === true),
    });
    const title = `Resize ${cluster.name}`;
    const workers = new WorkerSteps(title, cluster.workers);
    const machines = new MachineSteps(title, () => machinesNow(parts, cluster));
    const items = [
      ...(cluster.resizable ? [workerItem] : []),
      ...(cluster.machinesResizable === true ? machineItems : []),
    ];
    let what: What = items[0]?.what ?? 'workers';
    const askWhat: Step = async (position) => {
      const active = items.find((item) => item.what === what);
      const placeholder = 'What there is to be more or fewer of';
      const answer = await pickOne({ title, placeholder, items, active }, position);
      if (answer === back) {
        return back;
      }
      what = answer.what;
      if (what !== 'workers') {
        await machines.choose(what);
      }
      return undefined;
    };
    await askInSteps(() => [
      ...(items.length > 1 ? [askWhat] : []),
      ...(what === 'workers' ? workers.steps() : machines.steps()),
    ]);
    if (what === 'workers') {
      await resizeWorkers(parts, cluster, workers.range);
    } else {
      await resizeMachines(parts, cluster, machines.chosen);
    }
  };
}

function machinesNow(parts: Parts, cluster: Cluster): Promise<ClusterMachines> {
  return withViewProgress(views.clusters, async (signal) => {
    const machines = await parts.backend(cluster.backend).machines?.(cluster, signal);
    if (machines === undefined) {
      throw new Error(`The backend ${cluster.backend} has no machines`);
    }
    return machines;
  });
}

async function resizeWorkers(parts: Parts, cluster: Cluster, range: WorkerRange): Promise<void> {
  await withViewProgress(views.clusters, async (signal) => {
    await parts.backend(cluster.backend).resizeCluster(cluster, range, signal);
    await parts.clusters.refresh();
  });
}
