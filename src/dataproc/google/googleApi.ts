import type { protos } from '@google-cloud/dataproc';
import type { OutputStore } from '../output/driverOutput';

/** What the backend asks of Google Cloud. Every call rejects with a {@link GoogleError}, or a CancelledError. */
export interface GoogleApi {
  readonly dataproc: DataprocApi;
  readonly storage: StorageApi;
  readonly logging: LoggingApi;
  readonly compute: ComputeApi;
  /** E-mail of whoever asks; undefined where nothing says it. Rejects with a UserError that names the command to sign in. */
  account(signal: AbortSignal): Promise<string | undefined>;
  /** A bearer token that is good for five minutes at least; renewed by itself. */
  token(signal: AbortSignal): Promise<string>;
}

/** A project and a region: where clusters are looked for. */
export interface Place {
  project: string;
  region: string;
}

export type ClusterBody = protos.google.cloud.dataproc.v1.ICluster;
export type JobBody = protos.google.cloud.dataproc.v1.IJob;
export type PolicyBody = protos.google.cloud.dataproc.v1.IAutoscalingPolicy;

export type GoogleClusterState =
  | 'UNKNOWN'
  | 'CREATING'
  | 'RUNNING'
  | 'ERROR'
  | 'ERROR_DUE_TO_UPDATE'
  | 'DELETING'
  | 'UPDATING'
  | 'STOPPING'
  | 'STOPPED'
  | 'STARTING'
  | 'REPAIRING';

/** A cluster as it was last answered. */
export interface GoogleCluster extends Place {
  name: string;
  uuid: string;
  state: GoogleClusterState;
  /** The service's words on an error; '' where there are none. */
  detail: string;
  /** Milliseconds since 1970 of the first state. */
  createdAt: number | undefined;
  labels: Readonly<Record<string, string>>;
  /** Compute Engine metadata of its machines. */
  metadata: Readonly<Record<string, string>>;
  /** Of its machines; '' while that is not known. */
  zone: string;
  /** Name of the bucket that Dataproc keeps output in. */
  bucket: string;
  /** Machines of the cluster. */
  primaryWorkers: number;
  secondaryWorkers: number;
  machineType: string;
  imageVersion: string;
  /** Full name of its autoscaling policy. */
  policy: string | undefined;
  /** Component Gateway's addresses by title; empty where it is off, or not there yet. */
  httpPorts: Readonly<Record<string, string>>;
}

export type GoogleJobState =
  | 'PENDING'
  | 'SETUP_DONE'
  | 'RUNNING'
  | 'CANCEL_PENDING'
  | 'CANCEL_STARTED'
  | 'CANCELLED'
  | 'DONE'
  | 'ERROR'
  | 'ATTEMPT_FAILURE';

export interface GoogleJob extends Place {
  id: string;
  uuid: string;
  clusterName: string;
  clusterUuid: string;
  state: GoogleJobState;
  /** The service's words on an error; '' where there are none. */
  detail: string;
  /** Milliseconds since 1970: when it was handed in, when its driver began, when it ended. */
  submittedAt: number | undefined;
  startedAt: number | undefined;
  endedAt: number | undefined;
  labels: Readonly<Record<string, string>>;
  /** E-mail of whoever handed it in, where the service says it. */
  submittedBy: string | undefined;
  /** Main file, class or query, for people. */
  title: string;
  /** `gs://bucket/…/driveroutput`; undefined until the driver has been prepared. */
  output: string | undefined;
}

/** A long-running operation. */
export interface GoogleOperation {
  /** `projects/…/operations/…` */
  name: string;
  done: boolean;
  /** What it is doing, in the service's words. */
  detail: string;
  warnings: readonly string[];
  /** Why it failed. */
  error: GoogleError | undefined;
}

