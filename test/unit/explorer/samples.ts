import type { Cluster, SchedulerSnapshot, WorkerInfo } from '../../../src/core/cluster';
import type { Job } from '../../../src/core/job';
import type { RunRecord } from '../../../src/core/run';

/** Tuesday, 24 November 2026, 12:00 local time. */
export const noon = new Date(2026, 10, 24, 12).getTime();

export function cluster(changes: Partial<Cluster> = {}): Cluster {
  return {
    backend: 'local',
    id: 'c1',
    name: 'etl.py',
    profile: 'local',
    state: 'running',
    createdAt: noon - 12 * 60_000,
    workers: { kind: 'fixed', count: 4 },
    ephemeral: true,
    owned: true,
    resizable: true,
    ...changes,
  };
}

export function worker(changes: Partial<WorkerInfo> = {}): WorkerInfo {
  return {
    address: 'tls://127.0.0.1:4001',
    name: '0',
    host: '127.0.0.1',
    nthreads: 2,
    memoryLimit: 4 * 1024 ** 3,
    memoryUsed: 512 * 1024 ** 2,
    spilledBytes: 0,
    cpu: 37.4,
    executing: 1,
    status: 'running',
    lastSeen: noon,
    ...changes,
  };
}

export function snapshot(workers: readonly WorkerInfo[]): SchedulerSnapshot {
  return {
    workers,
    desiredWorkers: undefined,
    tasks: { total: 10, processing: 2, memory: 3, waiting: 5, erred: 0 },
    clients: 1,
    startedAt: noon - 12 * 60_000,
  };
}

export function job(changes: Partial<Job> = {}): Job {
  return {
    backend: 'local',
    id: 'r1',
    cluster: { backend: 'local', id: 'c1' },
    name: 'etl.py',
    state: 'running',
    startedAt: noon - 12_000,
    endedAt: undefined,
    exitCode: undefined,
    signal: undefined,
    error: undefined,
    released: false,
    report: undefined,
    ...changes,
  };
}

export function run(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    id: 'r1',
    request: { target: { kind: 'file', path: '/work space/etl.py' }, profile: 'local', args: [], environment: {} },
    name: 'etl.py',
    state: 'succeeded',
    folder: '/storage/runs/r1',
    createdAt: noon - 60_000,
    startedAt: noon - 60_000,
    endedAt: noon - 48_000,
    exitCode: 0,
    released: true,
    ...changes,
  };
}

/** A run that has not ended. */
export function openRun(changes: Partial<RunRecord> = {}): RunRecord {
  const record = run({ state: 'preparing', released: false });
  delete record.startedAt;
  delete record.endedAt;
  delete record.exitCode;
  return { ...record, ...changes };
}
