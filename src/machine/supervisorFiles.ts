import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackendKind, ClusterRef } from '../core/cluster';
import type { ErrorRecord } from '../core/errors';
import type { Job, JobSpec, JobState } from '../core/job';
import {
  asRecord,
  booleanField,
  numberField,
  recordField,
  stringField,
  timeField,
  wordField,
  type JsonRecord,
} from '../core/jsonValue';
import type { TlsFiles } from '../core/profile';
import { isElsewhere } from './host';
import { isMissing, readJson, writeJson } from './jsonFile';
import type { ProcessIdentity } from './processes';

/** What a supervisor is told to do: `job.json` of docs/architecture.md. */
export interface JobOrder {
  id: string;
  cluster: ClusterRef;
  /** Folder of a local cluster; undefined for those of others. */
  clusterFolder: string | undefined;
  schedulerAddress: string;
  tls: TlsFiles | undefined;
  interpreter: string;
  spec: JobSpec;
  /** The profile's variables; those of `spec` win over them. */
  environment: Readonly<Record<string, string>>;
}

/** A run's folder as its supervisor left it. */
export interface JobFiles {
  job: Job;
  supervisor: ProcessIdentity | undefined;
  driver: ProcessIdentity | undefined;
  interpreter: string | undefined;
  /** False until the supervisor has written its first status. */
  begun: boolean;
}

const backends: readonly BackendKind[] = ['local', 'address', 'dataproc'];
const states: readonly JobState[] = ['pending', 'running', 'succeeded', 'failed', 'cancelled'];

/** @param fileEnvironment the variables of the `.env` file: those of the profile and of the run win over them */
export function orderToJson(order: JobOrder, fileEnvironment: Readonly<Record<string, string>> = {}): JsonRecord {
  const { spec } = order;
  return {
    version: 1,
    id: order.id,
    name: nameOf(spec),
    target: spec.target,
    args: spec.args,
    environment: { ...fileEnvironment, ...order.environment, ...spec.environment },
    cluster: { backend: order.cluster.backend, id: order.cluster.id },
    clusterFolder: order.clusterFolder ?? null,
    schedulerAddress: order.schedulerAddress,
    tls: order.tls ?? null,
    interpreter: order.interpreter,
    releaseCluster: spec.releaseCluster,
    report: spec.report,
    ...(spec.localModules === undefined ? {} : { localModules: spec.localModules }),
    ...(spec.markWorkers === true ? { markWorkers: true } : {}),
  };
}

/** The job in a run's folder; undefined when none was ordered there. */
export async function readJobFiles(folder: string): Promise<JobFiles | undefined> {
  const order = asRecord(await readJson(join(folder, 'job.json')));
  const cluster = recordField(order, 'cluster');
  const backend = wordField(cluster, 'backend', backends);
  const id = stringField(order, 'id');
  const clusterId = stringField(cluster, 'id');
  if (backend === undefined || id === undefined || clusterId === undefined) {
    return undefined;
  }
  const status = asRecord(await readJson(join(folder, 'status.json')));
  const supervisor = identityIn(status, 'pid', 'pidStart');
  const leftOver = numberField(status, 'leftOver') ?? 0;
  const reportMissing = stringField(status, 'reportMissing');
  return {
    job: {
      backend,
      id,
      cluster: { backend, id: clusterId },
      name: (stringField(order, 'name') ?? id) + elsewhere(supervisor),
      state: wordField(status, 'state', states) ?? 'pending',
      startedAt: timeField(status, 'startedAt'),
      endedAt: timeField(status, 'endedAt'),
      exitCode: numberField(status, 'exitCode'),
      signal: stringField(status, 'signal'),
      error: errorIn(status),
      released: booleanField(status, 'released') ?? false,
      report: stringField(status, 'report'),
      ...(reportMissing === undefined ? {} : { reportMissing }),
      ...(leftOver > 0 ? { leftOver } : {}),
    },
    supervisor,
    driver: identityIn(status, 'driverPid', 'driverPidStart'),
    interpreter: stringField(order, 'interpreter'),
    begun: status !== undefined,
  };
}

/**
 * Leaves of the variables in a run's orders only the names: their values may be secrets, and nobody needs them once the
 * run is over. Nothing happens where there are no orders, or only names.
 */
export async function forgetVariables(folder: string): Promise<void> {
  const path = join(folder, 'job.json');
  const order = asRecord(await readJson(path));
  const environment = Object.keys(recordField(order, 'environment') ?? {});
  if (order !== undefined && environment.length > 0) {
    await writeJson(path, { ...order, environment: {}, environmentNames: environment });
  }
}

/** Names in a folder; none when it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) {
      return [];
    }
    throw error;
  }
}

export function errorIn(record: JsonRecord | undefined): ErrorRecord | undefined {
  const error = recordField(record, 'error');
  const code = stringField(error, 'code');
  const message = stringField(error, 'message');
  return code === undefined || message === undefined ? undefined : { code, message };
}

/** What is said after the name of something on another machine. */
export function elsewhere(identity: ProcessIdentity | undefined): string {
  return identity?.host !== undefined && isElsewhere(identity) ? ` on ${identity.host}` : '';
}

export function identityIn(
  record: JsonRecord | undefined,
  pidKey: string,
  startKey: string,
): ProcessIdentity | undefined {
  const pid = numberField(record, pidKey);
  const pidStart = stringField(record, startKey);
  const host = stringField(record, 'host');
  return pid === undefined || pidStart === undefined
    ? undefined
    : { pid, pidStart, ...(host === undefined ? {} : { host }) };
}

function nameOf({ target }: JobSpec): string {
  return target.kind === 'file'
    ? (target.path.split(/[\\/]/).at(-1) ?? target.path)
    : `${target.module}.${target.function}`;
}

export function tlsIn(record: JsonRecord | undefined): TlsFiles | undefined {
  const [ca, cert, key] = [stringField(record, 'ca'), stringField(record, 'cert'), stringField(record, 'key')];
  return ca === undefined || cert === undefined || key === undefined ? undefined : { ca, cert, key };
}
