import type { ClusterRef, WorkerSupply } from '../core/cluster';
import type { Disposable } from '../core/event';
import { isTerminal } from '../core/job';
import type { ClusterEntry, ClusterModel } from '../run/clusterModel';
import { clusterFilters, type ClusterFilter, type ClusterFilterState } from '../host/clusterFilter';
import type { SignedInAccount } from '../host/signedInAccount';
import { isListed } from './clusterFilter';
import type { ExplorerSource } from './explorerView';
import { clusterNodeId, type ExplorerNode } from './nodes';
import { isUnexpected } from './renderEnded';

/** Up to this many clusters are open at first sight. */
const fewClusters = 3;
/** Workers that ended unexpectedly: so many have a row of their own, for a day. */
const endedRows = 5;
const day = 86_400_000;

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
    private readonly filter?: Pick<ClusterFilterState, 'value' | 'onDidChange'>,
    private readonly signedIn?: Pick<SignedInAccount, 'account' | 'text' | 'look' | 'lookAgain' | 'onDidChange'>,
  ) {}

  /** What the list leaves out, and whom Google Cloud is asked as. */
  description(): string | undefined {
    const filter = this.#filter === 'usual' ? undefined : clusterFilters[this.#filter].label;
    const parts = [filter, this.signedIn?.text].filter((part) => part !== undefined);
    return parts.length === 0 ? undefined : parts.join(' · ');
  }

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
    const others = [this.filter, this.signedIn].map((one) => one?.onDidChange(() => onChange(undefined)));
    this.signedIn?.look();
    return {
      dispose: () => {
        others.forEach((other) => other?.dispose());
        polling.dispose();
        changes.dispose();
      },
    };
  }

  refresh(): Promise<void> {
    this.signedIn?.lookAgain();
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
    return this.model.entries().filter(({ cluster }) => isListed(cluster, this.#filter, this.now()));
  }

  get #filter(): ClusterFilter {
    return this.filter?.value ?? 'usual';
  }

  #clusters(): readonly ExplorerNode[] {
    const entries = this.#shown();
    return [
      ...this.model.problems.map((text, index): ExplorerNode => ({ kind: 'error', parent: `root:${index}`, text })),
      ...entries.map((entry): ExplorerNode => this.#cluster(entry, entries.length <= fewClusters)),
      ...this.#leftOut(entries.length),
    ];
  }

  /** A list that is empty for its filter alone says so, instead of what to do without clusters. */
  #leftOut(listed: number): readonly ExplorerNode[] {
    const now = this.now();
    const others = this.model.entries().filter(({ cluster }) => isListed(cluster, 'all', now)).length;
    return listed > 0 || others === 0 || this.#filter === 'usual'
      ? []
      : [
          {
            kind: 'empty',
            parent: 'root',
            text: `No cluster passes the filter “${clusterFilters[this.#filter].label}”`,
          },
        ];
  }

  #cluster({ cluster, jobs, snapshot, unreachable, asleep = false }: ClusterEntry, expanded: boolean): ExplorerNode {
    const of = cluster.runId === undefined ? undefined : this.runName(cluster.runId);
    const madeFor = cluster.ephemeral ? (of ?? jobs.at(-1)?.name) : undefined;
    const account = cluster.backend === 'dataproc' ? this.signedIn?.account : undefined;
    return { kind: 'cluster', cluster, snapshot, unreachable, asleep, madeFor, account, expanded };
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
          : entry.asleep === true
            ? { kind: 'empty', parent, text: 'The next run starts Dask' }
            : { kind: 'error', parent, text: problem };
      return jobs.length > 0 ? [first, jobGroup] : [first];
    }
    const workerGroup: ExplorerNode = {
      kind: 'workers',
      cluster: ref,
      count: snapshot.workers.length,
      range: entry.cluster.workers,
      machines: entry.cluster.machines,
    };
    const told = snapshot.supply?.problem;
    const above: ExplorerNode[] =
      problem !== undefined
        ? [{ kind: 'error', parent, text: problem }]
        : told !== undefined
          ? [{ kind: 'error', parent, text: firstSentence(told), detail: told }]
          : [];
    return [...above, workerGroup, jobGroup];
  }

  /** Above the workers, what is wrong with others: there may be more workers than a page has rows. */
  #workers(cluster: ClusterRef): readonly ExplorerNode[] {
    const snapshot = this.model.entry(cluster)?.snapshot;
    const rows: readonly ExplorerNode[] = [
      ...this.#missing(cluster, snapshot?.supply),
      ...(snapshot?.workers ?? []).map((worker): ExplorerNode => ({ kind: 'worker', cluster, worker })),
    ];
    return rows.length === 0
      ? [{ kind: 'empty', parent: `workers:${cluster.backend}:${cluster.id}`, text: 'No worker has joined' }]
      : rows;
  }

  #missing(cluster: ClusterRef, supply: WorkerSupply | undefined): readonly ExplorerNode[] {
    if (supply === undefined) {
      return [];
    }
    const since = this.now() - day;
    const ended = supply.ended.filter((worker) => isUnexpected(worker) && worker.at > since);
    const before = ended.slice(endedRows);
    return [
      ...(supply.pending > 0 ? [{ kind: 'waiting', cluster, count: supply.pending } as const] : []),
      ...ended.slice(0, endedRows).map((worker): ExplorerNode => ({ kind: 'endedWorker', cluster, worker })),
      ...(before.length > 0 ? [{ kind: 'endedBefore', cluster, workers: before } as const] : []),
    ];
  }

  #jobs(cluster: ClusterRef): readonly ExplorerNode[] {
    const jobs = this.model.entry(cluster)?.jobs ?? [];
    return jobs.length === 0
      ? [{ kind: 'empty', parent: `jobs:${cluster.backend}:${cluster.id}`, text: 'No job yet' }]
      : jobs.map((job) => ({ kind: 'job', job }));
  }
}

function firstSentence(text: string): string {
  return /^[^\n]*?\.(?=\s|$)/.exec(text)?.[0] ?? text;
}
