import { parseBytes } from './bytes';
import type { WorkerRange } from './cluster';
import type {
  DataprocEnvironment,
  DataprocMachine,
  DataprocProfile,
  DataprocScaling,
  InitializationAction,
  NfsMount,
  QueueLimits,
} from './dataprocProfile';
import { daskSizes } from './profileDaskSizes';
import { checkDataproc } from './profileDataprocChecks';
import type { Report } from './profileValidation';
import { withoutShared } from './profileValue';

interface ReadMachine {
  machineType: string;
  diskType: string;
  diskSize: number;
  localSsds: number;
}

interface ReadLimits {
  minimum: number;
  maximum: number;
  machines?: 'primary' | 'secondary';
  scaleUpFactor: number;
  scaleDownFactor: number;
  scaleUpMinFraction: number;
  scaleDownMinFraction: number;
  cooldown: number;
  gracefulDecommission: number;
}

interface ReadQueue {
  share: number;
  maximum?: number;
  userLimitFactor?: number;
  minimumUserLimit?: number;
}

export type Thresholds = DataprocProfile['memory'];

/** The fields of a profile as they were read, with their defaults. */
export interface ReadDataproc {
  project: string;
  region: string;
  zone?: string;
  otherZones: readonly string[];
  network?: string;
  subnetwork?: string;
  internalIpOnly: boolean;
  tags: readonly string[];
  stagingBucket?: string;
  labels: Readonly<Record<string, string>>;
  imageVersion: string;
  master: ReadMachine;
  worker: ReadMachine & { count?: number };
  secondaryWorkers: DataprocProfile['secondaryWorkers'];
  otherMachineTypes: readonly string[];
  scaling?: string | ReadLimits;
  properties: Readonly<Record<string, string>>;
  initializationActions: readonly (string | { script: string; timeout: number })[];
  nfsMounts: readonly NfsMount[];
  jupyter: boolean;
  dashboard: DataprocProfile['dashboard'];
  workers?: WorkerRange;
  sharedWorkers: boolean;
  threadsPerWorker?: number;
  memoryLimit?: string;
  memory: Thresholds;
  workStealing: boolean;
  queue: string;
  queues: Readonly<Record<string, number | ReadQueue>>;
  serviceAccount?: string;
  scopes: readonly string[];
  kmsKey?: string;
  impersonate?: string;
  packages: {
    requirements?: string | readonly string[];
    archive?: string;
    image?: string;
    indexUrl?: string;
    extraIndexUrl?: string;
  };
  environment: Readonly<Record<string, string>>;
  idleTimeout: number;
  maxAge: number;
  maxRun?: number;
  afterRun: DataprocProfile['afterRun'];
  include: readonly string[];
  maxPackageSize: string;
  askFirst: boolean;
}

/**
 * A profile of fields that are right one by one. Those that contradict each other are reported, and the profile is then
 * not to be used.
 *
 * @param written as it stands in settings
 */
export function dataprocProfile(
  name: string,
  values: Record<string, unknown>,
  written: Readonly<Record<string, unknown>>,
  report: Report,
): DataprocProfile {
  const read = withoutShared(values) as unknown as ReadDataproc;
  const scaling = scalingOf(read);
  const least = scaling.kind === 'limits' && scaling.machines === 'primary' ? scaling.minimum : 2;
  const count = read.worker.count ?? Math.max(2, least);
  const machines = { scaling, primary: count, secondary: read.secondaryWorkers.count };
  checkDataproc(read, machines, written, report);
  const sizes = daskSizes(read, machines, report);
  const { packages } = read;
  return {
    ...placeOf(read),
    name,
    backend: 'dataproc',
    imageVersion: read.imageVersion,
    master: machineOf(read.master),
    worker: { ...machineOf(read.worker), count },
    secondaryWorkers: read.secondaryWorkers,
    otherMachineTypes: read.otherMachineTypes,
    scaling,
    properties: read.properties,
    initializationActions: read.initializationActions.map(actionOf),
    nfsMounts: read.nfsMounts,
    jupyter: read.jupyter,
    dashboard: read.dashboard,
    ...sizes,
    sharedWorkers: read.sharedWorkers,
    memory: thresholdsOf(read.memory),
    workStealing: read.workStealing,
    queue: read.queue,
    ...queuesOf(read.queues),
    ...given({ serviceAccount: read.serviceAccount, kmsKey: read.kmsKey, impersonate: read.impersonate }),
    scopes: read.scopes,
    environmentSource: sourceOf(packages),
    ...given({ indexUrl: packages.indexUrl, extraIndexUrl: packages.extraIndexUrl }),
    environment: read.environment,
    idleTimeoutSeconds: read.idleTimeout,
    maxAgeSeconds: read.maxAge,
    ...given({ maxRunSeconds: read.maxRun }),
    afterRun: read.afterRun,
    include: read.include,
    maxPackageBytes: parseBytes(read.maxPackageSize) ?? 0,
    askFirst: read.askFirst,
  };
}

