import type { SchedulerEndpoint, SchedulerSnapshot, WorkerInfo } from '../../src/core/cluster';
import type { SchedulerClient } from '../../src/core/ports';

/** Answers for every scheduler, with what was set for it. */
export class FakeScheduler implements SchedulerClient {
  /** By Dask address. */
  readonly snapshots = new Map<string, SchedulerSnapshot>();
  /** Thrown while set. */
  failure: Error | undefined;
  asked = 0;

  snapshot(endpoint: SchedulerEndpoint): Promise<SchedulerSnapshot> {
    this.asked++;
    if (this.failure) {
      return Promise.reject(this.failure);
    }
    return Promise.resolve(this.snapshots.get(endpoint.address) ?? fakeSnapshot());
  }

  plots(): Promise<readonly { path: string; title: string }[]> {
    return Promise.resolve([]);
  }
}

export function fakeSnapshot(values: Partial<SchedulerSnapshot> = {}): SchedulerSnapshot {
  return {
    workers: [fakeWorker()],
    desiredWorkers: undefined,
    tasks: { total: 0, processing: 0, memory: 0, waiting: 0, erred: 0 },
    clients: 0,
    startedAt: 0,
    ...values,
  };
}

export function fakeWorker(values: Partial<WorkerInfo> = {}): WorkerInfo {
  return {
    address: 'tcp://127.0.0.1:40001',
    name: '0',
    host: '127.0.0.1',
    nthreads: 2,
    memoryLimit: 4 * 2 ** 30,
    memoryUsed: 2 ** 28,
    spilledBytes: 0,
    cpu: 1,
    executing: 0,
    status: 'running',
    lastSeen: 0,
    ...values,
  };
}
