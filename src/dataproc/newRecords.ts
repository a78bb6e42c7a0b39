import { randomBytes } from 'node:crypto';
import type { DataprocProfile } from '../core/dataprocProfile';
import type { ClusterSpec } from '../core/ports';
import { clusterName, type ClusterRecord } from './clusterRecord';
import type { GoogleCluster } from './google/googleApi';
import { usualBucket } from './staging';

/** Of a cluster that is about to be asked for. */
export function newRecord(spec: ClusterSpec, profile: DataprocProfile, id: string, fingerprint: string): ClusterRecord {
  const { project, region } = profile;
  return {
    id,
    project,
    region,
    clusterName: clusterName(id),
    uuid: undefined,
    bucket: profile.stagingBucket ?? usualBucket(profile),
    profile: spec.name,
    fingerprint,
    ephemeral: spec.ephemeral,
    stopAfterRun: profile.afterRun === 'stop' && spec.runId !== undefined,
    runId: spec.runId,
    workers: profile.workers,
    maxAgeSeconds: profile.maxAgeSeconds,
    createdAt: Date.now(),
    attempt: 1,
    httpSecret: randomBytes(24).toString('hex'),
    impersonate: profile.impersonate,
    endedAt: undefined,
    endReason: undefined,
    error: undefined,
  };
}

/** Made up for a cluster of others that carries our environment. */
export function recordOfOthers(cluster: GoogleCluster, id: string, impersonate: string | undefined): ClusterRecord {
  return {
    id,
    project: cluster.project,
    region: cluster.region,
    clusterName: cluster.name,
    uuid: cluster.uuid,
    bucket: cluster.bucket,
    profile: cluster.name,
    fingerprint: '',
    ephemeral: false,
    stopAfterRun: false,
    runId: undefined,
    workers: { kind: 'fixed', count: 0 },
    maxAgeSeconds: undefined,
    createdAt: cluster.createdAt ?? 0,
    attempt: 1,
    httpSecret: '',
    impersonate,
    endedAt: undefined,
    endReason: undefined,
    error: undefined,
  };
}
