import { machineType } from '../compute/places';
import { lastPart } from './clusterChecks';
import type { ClusterConfig, InstanceGroup } from './model';

/** What a region gives where no fault says otherwise. */
const usual: Readonly<Record<string, number>> = {
  CPUS: 2400,
  N2_CPUS: 5000,
  N2D_CPUS: 5000,
  N4_CPUS: 5000,
  C2_CPUS: 1000,
  C3_CPUS: 1000,
  DISKS_TOTAL_GB: 400_000,
  SSD_TOTAL_GB: 200_000,
  IN_USE_ADDRESSES: 1000,
};

/** What a cluster uses of each metric of Compute's quotas. */
export function usage(config: ClusterConfig): Record<string, number> {
  const used: Record<string, number> = {};
  const add = (metric: string, count: number) => {
    used[metric] = (used[metric] ?? 0) + count;
  };
  const groups: InstanceGroup[] = [config.masterConfig, config.workerConfig, config.secondaryWorkerConfig].filter(
    (group) => group !== undefined,
  );
  for (const { numInstances: count = 0, machineTypeUri = '', diskConfig = {} } of groups) {
    const type = machineType(lastPart(machineTypeUri));
    const family = type?.family ?? '';
    add(['n1', 'e2', ''].includes(family) ? 'CPUS' : `${family.toUpperCase()}_CPUS`, count * (type?.vcpus ?? 0));
    const metric = diskConfig.bootDiskType === 'pd-standard' ? 'DISKS_TOTAL_GB' : 'SSD_TOTAL_GB';
    add(metric, count * (diskConfig.bootDiskSizeGb ?? 0));
    add('IN_USE_ADDRESSES', config.gceClusterConfig?.internalIpOnly === true ? 0 : count);
  }
  return used;
}

/** What a request asks for beyond what is left, as the service words it. */
export function quotaProblems(
  wanted: Readonly<Record<string, number>>,
  used: readonly Readonly<Record<string, number>>[],
  limits: Readonly<Record<string, number>>,
): string[] {
  return Object.entries(wanted).flatMap(([metric, count]) => {
    const limit = limits[metric] ?? usual[metric] ?? Number.POSITIVE_INFINITY;
    const left = limit - used.reduce((sum, one) => sum + (one[metric] ?? 0), 0);
    return count > left && count > 0
      ? [`Insufficient '${metric}' quota. Requested ${count.toFixed(1)}, available ${left.toFixed(1)}.`]
      : [];
  });
}
