export type MachineRole = 'master' | 'worker' | 'secondaryWorker';

/** A machine as it was asked for. */
export interface Machine {
  /** Such as `etl-m`, `etl-w-0`, `etl-sw-x7f2`. */
  readonly name: string;
  readonly role: MachineRole;
  /** Such as `n2-standard-4`. */
  readonly machineType: string;
  readonly vcpus: number;
  readonly memoryMb: number;
}

/** What machines know of their cluster. */
export interface ClusterSite {
  readonly projectId: string;
  readonly region: string;
  readonly zone: string;
  readonly clusterName: string;
  readonly clusterUuid: string;
  /** Name of the staging bucket. */
  readonly configBucket: string;
  readonly tempBucket: string;
  readonly serviceAccount: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Properties of its software by `prefix:name`, with those that the service has put in. */
  readonly properties: Readonly<Record<string, string>>;
  readonly initializationActions: readonly InitAction[];
  readonly workerCount: number;
  /** Name of the first master. */
  readonly master: string;
  readonly componentGateway: boolean;
}

export interface InitAction {
  readonly executableFile: string;
  readonly timeoutMilliseconds: number;
}

/** One driver of a job, on the master. */
export interface DriverOrder {
  readonly jobId: string;
  readonly jobUuid: string;
  /** `pysparkJob` and so on, as the API has it. */
  readonly job: Readonly<Record<string, unknown>>;
  /** Where output goes: `gs://BUCKET/…/driveroutput`, chunks of which have numbers appended. */
  readonly outputUri: string;
}

export interface DriverEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why there was no driver at all. */
  readonly error: string | undefined;
}

export interface Driver {
  /** Resolves once the driver has ended and all of its output is in the bucket. */
  readonly ended: Promise<DriverEnd>;
  /** The driver and all that it has started, with SIGTERM and soon after SIGKILL. */
  kill(): void;
}

export interface YarnApplication {
  readonly name: string;
  readonly state: string;
  readonly progress: number;
  readonly trackingUrl: string;
}

/** Counts by the names that ClusterMetrics has, such as `yarn-memory-mb-pending`. */
export interface Metrics {
  readonly hdfs: Readonly<Record<string, number>>;
  readonly yarn: Readonly<Record<string, number>>;
}

/** Web interfaces behind Component Gateway. */
export type WebService = 'dask' | 'yarn' | 'jobhistory' | 'sparkhistory' | 'hdfs' | 'jupyter';

/**
 * The machines of all clusters. What fails is thrown as the ApiError that the operation then has. Nothing of a machine
 * is left on this one after `delete` or `dispose`.
 */
export interface ClusterMachines {
  /** Starts a cluster's first machines; resolves when all of them run and their initialization actions have ended. */
  create(site: ClusterSite, machines: readonly Machine[], signal: AbortSignal): Promise<void>;
  /** More machines for a cluster that runs. */
  add(site: ClusterSite, machines: readonly Machine[], signal: AbortSignal): Promise<void>;
  /** Takes machines away; those with work get so long to end it, or until the signal. */
  remove(site: ClusterSite, names: readonly string[], graceMilliseconds: number, signal: AbortSignal): Promise<void>;
  /** Machines end at once and without notice, as preempted ones do. */
  preempt(site: ClusterSite, names: readonly string[]): Promise<void>;
  /** Ends all processes, and keeps the disks. */
  stop(site: ClusterSite): Promise<void>;
  /** After `stop`: without initialization actions. */
  start(site: ClusterSite, signal: AbortSignal): Promise<void>;
  delete(site: ClusterSite): Promise<void>;
  runDriver(site: ClusterSite, order: DriverOrder): Promise<Driver>;
  /** Work that was not submitted as a job, such as a YARN application: it keeps the idle clock from starting. */
  busy(site: ClusterSite): Promise<boolean>;
  metrics(site: ClusterSite): Promise<Metrics>;
  yarnApplications(site: ClusterSite, jobId: string): Promise<readonly YarnApplication[]>;
  /**
   * Base URL of a web interface on the master, undefined while it is not served.
   * @param websocket for its websockets, which may go elsewhere
   */
  webService(site: ClusterSite, service: WebService, websocket: boolean): Promise<string | undefined>;
  /** Ends everything. */
  dispose(): Promise<void>;
}

/** A machine that runs: a folder and a loopback address of its own. */
export interface RunningMachine extends Machine {
  /** Its disk. */
  readonly folder: string;
  /** Such as `127.83.1.2`. */
  readonly address: string;
}

/**
 * The seam for daemons on the machines, such as YARN's: `LocalMachines` starts them before the initialization
 * actions, and stops them with the machine.
 */
export interface MachineDaemons {
  start(site: ClusterSite, machine: RunningMachine, master: RunningMachine): Promise<void>;
  /** Without notice, unless the machine was decommissioned before. */
  stop(site: ClusterSite, machine: RunningMachine): Promise<void>;
  /** Resolves when nothing runs there, after the time, or at the signal. */
  decommission(
    site: ClusterSite,
    machines: readonly RunningMachine[],
    graceMilliseconds: number,
    signal: AbortSignal,
  ): Promise<void>;
  /** For initialization actions and the drivers of jobs, such as HADOOP_CONF_DIR. */
  environment(site: ClusterSite, machine: RunningMachine, jobId?: string): Readonly<Record<string, string>>;
  busy(site: ClusterSite): Promise<boolean>;
  metrics(site: ClusterSite): Promise<Metrics>;
  yarnApplications(site: ClusterSite, jobId: string): Promise<readonly YarnApplication[]>;
  webService(site: ClusterSite, service: WebService): Promise<string | undefined>;
}
