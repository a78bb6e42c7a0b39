import type { ErrorRecord } from './errors';
import type { TlsFiles } from './profile';

export type BackendKind = 'local' | 'address' | 'dataproc';

export interface ClusterRef {
  backend: BackendKind;
  /** Unique within the backend. Safe as a file name: `[a-z0-9-]{1,63}`. */
  id: string;
}

/** A cluster's one name over all backends, for maps and for what is kept of it. */
export function clusterKey(ref: ClusterRef): string {
  return `${ref.backend}:${ref.id}`;
}

/** What was asked for: a fixed number of workers, or Dask's adaptive scaling. */
export type WorkerRange = { kind: 'fixed'; count: number } | { kind: 'adaptive'; minimum: number; maximum: number };

/** `stopped`: its machines are off and can be started again. */
export type ClusterState = 'starting' | 'running' | 'closing' | 'stopped' | 'closed' | 'failed' | 'unreachable';

/** Where a start stands, in this order. `environment` is the Python environment. */
export type StartupStage = 'environment' | 'process' | 'scheduler' | 'workers' | 'ready';

export interface Cluster extends ClusterRef {
  name: string;
  /** Name of the profile it was made from; undefined for clusters of others. */
  profile: string | undefined;
  state: ClusterState;
  stage?: StartupStage;
  /** Milliseconds since 1970; undefined where it is not known. */
  createdAt: number | undefined;
  workers: WorkerRange | undefined;
  /** Machines that its workers are on, where they are more than this one. */
  machines?: number;
  /** True when it was created for one run, and goes with it. */
  ephemeral: boolean;
  /** The run that it was created for. */
  runId?: string;
  /** True when it is ours to shut down. Attached schedulers never are. */
  owned: boolean;
  /** Where it is, in a cloud. */
  place?: { project: string; region: string };
  /** Who made it, where it is of others and says so. */
  owner?: string;
  /** True when the number of workers can be changed. */
  resizable: boolean;
  /** True when the number of its machines can be changed. */
  machinesResizable?: boolean;
  /** Python that runs it, where that is known. */
  python?: { executable: string; version: string; dask: string; bokeh: string | undefined };
  /** What it was made from, see `clusterFingerprint`: runs reuse a cluster only where this is theirs. */
  fingerprint?: string;
  /** After `closed` or `failed`: why it ended, as a sentence. */
  endReason?: string;
  error?: ErrorRecord;
}

/** Machines of one kind, and how many there may be. */
export interface MachineGroup {
  count: number;
  lowest: number;
  highest: number;
  /** Why their number cannot be changed, as a sentence. */
  fixed?: string;
}

/** `secondary` ones have no part of the cluster's disks, and may be taken back. */
export type MachineKind = 'primary' | 'secondary';

/** The machines that a cluster's workers are on. */
export interface ClusterMachines extends Readonly<Record<MachineKind, MachineGroup>> {
  /** Name of the autoscaling policy that the limits are of: it changes the numbers again. */
  policy: string | undefined;
}

export interface MachineChange {
  kind: MachineKind;
  count: number;
  /** Seconds that a machine has to hand over its work before it goes: 0 to 86,400. */
  graceSeconds: number;
}

/** A scheduler as clients reach it. */
export interface SchedulerEndpoint {
  /** Dask address for `Client`, e.g. `tls://127.0.0.1:41233`. */
  address: string;
  /**
   * Base URL of the scheduler's HTTP side, prefix included, no slash at the end:
   * `http://127.0.0.1:38719/SECRET`. Undefined where there is none.
   */
  httpUrl: string | undefined;
  /** Why there is no `httpUrl`, as sentences with what to do next, although somebody gave one. */
  dashboardProblem?: string;
  /** Headers to add on the way up, e.g. a gateway's `Proxy-Authorization`. Asked for each request: tokens expire. */
  headers?: () => Promise<Record<string, string>>;
  /** Files that Dask's own connections need; the authority among them is believed for HTTPS too. */
  tls?: TlsFiles;
  /** True when the dashboard's plots can be drawn (bokeh is installed there). */
  dashboard: boolean;
  /** True where workers are containers that the cluster's own process asks YARN for: it tells of those that wait or ended. */
  containers?: boolean;
}

/** One worker, as the scheduler's `/json/identity.json` has it. */
export interface WorkerInfo {
  /** Dask address: the id. */
  address: string;
  name: string;
  host: string;
  nthreads: number;
  /** Bytes; 0 means no limit. */
  memoryLimit: number;
  /** Bytes in use by the process. */
  memoryUsed: number;
  spilledBytes: number;
  /** Percent of one core; undefined where the scheduler does not tell it. */
  cpu: number | undefined;
  /** Tasks that its threads work on; those that only wait in its queue are not counted. */
  executing: number;
  /** Dask's own word: `running`, `paused`, `closing_gracefully`, … */
  status: string;
  /** Milliseconds since 1970. */
  lastSeen: number;
}

/** A worker that is no more. */
export interface EndedWorker {
  name: string;
  /** How it ended, a word of `EndKind` on the Python side: `memory`, `preempted`, `retired` … */
  kind: string;
  /** For people, as sentences. */
  reason: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Host name of its machine. */
  node: string | undefined;
  /** YARN's id. */
  container: string | undefined;
  /** As YARN has it: that of the process, or a negative one. */
  exitStatus: number | undefined;
}

/** What the process of a cluster on YARN knows of its workers beyond Dask. */
export interface WorkerSupply {
  /** Workers that wait for a container. */
  pending: number;
  /** Newest first; the last 50. */
  ended: readonly EndedWorker[];
  /** Why there are fewer workers than asked for, as sentences and what they wrote. */
  problem: string | undefined;
}

/** One look at a scheduler. */
export interface SchedulerSnapshot {
  workers: readonly WorkerInfo[];
  /** Workers that Dask would like to have: adaptive clusters only. */
  desiredWorkers: number | undefined;
  tasks: { total: number; processing: number; memory: number; waiting: number; erred: number };
  clients: number;
  /** Milliseconds since 1970: when the scheduler started. */
  startedAt: number;
  /** Only where workers are containers of YARN. */
  supply?: WorkerSupply;
}

/** A log that a cluster keeps, as a file on this machine. */
export interface LogSource {
  /** `scheduler`, `cluster`, or `worker-NAME`. */
  id: string;
  label: string;
  path: string;
}
