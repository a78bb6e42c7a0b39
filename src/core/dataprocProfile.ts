import type { WorkerRange } from './cluster';
import type { ProfileBase } from './profile';

/** A machine of a Dataproc cluster. */
export interface DataprocMachine {
  /** Compute Engine's name of it: `n2-standard-4`. */
  machineType: string;
  /** Of the boot disk. */
  diskType: string;
  /** Of the boot disk, in GB: 30 to 65,536. */
  diskSizeGb: number;
  /** Local SSDs beside the boot disk: 0 to 24. */
  localSsds: number;
}

/** A script of the user's, run on each machine before ours. */
export interface InitializationAction {
  /** `gs://bucket/object` */
  script: string;
  /** 1 to 7,200. */
  timeoutSeconds: number;
}

/** A Filestore share, mounted on each machine. */
export interface NfsMount {
  /** Host name or IPv4 address. */
  address: string;
  /** Path of the share there: `/share`. */
  export: string;
  /** Absolute path of the folder on the machines. */
  mountPoint: string;
}

/** What Dataproc's autoscaler does: a policy that exists, by its id, or one that is made for this content. */
export type DataprocScaling =
  | { kind: 'fixed' }
  | { kind: 'policy'; id: string }
  | {
      kind: 'limits';
      /** Which machines are scaled between the two numbers; the others stay as many as the profile has. */
      machines: 'primary' | 'secondary';
      minimum: number;
      maximum: number;
      /** 0 to 1. */
      scaleUpFactor: number;
      /** 0 to 1. */
      scaleDownFactor: number;
      /** Smallest change, as a share of the cluster: 0 to 1. */
      scaleUpMinFraction: number;
      scaleDownMinFraction: number;
      /** 120 to 86,400. */
      cooldownSeconds: number;
      /** 0 to 86,400. */
      gracefulDecommissionSeconds: number;
    };

/** Packages of the environment beside Dask's. Absolute paths on this machine. */
export type DataprocEnvironment =
  | { kind: 'pinned' }
  /** Files that pip reads with `-r`, or a `pyproject.toml`, or a lock file (`pylock.toml`, `uv.lock`). */
  | { kind: 'requirements'; files: readonly string[] }
  /** A packed environment, or an archive of wheels: `gs://bucket/object.tar.gz` or `.zip`. */
  | { kind: 'archive'; uri: string }
  /** A custom image of Dataproc that has the environment in it: `projects/…/global/images/…`. `imageVersion` is then unused. */
  | { kind: 'image'; image: string };

/** Limits in one queue of the capacity scheduler; what is absent is YARN's own. */
export interface QueueLimits {
  /** `maximum-capacity`: 0.1 to 100. */
  maximumPercent?: number;
  /** `user-limit-factor`: 0.01 to 100. */
  userLimitFactor?: number;
  /** `minimum-user-limit-percent`: 1 to 100. */
  minimumUserLimitPercent?: number;
}

/** A cluster of Google Cloud Dataproc, made for runs and deleted after them. */
export interface DataprocProfile extends ProfileBase {
  backend: 'dataproc';

  project: string;
  region: string;
  /** Absent: Dataproc chooses. */
  zone?: string;
  /** Zones that are tried after a stock-out; empty where `zone` is absent: Dataproc has chosen among all. */
  otherZones: readonly string[];
  /** Name or path; at most one of the two. Absent: the project's `default` network. */
  network?: string;
  subnetwork?: string;
  internalIpOnly: boolean;
  tags: readonly string[];
  /** Without `gs://`. Absent: one of our own for the project and region, made where it is missing. */
  stagingBucket?: string;
  labels: Readonly<Record<string, string>>;

  imageVersion: string;
  master: DataprocMachine;
  /** Primary workers. */
  worker: DataprocMachine & { count: number };
  secondaryWorkers: { kind: 'spot' | 'preemptible' | 'standard'; count: number };
  /** Machine types that are tried for all machines after a stock-out. */
  otherMachineTypes: readonly string[];
  scaling: DataprocScaling;
  /** Dataproc's `prefix:name` of cluster properties, to their values. */
  properties: Readonly<Record<string, string>>;
  initializationActions: readonly InitializationAction[];
  nfsMounts: readonly NfsMount[];
  jupyter: boolean;
  /** The way to the scheduler's HTTP side. */
  dashboard: 'gateway' | 'iap';

  /** Dask workers, each in a YARN container. */
  workers: WorkerRange;
  /** Runs on a cluster that stays use the workers that are there, and what is loaded in them. */
  sharedWorkers: boolean;
  /** Of each Dask worker, and cores of its container. */
  threadsPerWorker: number;
  /** Of each Dask worker, as Dask writes it. Its container is larger. */
  memoryLimit: string;
  /** Shares of the memory limit at which a worker begins to write to disk and so on; false: never. All four are there. */
  memory: { target?: number | false; spill?: number | false; pause?: number | false; terminate?: number | false };
  workStealing: boolean;
  /** YARN's queue. */
  queue: string;
  /** Queues of the capacity scheduler with their shares in percent, 100 together; empty: `default` alone. */
  queues: Readonly<Record<string, number>>;
  /** Of those queues that have some. */
  queueLimits: Readonly<Record<string, QueueLimits>>;

  /** E-mail. Absent: Compute Engine's default one. */
  serviceAccount?: string;
  scopes: readonly string[];
  /** `projects/…/cryptoKeys/…`, for disks, the bucket of ours, and what Dataproc keeps of jobs. */
  kmsKey?: string;
  /** Service account that calls are made as. Absent: the signed-in account's own name. */
  impersonate?: string;

  environmentSource: DataprocEnvironment;
  /** Package index instead of, and beside, the public one. */
  indexUrl?: string;
  extraIndexUrl?: string;

  /** The Dask cluster ends its YARN application, and Dataproc deletes the cluster, after so long without work: 300 to 1,209,600. */
  idleTimeoutSeconds: number;
  /** Dataproc deletes the cluster after so long whatever it does: 600 to 1,209,600. */
  maxAgeSeconds: number;
  /** A run is cancelled after so long. Absent: no limit but the cluster's. 60 to 1,209,600. */
  maxRunSeconds?: number;
  afterRun: 'delete' | 'stop' | 'keep';

  /** Files that are packed beside those that are imported: globs from the workspace folder. */
  include: readonly string[];
  /** Of all packed files: 1 MB to 1 GB. */
  maxPackageBytes: number;
  /** A run is told of, and agreed to, before anything is uploaded or created. */
  askFirst: boolean;
}
