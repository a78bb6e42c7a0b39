import type { DataprocProfile } from '../core/dataprocProfile';
import type { ClusterRecord } from './clusterRecord';

/** The `spec.json` that the cluster process on the master reads; see docs/architecture.md. */
export function clusterSpecText(profile: DataprocProfile, record: ClusterRecord): string {
  const { memory } = profile;
  const shares = Object.entries(memory).map(([name, share]): [string, number | false] => [
    `distributed.worker.memory.${name}`,
    share,
  ]);
  return JSON.stringify({
    version: 1,
    id: record.id,
    kind: 'yarn',
    name: profile.name,
    profile: profile.name,
    createdAt: new Date(record.createdAt).toISOString(),
    workers: record.workers,
    threadsPerWorker: profile.threadsPerWorker,
    memoryLimit: profile.memoryLimit,
    idleTimeoutSeconds: profile.idleTimeoutSeconds,
    security: 'tls',
    environment: profile.environment,
    queue: profile.queue,
    config: { ...Object.fromEntries(shares), 'distributed.scheduler.work-stealing': profile.workStealing },
    httpSecret: record.httpSecret,
    ephemeral: record.ephemeral,
    startWorkers: record.runId === undefined || profile.sharedWorkers ? 'atOnce' : 'withScript',
    sharedWorkers: profile.sharedWorkers,
  });
}
