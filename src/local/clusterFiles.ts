import { join } from 'node:path';
import type { Cluster, ClusterState, StartupStage, WorkerRange } from '../core/cluster';
import { clusterFingerprint } from '../core/fingerprint';
import {
  asRecord,
  booleanField,
  numberField,
  recordField,
  stringField,
  textsOf,
  timeField,
  wordField,
  type JsonRecord,
} from '../core/jsonValue';
import type { ClusterSpec } from '../core/ports';
import type { LocalProfile, TlsFiles } from '../core/profile';
import { readJson } from '../machine/jsonFile';
import { isElsewhere } from '../machine/host';
import type { ProcessIdentity } from '../machine/processes';
import { elsewhere, errorIn, identityIn, tlsIn } from '../machine/supervisorFiles';

/** A local cluster as its folder tells it; the files are those of docs/architecture.md. */
export interface ClusterFiles {
  folder: string;
  cluster: Cluster;
  /** Undefined before the process has written its first state, and has not been noted by the one who started it. */
  process: ProcessIdentity | undefined;
  schedulerAddress: string | undefined;
  httpUrl: string | undefined;
  dashboard: boolean;
  tls: TlsFiles | undefined;
  /** The profile's variables. */
  environment: Readonly<Record<string, string>>;
  runId: string | undefined;
  /** Milliseconds since 1970. */
  endedAt: number | undefined;
}

const states: readonly ClusterState[] = ['starting', 'running', 'closing', 'closed', 'failed'];
const stages: readonly StartupStage[] = ['process', 'scheduler', 'workers', 'ready'];

export const endedStates: readonly ClusterState[] = ['closed', 'failed'];

/** @param createdAt milliseconds since 1970 */
export function specToJson(id: string, spec: ClusterSpec, profile: LocalProfile, createdAt: number): JsonRecord {
  return {
    version: 1,
    id,
    name: spec.name,
    profile: profile.name,
    fingerprint: clusterFingerprint(profile, spec.interpreter),
    createdAt: new Date(createdAt).toISOString(),
    ephemeral: spec.ephemeral,
    ...(spec.runId === undefined ? {} : { runId: spec.runId }),
    workers: profile.workers,
    ...(profile.threadsPerWorker === undefined ? {} : { threadsPerWorker: profile.threadsPerWorker }),
    memoryLimit: profile.memoryLimit,
    idleTimeoutSeconds: profile.idleTimeoutSeconds,
    security: profile.security,
    environment: profile.environment,
    // A cluster that is made for a run gets its workers from the script's `Client()`, in the script's own world.
    startWorkers: spec.runId === undefined ? 'atOnce' : 'withScript',
    sharedWorkers: profile.sharedWorkers,
  };
}

/** The cluster in a folder; undefined when there is none. Nothing is asked of its process. */
export async function readClusterFiles(folder: string): Promise<ClusterFiles | undefined> {
  const spec = asRecord(await readJson(join(folder, 'spec.json')));
  const id = stringField(spec, 'id');
  if (spec === undefined || id === undefined) {
    return undefined;
  }
  const state = asRecord(await readJson(join(folder, 'state.json')));
  const started = asRecord(await readJson(join(folder, 'process.json')));
  const process = identityIn(state, 'pid', 'pidStart') ?? identityIn(started, 'pid', 'pidStart');
  const runId = stringField(spec, 'runId');
  // Only runs on its own machine may use it: its addresses are loopback's.
  const fingerprint = isElsewhere(process) ? undefined : stringField(spec, 'fingerprint');
  const python = pythonIn(recordField(state, 'python'));
  const endReason = stringField(state, 'endReason');
  const error = errorIn(state);
  return {
    folder,
    cluster: {
      backend: 'local',
      id,
      name: (stringField(spec, 'name') ?? id) + elsewhere(process),
      profile: stringField(spec, 'profile'),
      state: wordField(state, 'state', states) ?? 'starting',
      stage: wordField(state, 'stage', stages) ?? 'process',
      createdAt: timeField(spec, 'createdAt'),
      workers: rangeIn(recordField(state, 'workers')) ?? rangeIn(recordField(spec, 'workers')),
      ephemeral: booleanField(spec, 'ephemeral') ?? false,
      owned: true,
      resizable: true,
      ...(runId === undefined ? {} : { runId }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(python === undefined ? {} : { python }),
      ...(endReason === undefined ? {} : { endReason }),
      ...(error === undefined ? {} : { error }),
    },
    process,
    schedulerAddress: stringField(state, 'schedulerAddress'),
    httpUrl: stringField(state, 'httpUrl'),
    dashboard: booleanField(state, 'dashboard') ?? false,
    tls: tlsIn(recordField(state, 'tls')),
    environment: textsOf(recordField(spec, 'environment')),
    runId,
    endedAt: timeField(state, 'endedAt'),
  };
}

function rangeIn(record: JsonRecord | undefined): WorkerRange | undefined {
  const count = numberField(record, 'count');
  const minimum = numberField(record, 'minimum');
  const maximum = numberField(record, 'maximum');
  if (stringField(record, 'kind') === 'fixed' && count !== undefined) {
    return { kind: 'fixed', count };
  }
  if (stringField(record, 'kind') === 'adaptive' && minimum !== undefined && maximum !== undefined) {
    return { kind: 'adaptive', minimum, maximum };
  }
  return undefined;
}

function pythonIn(record: JsonRecord | undefined): Cluster['python'] {
  const executable = stringField(record, 'executable');
  const version = stringField(record, 'version');
  const dask = stringField(record, 'dask');
  return executable === undefined || version === undefined || dask === undefined
    ? undefined
    : { executable, version, dask, bokeh: stringField(record, 'bokeh') };
}
