import type { Cluster, ClusterMachines, MachineChange } from '../core/cluster';
import { isCancelled } from '../core/errors';
import { isOfOthers } from '../explorer/renderCluster';
import { confirm } from '../host/confirm';
import { withNotification } from '../host/progress';
import type { CommandParts } from './commandParts';
import type { ChosenMachines } from './machineSteps';

/**
 * Changes the number of machines under a notification; its cancel ends the waiting, not the change. Asks first where
 * an autoscaling policy decides, or where others made the cluster.
 */
export async function resizeMachines(
  parts: Pick<CommandParts, 'clusters' | 'backend' | 'boundary'>,
  cluster: Cluster,
  { now, change }: ChosenMachines,
): Promise<void> {
  await ask(cluster, now, change);
  const progress = { begun: false };
  try {
    await withNotification(`Resizing ${cluster.name}`, async (report, signal) => {
      const onProgress = (text: string): void => {
        progress.begun = true;
        report(text);
      };
      await parts.backend(cluster.backend).resizeMachines?.(cluster, change, onProgress, signal);
    });
  } catch (error) {
    if (!progress.begun || !isCancelled(error)) {
      throw error;
    }
    void parts.boundary.show(
      'information',
      `Google goes on changing the machines of ${cluster.name}. The clusters view shows how many there are.`,
      [],
    );
  }
  await parts.clusters.refresh();
}

async function ask(cluster: Cluster, machines: ClusterMachines, { kind, count }: MachineChange): Promise<void> {
  const { name, owner, place } = cluster;
  const others = isOfOthers(cluster);
  if (machines.policy === undefined && !others) {
    return;
  }
  const whose = others ? ` of ${owner ?? 'somebody else'}` : '';
  const where = others && place !== undefined ? ` in ${place.project}, ${place.region}` : '';
  const { count: now, lowest, highest } = machines[kind];
  const policy =
    machines.policy === undefined
      ? ''
      : ` The autoscaling policy ${machines.policy} decides how many there are, from ${lowest} to ${highest}: what you set lasts until it scales the next time.`;
  const theirs = others ? ' Whoever works on it gets more or fewer machines, and it costs accordingly.' : '';
  await confirm(
    `Change the number of machines of ${name}${whose}${where}?`,
    `${now} → ${count} ${kind} machines.${policy}${theirs}`,
    'Change Machines',
  );
}
