import type { WorkerRange } from '../core/cluster';
import type { ErrorRecord } from '../core/errors';
import {
  asRecord,
  booleanField,
  numberField,
  recordField,
  stringField,
  timeField,
  type JsonRecord,
} from '../core/jsonValue';

/** What this machine knows of a cluster that it asked for: `dataproc/<id>/cluster.json`. Written before the call is made. */
export interface ClusterRecord {
  /** The request id that it was asked for under. */
  id: string;
  project: string;
  region: string;
  /** Its name in Dataproc: {@link clusterName}. */
  clusterName: string;
  /** Once it is known: guards against deleting another cluster of that name. */
  uuid: string | undefined;
  /** The bucket that its code, orders and results are in. */
  bucket: string;
  /** Name of the profile, and for people. */
  profile: string;
  fingerprint: string;
  ephemeral: boolean;
  /** When its run has ended its machines are stopped, and a later run starts them again. */
  stopAfterRun: boolean;
  runId: string | undefined;
  workers: WorkerRange;
  /** Dataproc deletes it after so long, whatever it does; undefined where that is not known. */
  maxAgeSeconds: number | undefined;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** Creations that were begun, from 1: after a stock-out the next is in another place, under a request id of its own. */
  attempt: number;
  /** In the gateway's way to the scheduler. */
  httpSecret: string;
  /** Service account that calls about it are made as. */
  impersonate: string | undefined;
  /** Milliseconds since 1970 from when it is gone, or was never there. */
  endedAt: number | undefined;
  endReason: string | undefined;
  error: ErrorRecord | undefined;
}

/** At most 51 characters, lower case, and from the id alone: a lost answer or record never makes a second cluster. */
export function clusterName(id: string): string {
  return `dask-${id}`.slice(0, 51);
}

/** Of one attempt to create it. At most 40 characters, as Dataproc wants. */
export function createRequestId({ id, attempt }: Pick<ClusterRecord, 'id' | 'attempt'>): string {
  return attempt === 1 ? id : `${id}-${attempt}`;
}

export function recordToJson(record: ClusterRecord): object {
  return {
    version: 1,
    ...record,
    createdAt: new Date(record.createdAt).toISOString(),
    endedAt: record.endedAt === undefined ? undefined : new Date(record.endedAt).toISOString(),
  };
}

/** Undefined when that is no record of this version. */
export function recordFromJson(value: unknown): ClusterRecord | undefined {
  const record = asRecord(value);
  const texts = ['id', 'project', 'region', 'clusterName', 'bucket', 'profile', 'fingerprint', 'httpSecret'] as const;
  const createdAt = timeField(record, 'createdAt');
  const workers = workersIn(recordField(record, 'workers'));
  if (
    record?.['version'] !== 1 ||
    createdAt === undefined ||
    workers === undefined ||
    texts.some((name) => stringField(record, name) === undefined)
  ) {
    return undefined;
  }
  const error = recordField(record, 'error');
  return {
    ...(Object.fromEntries(texts.map((name) => [name, record[name]])) as Record<(typeof texts)[number], string>),
    uuid: stringField(record, 'uuid'),
    ephemeral: booleanField(record, 'ephemeral') ?? false,
    stopAfterRun: booleanField(record, 'stopAfterRun') ?? false,
    runId: stringField(record, 'runId'),
    impersonate: stringField(record, 'impersonate'),
    workers,
    maxAgeSeconds: numberField(record, 'maxAgeSeconds'),
    createdAt,
    attempt: numberField(record, 'attempt') ?? 1,
    endedAt: timeField(record, 'endedAt'),
    endReason: stringField(record, 'endReason'),
    error: typeof error?.['message'] === 'string' ? (error as unknown as ErrorRecord) : undefined,
  };
}

function workersIn(value: JsonRecord | undefined): WorkerRange | undefined {
  const [count, minimum, maximum] = ['count', 'minimum', 'maximum'].map((name) => numberField(value, name));
  if (value?.['kind'] === 'fixed' && count !== undefined) {
    return { kind: 'fixed', count };
  }
  return value?.['kind'] === 'adaptive' && minimum !== undefined && maximum !== undefined
    ? { kind: 'adaptive', minimum, maximum }
    : undefined;
}