/** One call each; nothing waits for an operation. Each create, update, delete and submit is idempotent under its request id. */
export interface DataprocApi {
  /** Page by page, as they are iterated. @param filter in the service's language: `labels.dask-cluster = x` */
  clusters(place: Place, filter: string, signal: AbortSignal): AsyncIterable<GoogleCluster>;
  /** Undefined where there is none. */
  cluster(place: Place, name: string, signal: AbortSignal): Promise<GoogleCluster | undefined>;
  createCluster(place: Place, body: ClusterBody, requestId: string, signal: AbortSignal): Promise<GoogleOperation>;
  updateCluster(
    place: Place,
    name: string,
    body: ClusterBody,
    mask: readonly string[],
    options: { gracefulDecommissionSeconds?: number },
    requestId: string,
    signal: AbortSignal,
  ): Promise<GoogleOperation>;
  deleteCluster(
    place: Place,
    name: string,
    uuid: string | undefined,
    requestId: string,
    signal: AbortSignal,
  ): Promise<GoogleOperation>;
  stopCluster(place: Place, name: string, requestId: string, signal: AbortSignal): Promise<GoogleOperation>;
  startCluster(place: Place, name: string, requestId: string, signal: AbortSignal): Promise<GoogleOperation>;
  operation(place: Place, name: string, signal: AbortSignal): Promise<GoogleOperation>;
  /** Newest first, page by page. @param clusterName of one cluster alone */
  jobs(place: Place, clusterName: string | undefined, signal: AbortSignal): AsyncIterable<GoogleJob>;
  job(place: Place, id: string, signal: AbortSignal): Promise<GoogleJob | undefined>;
  submitJob(place: Place, body: JobBody, requestId: string, signal: AbortSignal): Promise<GoogleJob>;
  cancelJob(place: Place, id: string, signal: AbortSignal): Promise<GoogleJob>;
  policy(place: Place, id: string, signal: AbortSignal): Promise<PolicyBody | undefined>;
  createPolicy(place: Place, body: PolicyBody, signal: AbortSignal): Promise<PolicyBody>;
}

export interface StorageApi {
  /** Makes it where it is missing. @returns false where it was there */
  ensureBucket(place: Place, name: string, options: { kmsKey?: string }, signal: AbortSignal): Promise<boolean>;
  /** Bytes, or a file by its absolute path. Resumable where it is large; checked by its checksum. */
  put(
    bucket: string,
    name: string,
    content: Uint8Array | { path: string },
    contentType: string,
    signal: AbortSignal,
  ): Promise<void>;
  /** Size in bytes; undefined where there is no such object. */
  size(bucket: string, name: string, signal: AbortSignal): Promise<number | undefined>;
  /** The whole object; undefined where there is none. */
  get(bucket: string, name: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Deletes it; it may be gone already. */
  delete(bucket: string, name: string, signal: AbortSignal): Promise<void>;
  /** Objects of a bucket as the output of a job needs them. */
  output(bucket: string): OutputStore;
}

export interface LogEntry {
  /** Unique within the log. */
  insertId: string;
  /** RFC 3339, as the service gave it. */
  timestamp: string;
  /** The machine, where it is known. */
  machine: string | undefined;
  text: string;
}

export interface LoggingApi {
  /** Entries that fit the filter, oldest first, one page at most. @param filter in Logging's query language */
  entries(project: string, filter: string, pageSize: number, signal: AbortSignal): Promise<readonly LogEntry[]>;
}

export interface MachineType {
  name: string;
  cores: number;
  memoryMb: number;
}

/** For the walk that makes a profile. */
export interface ComputeApi {
  regions(project: string, signal: AbortSignal): Promise<readonly string[]>;
  zones(place: Place, signal: AbortSignal): Promise<readonly string[]>;
  machineTypes(project: string, zone: string, signal: AbortSignal): Promise<readonly MachineType[]>;
  subnetworks(
    place: Place,
    signal: AbortSignal,
  ): Promise<readonly { name: string; network: string; privateGoogleAccess: boolean }[]>;
}

/** A call that failed, in the service's words. See `explainFailure` for what is said of it. */
export class GoogleError extends Error {
  override readonly name = 'GoogleError';
  /** `PERMISSION_DENIED` …; undefined where only a status is known, or none. */
  readonly code: string | undefined;
  /** HTTP status; undefined where no answer came. */
  readonly status: number | undefined;
  /** `reason` of `google.rpc.ErrorInfo`. */
  readonly reason: string | undefined;
  /** `metadata` of it. */
  readonly metadata: Readonly<Record<string, string>> | undefined;

  constructor(
    message: string,
    details: {
      code?: string;
      status?: number;
      reason?: string;
      metadata?: Readonly<Record<string, string>>;
      cause?: unknown;
    },
  ) {
    super(message, { cause: details.cause });
    this.code = details.code;
    this.status = details.status;
    this.reason = details.reason;
    this.metadata = details.metadata;
  }
}
