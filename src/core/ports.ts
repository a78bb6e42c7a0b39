import type {
  BackendKind,
  Cluster,
  ClusterMachines,
  ClusterRef,
  LogSource,
  MachineChange,
  SchedulerEndpoint,
  SchedulerSnapshot,
  StartupStage,
  WorkerRange,
} from './cluster';
import type { Disposable, Event } from './event';
import type { Job, JobRef, JobSpec, JobTarget, OutputChunk } from './job';
import type { Profile } from './profile';
import type { Receipt } from './receipt';

export interface ClusterSpec {
  name: string;
  profile: Profile;
  /** Absolute path of the interpreter that was chosen for this profile. */
  interpreter: string;
  ephemeral: boolean;
  runId?: string;
  /** What the run will send: backends elsewhere send it while their machines start. */
  code?: Pick<JobSpec, 'target' | 'workspaceFolder' | 'packaging'>;
}

export interface ReceiptRequest {
  /** What is run; undefined for a cluster that is made by hand, and stays. */
  target: JobTarget | undefined;
  workspaceFolder: string | undefined;
  profile: Profile;
  /** Name of the cluster that it will go to, where there is one. */
  reused: string | undefined;
}

/**
 * A place where clusters live. Every call takes an AbortSignal; every create and submit takes a request
 * id and is idempotent under it: the same id never makes a second cluster or job, from whichever window.
 */
export interface Backend {
  readonly kind: BackendKind;
  /** True where `output.log` is not put into the job's folder by the backend: the run then copies `output()` there. */
  readonly copyOutput?: boolean;
  /** Python of its machines, where drivers run there: none is looked for on this machine. */
  readonly interpreter?: string;
  /** Of a profile, where more than the profile counts, such as the content of a file that it names; else `clusterFingerprint`. */
  fingerprint?(profile: Profile): Promise<string>;
  /** Something in `clusters()` or `jobs()` changed. Sources of it run only while it is listened to. */
  readonly onDidChange: Event<void>;
  clusters(signal: AbortSignal): AsyncIterable<Cluster>;
  cluster(ref: ClusterRef, signal: AbortSignal): Promise<Cluster | undefined>;
  /** Resolves when the cluster takes work. `requestId` becomes the cluster's id. */
  createCluster(
    spec: ClusterSpec,
    requestId: string,
    onStage: (stage: StartupStage, detail?: string) => void,
    signal: AbortSignal,
  ): Promise<Cluster>;
  /**
   * What a run will do, for backends that cost money: asked for before anything is uploaded or created.
   * `reused` is the cluster that it will go to, where there is one.
   */
  receipt?(request: ReceiptRequest, signal: AbortSignal): Promise<Receipt>;
  resizeCluster(cluster: ClusterRef, workers: WorkerRange, signal: AbortSignal): Promise<void>;
  restartWorkers(cluster: ClusterRef, signal: AbortSignal): Promise<void>;
  /** Resolves when it is gone. `reason` is kept as its end reason. Unknown clusters are gone already. */
  deleteCluster(cluster: ClusterRef, reason: string, signal: AbortSignal): Promise<void>;
  /**
   * What a run does with its cluster in the end, for backends that know more than deleting: by the policy that it was
   * made with. Else `deleteCluster`.
   */
  releaseCluster?(cluster: ClusterRef, reason: string, signal: AbortSignal): Promise<void>;
  /** Stops the machines, or starts them again: resolves when that is done. Only where machines can be stopped. */
  stopCluster?(cluster: ClusterRef, signal: AbortSignal): Promise<void>;
  startCluster?(cluster: ClusterRef, signal: AbortSignal): Promise<void>;
  /** The machines of a cluster, as they are now. Only where their number can be changed. */
  machines?(cluster: ClusterRef, signal: AbortSignal): Promise<ClusterMachines>;
  /**
   * Adds machines or takes some away: resolves when that is done and seen. It goes on when the signal is aborted.
   * `onProgress` is told once it has begun, and then at each look.
   */
  resizeMachines?(
    cluster: ClusterRef,
    change: MachineChange,
    onProgress: (text: string) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Jobs of one cluster, newest first. */
  jobs(cluster: ClusterRef, signal: AbortSignal): AsyncIterable<Job>;
  /** Jobs of all clusters in one pass, by cluster id, newest first: for lists. Without it `jobs` is asked for each one. */
  jobsByCluster?(signal: AbortSignal): Promise<ReadonlyMap<string, readonly Job[]>>;
  /** `requestId` becomes the job's id. */
  submitJob(cluster: ClusterRef, spec: JobSpec, requestId: string, signal: AbortSignal): Promise<Job>;
  /** The job at once, then at each change; ends after a terminal state whose cluster has been released. */
  watchJob(job: JobRef, folder: string, signal: AbortSignal): AsyncIterable<Job>;
  cancelJob(job: JobRef, folder: string, signal: AbortSignal): Promise<void>;
  /** Output from a byte offset on, to the end of the job; never loses or repeats a byte. */
  output(job: JobRef, folder: string, from: number, signal: AbortSignal): AsyncIterable<OutputChunk>;
  scheduler(cluster: ClusterRef, signal: AbortSignal): Promise<SchedulerEndpoint>;
  /** Logs beside the driver's, scheduler first. For remote clusters: fetched to files first. */
  logs(cluster: ClusterRef, signal: AbortSignal): Promise<readonly LogSource[]>;
}

/** Asks a scheduler over HTTP. Implemented in `scheduler/`. */
export interface SchedulerClient {
  /** Throws a UserError when the scheduler does not answer. Never touches `/` or `/status`. */
  snapshot(endpoint: SchedulerEndpoint, signal: AbortSignal): Promise<SchedulerSnapshot>;
  /** Plots of the dashboard: paths relative to the base (`individual-task-stream`), titles for people; no GPU plots without a GPU. */
  plots(endpoint: SchedulerEndpoint, signal: AbortSignal): Promise<readonly { path: string; title: string }[]>;
}

/** One cluster's dashboard behind the loopback proxy. Implemented in `scheduler/`. */
export interface DashboardProxy extends Disposable {
  port: number;
  /** First path segment of every URL: `http://127.0.0.1:PORT/SECRET/status`. */
  secret: string;
}

export interface DashboardAccess {
  /** Port of the listener that all dashboards share, from the first question on to the end of the window. */
  listen(): Promise<number>;
  /**
   * Accept one more `Host` header beside this machine's own names: the authority of what `asExternalUri`
   * gave for this port, as a VS Code in the browser forwards its own.
   */
  allowHost(host: string): void;
  /** One secret for each endpoint, shared by all who ask; void once the last one disposes it. */
  open(endpoint: SchedulerEndpoint): Promise<DashboardProxy>;
}

/** Which Python a profile runs on. Implemented in `host/` over `machine/`. */
export interface InterpreterSource {
  /**
   * Absolute path of an interpreter that has what a cluster needs; may ask the user, and build an environment.
   * @param scope the file or folder that it is for, absolute: folders of a workspace have their own settings
   */
  resolve(profile: Profile, onProgress: (text: string) => void, signal: AbortSignal, scope?: string): Promise<string>;
}

export interface Logger {
  info(message: string, ...details: unknown[]): void;
  warn(message: string, ...details: unknown[]): void;
  error(message: string, ...details: unknown[]): void;
}
