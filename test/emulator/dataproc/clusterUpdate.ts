import { failedPrecondition, invalid } from '../http/apiError';
import { camelCase, milliseconds, valueAt, type Json, textOf } from '../json';
import { labelProblems } from './checkLabels';
import { allowZeroWorkers, lifecycleProblems, refuse, workerProblems } from './clusterChecks';
import type { ClusterRecord } from './clusterRecord';
import type { ClusterConfig, LifecycleConfig } from './model';

/** What can be changed of a cluster that is there. */
const workers = 'config.workerConfig.numInstances';
const secondaryWorkers = 'config.secondaryWorkerConfig.numInstances';
const policy = 'config.autoscalingConfig.policyUri';
const lifecycle = 'config.lifecycleConfig';

export interface ClusterChange {
  readonly workers: number | undefined;
  readonly secondaryWorkers: number | undefined;
  readonly labels: Record<string, string> | undefined;
  /** Empty to take it away. */
  readonly policyUri: string | undefined;
  readonly lifecycle: LifecycleConfig | undefined;
  readonly graceMilliseconds: number;
}

const day = 24 * 3600 * 1000;

/** The change that an UpdateClusterRequest asks for. Throws what the service refuses. */
export function clusterChange(record: ClusterRecord, request: Json): ClusterChange {
  const paths = textOf(request, 'updateMask')
    .split(',')
    .map((path) => path.trim().split('.').map(camelCase).join('.'))
    .filter((path) => path !== '');
  if (paths.length === 0) {
    throw invalid('Update mask must not be empty');
  }
  const known = (path: string) =>
    [workers, secondaryWorkers, policy, lifecycle, 'labels', 'config.autoscalingConfig'].includes(path) ||
    path.startsWith(`${lifecycle}.`) ||
    path.startsWith('labels.');
  const unknown = paths.find((path) => !known(path));
  if (unknown !== undefined) {
    throw invalid(`Invalid field path in update mask: '${unknown}' cannot be updated`);
  }
  const cluster = (request['cluster'] ?? {}) as Json;
  const number = (path: string) =>
    paths.includes(path) ? ((valueAt(cluster, path) as number | undefined) ?? 0) : undefined;
  const grace = milliseconds(request['gracefulDecommissionTimeout'] as string | undefined) ?? 0;
  const change: ClusterChange = {
    workers: number(workers),
    secondaryWorkers: number(secondaryWorkers),
    labels: newLabels(record, paths, (cluster['labels'] ?? {}) as Record<string, string>),
    policyUri: paths.some((path) => policy.startsWith(path))
      ? ((valueAt(cluster, policy) as string | undefined) ?? '')
      : undefined,
    lifecycle: newLifecycle(record, paths, cluster),
    graceMilliseconds: grace,
  };
  const zero = record.cluster.config.softwareConfig?.properties?.[allowZeroWorkers] === 'true';
  refuse([
    ...(change.workers === undefined ? [] : workerProblems(change.workers, zero)),
    ...((change.secondaryWorkers ?? 0) < 0 ? ['Number of secondary workers must not be negative'] : []),
    ...(grace < 0 || grace > day ? ['gracefulDecommissionTimeout must be between 0 and 1 day'] : []),
    ...labelProblems(change.labels),
    ...lifecycleProblems(change.lifecycle),
  ]);
  if (record.state !== 'RUNNING') {
    throw failedPrecondition(
      `Cluster '${record.name}' must be RUNNING before it can be updated, current cluster state is '${record.state}'.`,
    );
  }
  return change;
}

function newLabels(
  { cluster }: ClusterRecord,
  paths: readonly string[],
  labels: Record<string, string>,
): Record<string, string> | undefined {
  const ours = Object.entries(cluster.labels).filter(([key]) => key.startsWith('goog-dataproc-'));
  return paths.some((path) => path === 'labels' || path.startsWith('labels.'))
    ? { ...labels, ...Object.fromEntries(ours) }
    : undefined;
}

function newLifecycle({ cluster }: ClusterRecord, paths: readonly string[], asked: Json): LifecycleConfig | undefined {
  const touched = paths.filter((path) => path.startsWith(lifecycle));
  if (touched.length === 0) {
    return undefined;
  }
  const given = ((valueAt(asked, 'config') ?? {}) as ClusterConfig).lifecycleConfig ?? {};
  if (touched.includes(lifecycle)) {
    return given;
  }
  const next: Record<string, string | undefined> = { ...cluster.config.lifecycleConfig };
  for (const path of touched) {
    const name = path.slice(lifecycle.length + 1) as keyof LifecycleConfig;
    // A time and a length of the same thing exclude each other.
    if (name.startsWith('autoDelete')) {
      delete next['autoDeleteTime'];
    }
    if (given[name] === undefined) {
      Reflect.deleteProperty(next, name);
    } else {
      next[name] = given[name];
    }
  }
  return next;
}
