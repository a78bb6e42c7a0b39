import { createHash } from 'node:crypto';
import type { Cluster, ClusterState } from '../core/cluster';
import { clusterLabel } from './clusterLabels';
import type { ClusterRecord } from './clusterRecord';
import type { GoogleCluster, GoogleClusterState, Place } from './google/googleApi';

const states: Readonly<Record<GoogleClusterState, ClusterState>> = {
  UNKNOWN: 'unreachable',
  CREATING: 'starting',
  RUNNING: 'running',
  UPDATING: 'running',
  REPAIRING: 'running',
  ERROR_DUE_TO_UPDATE: 'running',
  ERROR: 'failed',
  DELETING: 'closing',
  STOPPING: 'closing',
  STOPPED: 'stopped',
  STARTING: 'starting',
};

/** The id of a cluster among all of Dataproc's: the one it was asked for under, or one from its place and name. */
export function clusterId(place: Place, name: string, labels: Readonly<Record<string, string>>): string {
  const own = labels[clusterLabel.id];
  return own !== undefined && /^[a-z0-9-]{1,63}$/.test(own)
    ? own
    : `x${createHash('sha256').update(`${place.project}/${place.region}/${name}`).digest('hex').slice(0, 20)}`;
}

/** True for clusters that carry our environment: runs can use them. */
export function carriesDask(cluster: GoogleCluster): boolean {
  return cluster.metadata['dask-runner-spec'] !== undefined;
}

/** A cluster as the explorer shows it. @param record of the one that this machine asked for */
export function clusterView(cluster: GoogleCluster, record: ClusterRecord | undefined): Cluster {
  const state = states[cluster.state];
  return {
    backend: 'dataproc',
    id: clusterId(cluster, cluster.name, cluster.labels),
    name: record === undefined ? cluster.name : record.profile,
    profile: record?.profile ?? cluster.labels[clusterLabel.profile],
    state,
    ...(state === 'starting' ? { stage: 'process' as const } : {}),
    createdAt: record?.createdAt ?? cluster.createdAt,
    workers: record?.workers,
    // A master that is alone is a worker too.
    machines: cluster.primaryWorkers + cluster.secondaryWorkers || 1,
    ephemeral: record?.ephemeral ?? false,
    ...(record?.runId === undefined ? {} : { runId: record.runId }),
    owned: record !== undefined,
    place: { project: cluster.project, region: cluster.region },
    ...(record === undefined ? ownerOf(cluster) : {}),
    resizable: carriesDask(cluster) && state === 'running',
    // Dataproc changes none while it works on one, nor after a change that failed.
    machinesResizable: cluster.state === 'RUNNING',
    ...(record === undefined ? {} : { fingerprint: record.fingerprint }),
    ...(cluster.state === 'ERROR' ? { endReason: cluster.detail } : {}),
  };
}

/** Dataproc does not say who made a cluster: labels do, where people keep to such a custom. */
function ownerOf({ labels }: GoogleCluster): { owner?: string } {
  const owner = [clusterLabel.owner, 'owner', 'user', 'created-by', 'creator']
    .map((key) => labels[key])
    .find((name) => name !== undefined);
  return owner === undefined || owner === '' ? {} : { owner };
}

/** A cluster of ours that Dataproc has no more, or not yet. */
export function recordView(record: ClusterRecord): Cluster {
  const ended = record.endedAt !== undefined;
  return {
    backend: 'dataproc',
    id: record.id,
    name: record.profile,
    profile: record.profile,
    state: !ended ? 'starting' : record.error === undefined ? 'closed' : 'failed',
    ...(ended ? {} : { stage: 'process' as const }),
    createdAt: record.createdAt,
    workers: record.workers,
    ephemeral: record.ephemeral,
    ...(record.runId === undefined ? {} : { runId: record.runId }),
    owned: true,
    place: { project: record.project, region: record.region },
    resizable: false,
    fingerprint: record.fingerprint,
    ...(record.endReason === undefined ? {} : { endReason: record.endReason }),
    ...(record.error === undefined ? {} : { error: record.error }),
  };
}
