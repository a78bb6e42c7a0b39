import { hasGoogleAccess, hasMachineType, machineType, regionOf, zonesByRegion } from '../compute/places';
import { invalid, notFound } from '../http/apiError';
import { milliseconds } from '../json';
import type { BucketStore } from '../storage/bucketStore';
import { labelProblems } from './checkLabels';
import type { ClusterConfig, InstanceGroup, LifecycleConfig, Place } from './model';

const namePattern = '(?:[a-z](?:[-a-z0-9]{0,49}[a-z0-9])?)';
const imageVersions = ['2.0', '2.1', '2.2', '2.3', '3.0'];
const distributions = ['debian10', 'debian11', 'debian12', 'debian13', 'ubuntu20', 'ubuntu22', 'rocky8', 'rocky9'];
export const latestImage = '2.2.38-debian12';
/** Of machines, where none is asked for. */
export const usualType = 'n2-standard-4';
export const allowZeroWorkers = 'dataproc:dataproc.allow.zero.workers';

const minute = 60_000;
const day = 24 * 60 * minute;

export function lastPart(uri: string): string {
  return uri.slice(uri.lastIndexOf('/') + 1);
}

/** Throws for places and names that no cluster can have. */
export function checkName(place: Place, clusterName: string): void {
  if (!Object.hasOwn(zonesByRegion, place.region)) {
    throw invalid(`Invalid region '${place.region}'`);
  }
  if (!new RegExp(`^${namePattern}$`).test(clusterName)) {
    throw invalid(`Cluster name '${clusterName}' must match pattern ${namePattern}`);
  }
}

/** Throws all problems of a cluster's config at once, as the service words them. */
export function checkConfig(
  store: BucketStore,
  { region }: Place,
  config: ClusterConfig,
  labels: Readonly<Record<string, string>> | undefined,
): void {
  refuse([
    ...labelProblems(labels),
    ...placeProblems(region, config),
    ...groupProblems(config),
    ...softwareProblems(config),
    ...lifecycleProblems(config.lifecycleConfig),
    ...storageProblems(store, config),
  ]);
  const subnetwork = config.gceClusterConfig?.subnetworkUri;
  if (subnetwork !== undefined && !['default', 'no-google-access'].includes(lastPart(subnetwork))) {
    throw notFound(`Subnetwork ${subnetwork}`);
  }
}

/** One problem is the message; several are listed. */
export function refuse(problems: readonly string[]): void {
  const [first] = problems;
  if (first !== undefined) {
    throw invalid(
      problems.length === 1 ? first : `Multiple validation errors:\n${problems.map((one) => ` - ${one}`).join('\n')}`,
    );
  }
}

function placeProblems(region: string, { gceClusterConfig: gce = {}, softwareConfig }: ClusterConfig): string[] {
  const zone = gce.zoneUri === undefined || gce.zoneUri === '' ? undefined : lastPart(gce.zoneUri);
  const known = zone === undefined || (zonesByRegion[regionOf(zone)]?.includes(zone) ?? false);
  const internal = gce.internalIpOnly ?? isInternalByDefault(softwareConfig?.imageVersion);
  const subnetwork = lastPart(gce.subnetworkUri ?? 'default');
  return [
    ...(known ? [] : [`Zone '${zone}' does not exist`]),
    ...(zone !== undefined && known && regionOf(zone) !== region
      ? [`Zone '${zone}' must be in region '${region}'`]
      : []),
    ...(gce.networkUri !== undefined && gce.subnetworkUri !== undefined
      ? ["Only one of 'gce_cluster_config.network_uri' and 'gce_cluster_config.subnetwork_uri' may be specified"]
      : []),
    ...(internal && !hasGoogleAccess(subnetwork)
      ? [
          `Subnetwork '${subnetwork}' does not support Private Google Access which is required for Dataproc clusters when 'internal_ip_only' is set to 'true'. Enable Private Google Access on subnetwork '${subnetwork}' or set 'internal_ip_only' to 'false'.`,
        ]
      : []),
  ];
}

/** Since image 2.2. */
export function isInternalByDefault(imageVersion = latestImage): boolean {
  return Number.parseFloat(imageVersion) >= 2.2;
}

