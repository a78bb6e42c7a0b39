import type { WorkerInfo } from '../core/cluster';
import { asRecord, numberField, recordField, stringField, type JsonRecord } from '../core/jsonValue';

/**
 * Workers in what `/json/identity.json` answers (`Scheduler.identity` of distributed 2026.8), by name; a cluster of ours
 * answers the same, in so far as it is read here, at `/dask-runner/workers`.
 */
export function workersInIdentity(identity: JsonRecord): WorkerInfo[] {
  return Object.entries(recordField(identity, 'workers') ?? {})
    .map(([address, value]) => workerOf(address, asRecord(value)))
    .sort(byName);
}

/** True when a worker measures a GPU. */
export function hasGpu(identity: JsonRecord): boolean {
  return Object.values(recordField(identity, 'workers') ?? {}).some((value) => {
    const metrics = recordField(asRecord(value), 'metrics');
    return metrics !== undefined && ('gpu' in metrics || 'gpu_utilization' in metrics || 'gpu-memory-total' in metrics);
  });
}

export function byName(a: WorkerInfo, b: WorkerInfo): number {
  return a.name.localeCompare(b.name, undefined, { numeric: true });
}

function workerOf(address: string, worker: JsonRecord | undefined): WorkerInfo {
  const metrics = recordField(worker, 'metrics');
  const spilled = recordField(metrics, 'spilled_bytes');
  const name: unknown = worker?.['name'];
  return {
    address,
    name: typeof name === 'string' || typeof name === 'number' ? String(name) : address,
    host: stringField(worker, 'host') ?? hostOf(address),
    nthreads: numberField(worker, 'nthreads') ?? 0,
    memoryLimit: numberField(worker, 'memory_limit') ?? 0,
    memoryUsed: numberField(metrics, 'memory') ?? 0,
    spilledBytes: numberField(spilled, 'memory') ?? 0,
    cpu: numberField(metrics, 'cpu'),
    executing: numberField(recordField(metrics, 'task_counts'), 'executing') ?? numberField(metrics, 'executing') ?? 0,
    status: stringField(worker, 'status') ?? 'running',
    lastSeen: (numberField(worker, 'last_seen') ?? 0) * 1000,
  };
}

/** The host in a Dask address, such as `tcp://10.0.0.1:4000` or `tls://[::1]:4000`. */
export function hostOf(address: string): string {
  return /:\/\/(\[[^\]]*\]|[^:/]*)/.exec(address)?.[1] ?? address;
}
