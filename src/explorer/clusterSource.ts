import type { Cluster, ClusterRef } from '../core/cluster';
import type { Disposable } from '../core/event';
import { isTerminal } from '../core/job';
import type { ClusterEntry, ClusterModel } from '../run/clusterModel';
import type { ExplorerSource } from './explorerView';
import { clusterNodeId, type ExplorerNode } from './nodes';

/** Up to this many clusters are open at first sight. */
const fewClusters = 3;

/** Rows of the clusters view. */
export class ClusterSource implements ExplorerSource {
  constructor(
    private readonly model: Pick<
      ClusterModel,
      'loaded' | 'problems' | 'entries' | 'entry' | 'refresh' | 'watch' | 'onDidChange'
    >,
    private readonly now: () => number = Date.now,
    /** Name of a run by its id: a cluster has no job while it starts. */
    private readonly runName: (runId: string) => string | undefined = () => undefined,
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
    const entries = this.#shown();
    if (entries.some((entry) => entry.jobs.some((job) => !isTerminal(job.state)))) {
      return 1000;
    }
    return entries.length > 0 ? 30_000 : undefined;
  }

  #shown(): readonly ClusterEntry[] {
    return this.model.entries().filter(({ cluster }) => isShown(cluster, this.now()));
  }

  #clusters(): readonly ExplorerNode[] {
    const entries = this.#shown();
    return [
      ...this.model.problems.map((text, index): ExplorerNode => ({ kind: 'error', parent: `root:${index}`, text })),
      ...entries.map((entry): ExplorerNode => this.#cluster(entry, entries.length <= fewClusters)),
    ];
  }

  #cluster({ cluster, jobs, snapshot, unreachable }: ClusterEntry, expanded: boolean): ExplorerNode {
    const of = cluster.runId === undefined ? undefined : this.runName(cluster.runId);
    const madeFor = cluster.ephemeral ? (of ?? jobs.at(-1)?.name) : undefined;
    return { kind: 'cluster', cluster, snapshot, unreachable, madeFor, expanded };
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
    };
    if (entry.cluster.state === 'starting' || entry.cluster.state === 'closing') {
      const text = entry.cluster.state === 'starting' ? 'Waiting for workers' : 'Waiting for workers to end';
      return [{ kind: 'loading', parent, text }];
    }
    const problem =
      entry.unreachable ??
      (entry.cluster.state === 'unreachable'
        ? (entry.cluster.error?.message ?? 'The scheduler does not answer.')
        : undefined);
    if (snapshot === undefined) {
      const first: ExplorerNode =
        problem === undefined
          ? { kind: 'loading', parent, text: 'Asking the scheduler' }
          : { kind: 'error', parent, text: problem };
      return jobs.length > 0 ? [first, jobGroup] : [first];
    }
    const workerGroup: ExplorerNode = {
      kind: 'workers',
      cluster: ref,
      count: snapshot.workers.length,
      range: entry.cluster.workers,
    };
    const above: ExplorerNode[] = problem === undefined ? [] : [{ kind: 'error', parent, text: problem }];
    return [...above, workerGroup, jobGroup];
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

/** What has ended as it should is history, and that is in the runs. A failure is worth a row for a day. */
function isShown({ state, ephemeral, createdAt }: Cluster, now: number): boolean {
  const recent = createdAt !== undefined && now - createdAt < 86_400_000;
  return state === 'failed' ? !ephemeral && recent : state !== 'closed';
}