/** How many machines there are, and what changes that. */
export interface Machines {
  scaling: DataprocScaling;
  primary: number;
  secondary: number;
}

function placeOf(read: ReadDataproc) {
  return {
    project: read.project,
    region: read.region,
    ...given({
      zone: read.zone,
      network: read.network,
      subnetwork: read.subnetwork,
      stagingBucket: read.stagingBucket,
    }),
    otherZones: read.otherZones,
    internalIpOnly: read.internalIpOnly,
    tags: read.tags,
    labels: read.labels,
  };
}

function machineOf({ machineType, diskType, diskSize, localSsds }: ReadMachine): DataprocMachine {
  return { machineType, diskType, diskSizeGb: diskSize, localSsds };
}

function scalingOf({ scaling, secondaryWorkers }: ReadDataproc): DataprocScaling {
  if (scaling === undefined) {
    return { kind: 'fixed' };
  }
  if (typeof scaling === 'string') {
    return { kind: 'policy', id: scaling };
  }
  const { cooldown, gracefulDecommission, machines, ...limits } = scaling;
  return {
    kind: 'limits',
    ...limits,
    machines: machines ?? (secondaryWorkers.count > 0 ? 'secondary' : 'primary'),
    cooldownSeconds: cooldown,
    gracefulDecommissionSeconds: gracefulDecommission,
  };
}

function actionOf(action: string | { script: string; timeout: number }): InitializationAction {
  return typeof action === 'string'
    ? { script: action, timeoutSeconds: 600 }
    : { script: action.script, timeoutSeconds: action.timeout };
}

/** The platform report's, as far as those that are written leave them in order. */
function thresholdsOf(written: Thresholds): Thresholds {
  const usual = [
    ['target', 0.85],
    ['spill', 0.9],
    ['pause', 0.95],
    ['terminate', 0.98],
  ] as const;
  const number = (name: keyof Thresholds): number | undefined => {
    const value = written[name];
    return typeof value === 'number' ? value : undefined;
  };
  return Object.fromEntries(
    usual.map(([name, standard], index) => {
      const least = Math.max(0, ...usual.slice(0, index).map(([lower]) => number(lower) ?? 0));
      const most = Math.min(1, ...usual.slice(index + 1).map(([higher]) => number(higher) ?? 1));
      return [name, written[name] ?? Math.min(Math.max(standard, least), most)];
    }),
  );
}

function queuesOf(queues: ReadDataproc['queues']): Pick<DataprocProfile, 'queues' | 'queueLimits'> {
  const read = Object.entries(queues).map(([name, queue]) => {
    return [name, typeof queue === 'number' ? { share: queue } : queue] as const;
  });
  const limits = read.map(([name, { maximum, userLimitFactor, minimumUserLimit }]): [string, QueueLimits] => [
    name,
    given({ maximumPercent: maximum, userLimitFactor, minimumUserLimitPercent: minimumUserLimit }),
  ]);
  return {
    queues: Object.fromEntries(read.map(([name, { share }]) => [name, share])),
    queueLimits: Object.fromEntries(limits.filter(([, limit]) => Object.keys(limit).length > 0)),
  };
}

function sourceOf({ requirements, archive, image }: ReadDataproc['packages']): DataprocEnvironment {
  return archive !== undefined
    ? { kind: 'archive', uri: archive }
    : image !== undefined
      ? { kind: 'image', image }
      : requirements !== undefined
        ? { kind: 'requirements', files: [requirements].flat() }
        : { kind: 'pinned' };
}

/** Without what is undefined. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
