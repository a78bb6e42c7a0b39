import type { DataprocMachine, DataprocProfile } from '../core/dataprocProfile';
import type { ClusterRecord } from './clusterRecord';
import type { ClusterBody } from './google/googleApi';
import { labelsOf, type Maker } from './clusterLabels';
import { machineHome } from './machinePaths';

/** Where an attempt to create a cluster goes: the profile's own place, or another after a stock-out. */
export interface Attempt {
  /** Undefined: Dataproc chooses. */
  zone: string | undefined;
  /** Instead of the profile's, for all machines. */
  machineType: string | undefined;
}

/** What was staged for the machines: `gs://…` */
export interface Staged {
  initializeScript: string;
  runnerPackage: string;
  /** Ours, pinned; undefined where a prebuilt environment stands for them. */
  requirements: string | undefined;
  userRequirements: readonly string[];
}

/** Time for an environment to be built on a slow network. */
const initializeSeconds = 1200;

/**
 * The attempts that a profile allows, the best first: its own place, its other zones, then its other machine types in
 * the place that the profile names.
 */
export function attemptsOf(profile: DataprocProfile): readonly Attempt[] {
  const zones = [profile.zone, ...profile.otherZones];
  const types = [undefined, ...profile.otherMachineTypes];
  return types.flatMap((machineType) => zones.map((zone) => ({ zone, machineType })));
}

/** What Dataproc is asked for. Both of its limits are always set: a cluster ends although this machine never wakes again. */
export function clusterBody(
  profile: DataprocProfile,
  record: ClusterRecord,
  staged: Staged,
  specText: string,
  attempt: Attempt,
  maker: Maker,
): ClusterBody {
  const { secondaryWorkers, worker } = profile;
  const scaled = profile.scaling.kind === 'limits' && profile.scaling.machines === 'secondary';
  const source = profile.environmentSource;
  const image = source.kind === 'image' ? { imageUri: source.image } : {};
  return {
    projectId: record.project,
    clusterName: record.clusterName,
    labels: { ...profile.labels, ...labelsOf(record, maker) },
    config: {
      configBucket: record.bucket,
      gceClusterConfig: {
        ...(attempt.zone === undefined ? {} : { zoneUri: attempt.zone }),
        ...(profile.subnetwork === undefined ? {} : { subnetworkUri: profile.subnetwork }),
        ...(profile.network === undefined ? {} : { networkUri: profile.network }),
        internalIpOnly: profile.internalIpOnly,
        ...(profile.serviceAccount === undefined ? {} : { serviceAccount: profile.serviceAccount }),
        serviceAccountScopes: [...profile.scopes],
        tags: [...profile.tags],
        metadata: metadataOf(profile, staged, specText),
      },
      masterConfig: { numInstances: 1, ...machine(profile.master, attempt), ...image },
      ...(worker.count === 0
        ? {}
        : { workerConfig: { numInstances: worker.count, ...machine(worker, attempt), ...image } }),
      ...(secondaryWorkers.count === 0 && !scaled
        ? {}
        : {
            secondaryWorkerConfig: {
              numInstances: secondaryWorkers.count,
              preemptibility: preemptibility[secondaryWorkers.kind],
            },
          }),
      softwareConfig: {
        ...(source.kind === 'image' ? {} : { imageVersion: profile.imageVersion }),
        ...(profile.jupyter ? { optionalComponents: jupyter } : {}),
        properties: propertiesOf(profile),
      },
      initializationActions: [
        ...profile.initializationActions.map(({ script, timeoutSeconds }) => ({
          executableFile: script,
          executionTimeout: { seconds: timeoutSeconds },
        })),
        { executableFile: staged.initializeScript, executionTimeout: { seconds: initializeSeconds } },
      ],
      ...(profile.kmsKey === undefined
        ? {}
        : { encryptionConfig: { gcePdKmsKeyName: profile.kmsKey, kmsKey: profile.kmsKey } }),
      endpointConfig: { enableHttpPortAccess: profile.dashboard === 'gateway' },
      lifecycleConfig: {
        idleDeleteTtl: { seconds: profile.idleTimeoutSeconds },
        autoDeleteTtl: { seconds: profile.maxAgeSeconds },
      },
    },
  };
}

type Components = NonNullable<NonNullable<NonNullable<ClusterBody['config']>['softwareConfig']>['optionalComponents']>;
/** By its name, as the service knows it. */
const jupyter = ['JUPYTER'] as unknown as Components;

/** Of the enum `Preemptibility`; the REST transport takes names. */
const preemptibility = {
  spot: 'SPOT',
  preemptible: 'PREEMPTIBLE',
  standard: 'NON_PREEMPTIBLE',
} as const;

function machine(one: DataprocMachine, { machineType }: Attempt) {
  return {
    machineTypeUri: machineType ?? one.machineType,
    diskConfig: {
      bootDiskType: one.diskType,
      bootDiskSizeGb: one.diskSizeGb,
      ...(one.localSsds === 0 ? {} : { numLocalSsds: one.localSsds }),
    },
  };
}

function metadataOf(profile: DataprocProfile, staged: Staged, specText: string): Record<string, string> {
  const { environmentSource: source, indexUrl, extraIndexUrl } = profile;
  return {
    'dask-runner-package': staged.runnerPackage,
    ...(source.kind === 'archive'
      ? { 'dask-runner-environment': source.uri }
      : source.kind === 'image'
        ? { 'dask-runner-environment': 'image' }
        : staged.requirements === undefined
          ? {}
          : { 'dask-runner-requirements': staged.requirements }),
    ...(staged.userRequirements.length === 0
      ? {}
      : { 'dask-runner-user-requirements': staged.userRequirements.join(' ') }),
    ...(indexUrl === undefined ? {} : { 'dask-runner-index-url': indexUrl }),
    ...(extraIndexUrl === undefined ? {} : { 'dask-runner-extra-index-url': extraIndexUrl }),
    ...(profile.nfsMounts.length === 0
      ? {}
      : {
          'dask-runner-nfs': profile.nfsMounts
            .map((mount) => `${mount.address}:${mount.export} ${mount.mountPoint}`)
            .join('\n'),
        }),
    'dask-runner-spec': specText,
  };
}

function propertiesOf(profile: DataprocProfile): Record<string, string> {
  return {
    'spark-env:DASK_RUNNER_HOME': machineHome,
    ...(profile.worker.count === 0 ? { 'dataproc:dataproc.allow.zero.workers': 'true' } : {}),
    ...queueProperties(profile),
    ...profile.properties,
  };
}

/** Settings of YARN's capacity scheduler, for those who share the cluster. */
function queueProperties({ queues, queueLimits }: DataprocProfile): Record<string, string> {
  const root = 'capacity-scheduler:yarn.scheduler.capacity.root';
  const names = Object.keys(queues);
  const properties: Record<string, string> = {};
  if (names.length > 0) {
    properties[`${root}.queues`] = names.join(',');
  }
  for (const name of names) {
    const limits = queueLimits[name] ?? {};
    const own = {
      capacity: queues[name],
      'maximum-capacity': limits.maximumPercent,
      'user-limit-factor': limits.userLimitFactor,
      'minimum-user-limit-percent': limits.minimumUserLimitPercent,
    };
    for (const [key, value] of Object.entries(own)) {
      if (value !== undefined) {
        properties[`${root}.${name}.${key}`] = String(value);
      }
    }
  }
  return properties;
}