function groupProblems(config: ClusterConfig): string[] {
  const { masterConfig = {}, workerConfig = {}, secondaryWorkerConfig = {} } = config;
  const masters = masterConfig.numInstances ?? 1;
  const zero = config.softwareConfig?.properties?.[allowZeroWorkers] === 'true';
  const workers = workerConfig.numInstances ?? (zero ? 0 : 2);
  const zone = config.gceClusterConfig?.zoneUri;
  const groups: [string, InstanceGroup][] = [
    ['master', masterConfig],
    ['worker', workerConfig],
    ['secondary worker', secondaryWorkerConfig],
  ];
  return [
    ...(masters === 1 || masters === 3
      ? []
      : [`Clusters must have either 1 or 3 masters, but ${masters} were requested`]),
    ...workerProblems(workers, zero),
    ...((secondaryWorkerConfig.numInstances ?? 0) < 0 ? ['Number of secondary workers must not be negative'] : []),
    ...groups.flatMap(([name, group]) => machineProblems(name, group, zone === undefined ? undefined : lastPart(zone))),
    ...groups
      .slice(0, 2)
      .filter(([, { preemptibility }]) => preemptibility === 'SPOT' || preemptibility === 'PREEMPTIBLE')
      .map(([name]) => `Preemptibility of ${name} instances must be NON_PREEMPTIBLE`),
  ];
}

export function workerProblems(workers: number, zero: boolean): string[] {
  if (workers === 0) {
    return zero ? [] : [`Clusters must have at least 2 workers, unless property '${allowZeroWorkers}' is 'true'`];
  }
  return workers >= 2 ? [] : [`Clusters must have at least 2 workers, but ${workers} were requested`];
}

function machineProblems(
  name: string,
  { machineTypeUri, diskConfig = {} }: InstanceGroup,
  zone: string | undefined,
): string[] {
  const wanted = machineTypeUri === undefined ? undefined : lastPart(machineTypeUri);
  const type = wanted === undefined ? undefined : machineType(wanted);
  const { bootDiskSizeGb = 500, bootDiskType = 'pd-standard', numLocalSsds = 0 } = diskConfig;
  return [
    ...(wanted !== undefined && (type === undefined || (zone !== undefined && !hasMachineType(zone, type)))
      ? [`Machine type '${wanted}' of ${name} does not exist${zone === undefined ? '' : ` in zone '${zone}'`}`]
      : []),
    ...(bootDiskSizeGb >= 10 && bootDiskSizeGb <= 65_536
      ? []
      : [`Boot disk size of ${name} must be between 10 and 65536 GB, but was ${bootDiskSizeGb}`]),
    ...(/^(pd-standard|pd-balanced|pd-ssd|hyperdisk-balanced)$/.test(lastPart(bootDiskType))
      ? []
      : [`Invalid boot disk type of ${name}: '${bootDiskType}'`]),
    ...(numLocalSsds >= 0 && numLocalSsds <= 24 ? [] : [`Number of local SSDs of ${name} must be between 0 and 24`]),
  ];
}

function softwareProblems({ softwareConfig = {} }: ClusterConfig): string[] {
  const { imageVersion, properties = {} } = softwareConfig;
  const [, version = '', distribution] =
    /^(\d+\.\d+)(?:\.\d+(?:-RC\d+)?)?(?:-([a-z]+\d+))?$/.exec(imageVersion ?? latestImage) ?? [];
  const known = imageVersions.includes(version) && (distribution === undefined || distributions.includes(distribution));
  return [
    ...(known
      ? []
      : [
          `Selected software image version '${imageVersion ?? ''}' does not exist or can no longer be used to create new clusters`,
        ]),
    ...Object.keys(properties)
      .filter((name) => !/^[a-z][a-z0-9-]*:.+$/.test(name))
      .map((name) => `Invalid property '${name}': must be of the form 'prefix:property'`),
  ];
}

export function lifecycleProblems(lifecycle: LifecycleConfig = {}): string[] {
  const range = (name: string, value: string | undefined, least: number, text: string) => {
    const time = milliseconds(value);
    return time === undefined || (time >= least && time <= 14 * day)
      ? []
      : [`Invalid value for 'lifecycle_config.${name}': ${value ?? ''}. It must be between ${text} and 14 days`];
  };
  return [
    ...range('idle_delete_ttl', lifecycle.idleDeleteTtl, 5 * minute, '5 minutes'),
    ...range('auto_delete_ttl', lifecycle.autoDeleteTtl, 10 * minute, '10 minutes'),
    ...range('idle_stop_ttl', lifecycle.idleStopTtl, 5 * minute, '5 minutes'),
    ...range('auto_stop_ttl', lifecycle.autoStopTtl, 10 * minute, '10 minutes'),
  ];
}

function storageProblems(store: BucketStore, config: ClusterConfig): string[] {
  const buckets = [config.configBucket, config.tempBucket].filter((name) => name !== undefined && name !== '');
  const actions = config.initializationActions ?? [];
  return [
    ...buckets
      .filter((name) => store.bucket(name ?? '') === undefined)
      .map((name) => `Google Cloud Storage bucket does not exist '${name ?? ''}'.`),
    ...actions.flatMap(({ executableFile }) => {
      const [, bucket = '', name = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(executableFile) ?? [];
      return store.object(bucket, name) === undefined
        ? [`Google Cloud Storage object does not exist '${executableFile}'.`]
        : [];
    }),
  ];
}
