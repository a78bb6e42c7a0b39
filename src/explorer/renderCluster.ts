import type { Cluster, StartupStage, WorkerRange } from '../core/cluster';
import { formatDuration } from '../core/duration';
import { contextValue } from '../contributions';
import type { ExplorerNode } from './nodes';
import type { RowView } from './rowView';

const stageTexts: Readonly<Record<StartupStage, string>> = {
  environment: 'Preparing Python',
  process: 'Starting',
  scheduler: 'Starting the scheduler',
  workers: 'Starting workers',
  ready: 'Starting',
};

type ClusterNode = Extract<ExplorerNode, { kind: 'cluster' }>;

export function renderCluster(node: ClusterNode, now: number): RowView {
  const { cluster } = node;
  const state = clusterState(node);
  const size = workersText(cluster.workers, node.snapshot?.workers.length);
  const age = cluster.createdAt === undefined ? undefined : ageText(now - cluster.createdAt);
  const ended = cluster.state === 'closed' || cluster.state === 'failed';
  const cloud = cluster.backend === 'dataproc';
  const others = isOfOthers(cluster);
  const what = cluster.state === 'running' && node.unreachable === undefined ? [size, age] : [state];
  const parts = [
    node.madeFor,
    others ? (cluster.owner ?? 'of others') : undefined,
    others ? placeText(cluster) : undefined,
    ...what,
  ];
  const description = parts.filter((part) => part !== undefined).join(' · ');
  return {
    label: cluster.name,
    ...(description === '' ? {} : { description }),
    tooltip: tooltip(node, state, size, age),
    ...clusterIcon(node),
    // Also while it starts: VS Code opens a row at first sight only.
    ...(ended || cluster.state === 'stopped'
      ? {}
      : { collapsible: node.expanded ? ('expanded' as const) : ('collapsed' as const) }),
    contextValue: contextValue('cluster', {
      owned: cluster.owned && !ended && cluster.state !== 'closing',
      failed: cluster.owned && cluster.state === 'failed',
      others: others && cluster.state !== 'closing',
      attached: cluster.backend === 'address',
      live: cluster.state === 'running',
      resizable: cluster.resizable || cluster.machinesResizable === true,
      stoppable: cloud && cluster.owned && cluster.state === 'running',
      startable: cloud && cluster.owned && cluster.state === 'stopped',
    }),
    spoken: [
      'Cluster ' + cluster.name,
      node.madeFor && `for ${node.madeFor}`,
      others ? `of ${cluster.owner ?? 'others'}` : undefined,
      others ? placeText(cluster) : undefined,
      state,
      size,
      age && `up ${age}`,
      node.unreachable === undefined && node.snapshot?.supply?.problem !== undefined && 'with a problem',
    ]
      .filter((part) => typeof part === 'string')
      .join(', '),
  };
}

/** Made by somebody else in a cloud: it is there whoever looks, and could be deleted from here. */
export function isOfOthers({ backend, owned }: Cluster): boolean {
  return backend === 'dataproc' && !owned;
}

function placeText({ place }: Cluster): string | undefined {
  return place && `${place.project}, ${place.region}`;
}

/** `3/4 workers`, `3 workers (1–8)`; what is wanted while it is not known how many there are. */
export function workersText(range: WorkerRange | undefined, present: number): string;
export function workersText(range: WorkerRange | undefined, present: number | undefined): string | undefined;
export function workersText(range: WorkerRange | undefined, present: number | undefined): string | undefined {
  if (present === undefined) {
    return range && (range.kind === 'fixed' ? workers(range.count) : `${limits(range)} workers`);
  }
  if (range?.kind === 'fixed') {
    return `${present}/${workers(range.count)}`;
  }
  return range === undefined ? workers(present) : `${workers(present)} (${limits(range)})`;
}

function workers(count: number): string {
  return `${count} ${count === 1 ? 'worker' : 'workers'}`;
}

function limits({ minimum, maximum }: { minimum: number; maximum: number }): string {
  return `${minimum}–${maximum}`;
}

function clusterState({ cluster, unreachable, asleep }: ClusterNode): string {
  switch (cluster.state) {
    case 'starting':
      return cluster.stage === undefined ? 'Starting' : stageTexts[cluster.stage];
    case 'running':
      return unreachable === undefined ? 'Running' : asleep === true ? 'Dask is not running' : 'Not answering';
    case 'closing':
      return 'Shutting down';
    case 'stopped':
      return 'Stopped';
    case 'closed':
      return 'Shut down';
    case 'failed':
      return 'Failed';
    case 'unreachable':
      return 'Not answering';
  }
}

function clusterIcon({ cluster, unreachable, asleep, snapshot }: ClusterNode): Pick<RowView, 'icon' | 'color'> {
  switch (cluster.state) {
    case 'starting':
    case 'closing':
      return { icon: 'loading~spin' };
    case 'running':
      if (asleep === true) {
        return { icon: 'vm' };
      }
      return unreachable === undefined && snapshot?.supply?.problem === undefined
        ? {
            icon: cluster.owned ? 'vm-running' : isOfOthers(cluster) ? 'organization' : 'vm-connect',
            color: 'charts.green',
          }
        : { icon: 'warning', color: 'list.warningForeground' };
    case 'stopped':
    case 'closed':
      return { icon: 'vm-outline', color: 'disabledForeground' };
    case 'failed':
      return { icon: 'error', color: 'list.errorForeground' };
    case 'unreachable':
      return { icon: 'warning', color: 'list.warningForeground' };
  }
}

/** Age in whole minutes once there is one, so that a row is not painted again each second. */
function ageText(milliseconds: number): string {
  if (milliseconds < 60_000) {
    return 'under 1 min';
  }
  return formatDuration(Math.floor(milliseconds / 60_000) * 60_000);
}

function tooltip(node: ClusterNode, state: string, size: string | undefined, age: string | undefined): string {
  const { cluster, snapshot } = node;
  const lines = [
    cluster.name,
    `State: ${state}`,
    node.unreachable ?? cluster.error?.message ?? cluster.endReason ?? snapshot?.supply?.problem,
    size && `Size: ${size}`,
    age && `${cluster.backend === 'address' ? 'Attached for' : 'Up'}: ${age}`,
    cluster.profile && `Profile: ${cluster.profile}`,
    cluster.place && `Project and region: ${placeText(cluster)}`,
    cluster.owner && `Made by: ${cluster.owner}`,
    node.account && `Google account: ${node.account}`,
    snapshot &&
      `Tasks: ${snapshot.tasks.total} in all, ${snapshot.tasks.processing} running, ${snapshot.tasks.erred} failed`,
    cluster.python && `Python ${cluster.python.version}, Dask ${cluster.python.dask}`,
    cluster.python?.executable,
    cluster.owned
      ? cluster.ephemeral
        ? `Made for ${node.madeFor ?? 'one run'}, and shut down with it.`
        : 'Stays until it is shut down or has been idle for long enough.'
      : isOfOthers(cluster)
        ? 'Made by others. It is deleted only after a question.'
        : 'Attached: it is watched and used, and never shut down from here.',
  ];
  return lines.filter((line) => line !== undefined && line !== '').join('\n');
}
