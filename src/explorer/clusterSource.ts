import type { ClusterRef } from '../core/cluster';
import type { Disposable } from '../core/event';
import { isTerminal } from '../core/job';
import type { ClusterEntry, ClusterModel } from '../run/clusterModel';
import type { ExplorerSource } from './explorerView';
import { clusterNodeId, type ExplorerNode } from './nodes';
import { wanted } from './renderCluster';

/** Up to this many clusters are open at first sight. */
const fewClusters = 3;

/** Rows of the clusters view. */
export class ClusterSource implements ExplorerSource {
  constructor(
    private readonly model: Pick<
      ClusterModel,
      'loaded' | 'problems' | 'entries' | 'entry' | 'refresh' | 'watch' | 'onDidChange'
    >,
  ) {}

  async load(): Promise<void> {
    if (!this.model.loaded) {
      await this.model.refresh();
    }
  }

  children(node: ExplorerNode | undefined): readonly ExplorerNode[] {
    if (node === undefined) {
      return this.#clusters();
    }
    switch (node.kind) {
      case 'cluster':
        return this.#groups(node.cluster);
      case 'workers':
        return this.#workers(node.cluster);
      case 'jobs':
        return this.#jobs(node.cluster);
      default:
        return [];
    }
  }

  watch(onChange: (rowId: string | undefined) => void): Disposable {
    const changes = this.model.onDidChange((ref) => onChange(ref && clusterNodeId(ref)));
    const polling = this.model.watch();
    return {
      dispose: () => {
        polling.dispose();
        changes.dispose();
      },
    };
  }

  refresh(): Promise<void> {
    return this.model.refresh();
  }

  tick(): number | undefined {
    const entries = this.model.entries();
    if (entries.some((entry) => entry.jobs.some((job) => !isTerminal(job.state)))) {
      return 1000;
    }
    return entries.length > 0 ? 30_000 : undefined;
  }

  #clusters(): readonly ExplorerNode[] {
    const entries = this.model.entries();
    return [
      ...this.model.problems.map((text, index): ExplorerNode => ({ kind: 'error', parent: `root:${index}`, text })),
      ...entries.map((entry): ExplorerNode => clusterNode(entry, entries.length <= fewClusters)),
    ];
  }

  #groups(cluster: ClusterRef): readonly ExplorerNode[] {
    const entry = this.model.entry(cluster);
    if (entry === undefined) {
      return [];
    }
    const { snapshot, jobs } = entry;
    const parent = clusterNodeId(cluster);
    const ref = { backend: cluster.backend, id: cluster.id };
    const jobGroup: ExplorerNode = {
      kind: 'jobs',
      cluster: ref,
      count: jobs.length,
      active: jobs.filter((job) => !isTerminal(job.state)).length,
    };
    if (snapshot === undefined) {
      const first: ExplorerNode =
        entry.unreachable === undefined
          ? { kind: 'loading', parent, text: 'Asking the scheduler' }
          : { kind: 'error', parent, text: entry.unreachable };
      return jobs.length > 0 ? [first, jobGroup] : [first];
    }
    const range = entry.cluster.workers;
    const workerGroup: ExplorerNode = {
      kind: 'workers',
      cluster: ref,
      count: snapshot.workers.length,
      wanted: range && wanted(range),
    };
    const problem: ExplorerNode[] =
      entry.unreachable === undefined ? [] : [{ kind: 'error', parent, text: entry.unreachable }];
    return [...problem, workerGroup, jobGroup];
  }

  #workers(cluster: ClusterRef): readonly ExplorerNode[] {
    const workers = this.model.entry(cluster)?.snapshot?.workers ?? [];
    return workers.length === 0
      ? [{ kind: 'empty', parent: `workers:${cluster.backend}:${cluster.id}`, text: 'No worker has joined' }]
      : workers.map((worker) => ({ kind: 'worker', cluster, worker }));
  }

  #jobs(cluster: ClusterRef): readonly ExplorerNode[] {
    const jobs = this.model.entry(cluster)?.jobs ?? [];
    return jobs.length === 0
      ? [{ kind: 'empty', parent: `jobs:${cluster.backend}:${cluster.id}`, text: 'No job yet' }]
      : jobs.map((job) => ({ kind: 'job', job }));
  }
}

function clusterNode({ cluster, snapshot, unreachable }: ClusterEntry, expanded: boolean): ExplorerNode {
  return { kind: 'cluster', cluster, snapshot, unreachable, expanded };
}
