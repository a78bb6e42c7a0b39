import type { AutoscalingPolicy } from './autoscalingPolicies';

/** Averages over a period, in MB. */
export interface Demand {
  readonly pendingMb: number;
  readonly availableMb: number;
}

export interface Sizes {
  readonly workers: number;
  readonly secondaryWorkers: number;
}

/**
 * The sizes that Dataproc's autoscaler wants: the memory that is pending beyond what is available, in workers, times
 * the policy's factor; nothing for less than its fraction of the cluster. Shared among the groups by their weights,
 * within their limits.
 * https://docs.cloud.google.com/dataproc/docs/concepts/configuring-clusters/autoscaling#how_autoscaling_works
 */
export function wantedSizes(policy: AutoscalingPolicy, now: Sizes, demand: Demand, workerMb: number): Sizes {
  const { yarnConfig } = policy.basicAlgorithm;
  const exact = (demand.pendingMb - demand.availableMb) / workerMb;
  const total = now.workers + now.secondaryWorkers;
  const change =
    exact > 0 ? Math.ceil(exact * yarnConfig.scaleUpFactor) : Math.trunc(exact * yarnConfig.scaleDownFactor);
  const fraction = (exact > 0 ? yarnConfig.scaleUpMinWorkerFraction : yarnConfig.scaleDownMinWorkerFraction) ?? 0;
  const moves = change !== 0 && Math.abs(change) >= fraction * total;
  return shared(policy, moves ? total + change : total);
}

/** A number of workers in all, as the groups take it. */
function shared(policy: AutoscalingPolicy, total: number): Sizes {
  const primary = { minInstances: 2, maxInstances: 2, weight: 1, ...policy.workerConfig };
  const secondary = { minInstances: 0, maxInstances: 0, weight: 1, ...policy.secondaryWorkerConfig };
  const share = primary.weight / Math.max(primary.weight + secondary.weight, 1);
  const first = within(Math.round(secondary.maxInstances === 0 ? total : total * share), primary);
  const secondaryWorkers = within(total - first, secondary);
  // What the second group cannot take, the first one may.
  return { workers: within(total - secondaryWorkers, primary), secondaryWorkers };
}

function within(count: number, limits: { readonly minInstances: number; readonly maxInstances: number }): number {
  return Math.min(Math.max(count, limits.minInstances), limits.maxInstances);
}
