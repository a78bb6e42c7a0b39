import { hasMachineType, machineType, zonesByRegion } from '../compute/places';
import type { Faults } from '../faults';
import { ApiError } from '../http/apiError';
import { lastPart, usualType } from './clusterChecks';
import type { ClusterConfig } from './model';

/** The zone that was asked for, or one of the region that has the machines. */
export function chooseZone(faults: Faults, region: string, config: ClusterConfig): string {
  const asked = config.gceClusterConfig?.zoneUri;
  if (asked !== undefined && asked !== '') {
    return lastPart(asked);
  }
  const { masterConfig, workerConfig } = config;
  const types = [
    ...machineTypesOf(config),
    ...(masterConfig?.machineTypeUri === undefined || workerConfig?.machineTypeUri === undefined ? [usualType] : []),
  ];
  const zones = (zonesByRegion[region] ?? []).filter((zone) =>
    types.every((name) => {
      const type = machineType(name);
      return type === undefined || hasMachineType(zone, type);
    }),
  );
  return zones.find((zone) => types.every((type) => !faults.outOfStock(zone, type))) ?? zones[0] ?? `${region}-b`;
}

/** What an operation fails with when a zone has no such machines left. */
export function stockout(
  faults: Faults,
  projectId: string,
  zone: string,
  types: readonly string[],
): ApiError | undefined {
  const type = types.find((one) => faults.outOfStock(zone, one));
  if (type === undefined) {
    return undefined;
  }
  const resource = `projects/${projectId}/zones/${zone}`;
  return new ApiError(
    'UNAVAILABLE',
    `ZONE_RESOURCE_POOL_EXHAUSTED: The zone '${resource}' does not have enough resources available to fulfill the request. Try a different zone, or try again later.`,
    [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'ZONE_RESOURCE_POOL_EXHAUSTED',
        domain: 'compute.googleapis.com',
        metadata: { errorSource: 'COMPUTE_ENGINE', zone, vmType: type },
      },
    ],
  );
}

/** Of the groups that say so. */
export function machineTypesOf({ masterConfig, workerConfig, secondaryWorkerConfig }: ClusterConfig): string[] {
  return [masterConfig, workerConfig, secondaryWorkerConfig].flatMap((group) =>
    group?.machineTypeUri === undefined ? [] : [lastPart(group.machineTypeUri)],
  );
}
