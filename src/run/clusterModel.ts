import { isDeepStrictEqual } from 'node:util';
import { clusterKey, type Cluster, type ClusterRef, type SchedulerSnapshot } from '../core/cluster';
import type { Disposable, Event } from '../core/event';
import { Emitter } from '../core/event';
import type { Job } from '../core/job';
import type { Backend, Logger, SchedulerClient } from '../core/ports';
import { readClusters } from './readClusters';
import type { Listed } from './readClusters';
import { SnapshotPoller, type SnapshotAnswer } from './snapshotPoller';

export interface ClusterEntry {
  cluster: Cluster;
  /** Newest first. */
  jobs: readonly Job[];
  /** The last one; undefined until the scheduler has answered, and for clusters that do not run. */
  snapshot: SchedulerSnapshot | undefined;
  /** Why the scheduler does not answer now, as a sentence. */
  unreachable: string | undefined;
  /** It does not, because Dask has ended there: a run starts it. */
  asleep?: boolean;
}

/** All clusters of all backends, with their jobs and what their schedulers say, kept current while watched. */
export class ClusterModel implements Disposable {
  readonly #backends: readonly Backend[];
  readonly #logger: Logger;
  readonly #poller: SnapshotPoller;
  readonly #emitter = new Emitter<ClusterRef | undefined>();
  #entries = new Map<string, ClusterEntry>();
  #problems: readonly string[] = [];
  #loaded = false;
  #watchers = 0;
  #subscriptions: Disposable[] = [];
  #listing: Promise<void> | undefined;
  #again = false;
  /** Those outside who wait for a list: it is not given up under them when nobody watches any more. */
  #callers = 0;
  #look = new AbortController();

  /** @param options milliseconds between looks at a scheduler, and at most so many when it does not answer. */
  constructor(
    backends: readonly Backend[],
    scheduler: SchedulerClient,
    logger: Logger,
    options: { pollMs?: number; maximumBackoffMs?: number } = {},
  ) {
    this.#backends = backends;
    this.#logger = logger;
    this.#poller = new SnapshotPoller(
      {
        ask: async (ref, signal) => scheduler.snapshot(await this.#backend(ref).scheduler(ref, signal), signal),
        answered: (ref, answer) => this.#answered(ref, answer),
      },
      options.pollMs ?? 1000,
      options.maximumBackoffMs ?? 10_000,
    );
  }

  /** The cluster that changed, itself or its jobs or its workers; undefined when clusters came or went. */
  readonly onDidChange: Event<ClusterRef | undefined> = this.#emitter.event;

  /** False until the first list has arrived. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** Backends that could not be listed, as sentences. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Keeps the model current until disposed. Nothing runs, and no timer is set, while nobody watches. */
  watch(): Disposable {
    this.#watchers++;
    if (this.#watchers === 1) {
      this.#begin();
    }
    let held = true;
    return {
      dispose: () => {
        if (held) {
          held = false;
          this.#watchers--;
          if (this.#watchers === 0) {
            this.#end();
          }
        }
      },
    };
  }

  /** Newest first. */
  entries(): readonly ClusterEntry[] {
    return [...this.#entries.values()];
  }

  entry(ref: ClusterRef): ClusterEntry | undefined {
    return this.#entries.get(clusterKey(ref));
  }

  /** Lists now, also when nobody watches. A call during a list is answered by a further one. */
  async refresh(): Promise<void> {
    this.#callers++;
    try {
      await this.#listNow();
    } finally {
      this.#callers--;
    }
  }

  dispose(): void {
    this.#watchers = 0;
    this.#end();
    this.#look.abort();
    this.#emitter.dispose();
  }

  #begin(): void {
    const refresh = (): void => {
      this.#listNow().catch((error: unknown) => this.#logger.error('The clusters cannot be listed', error));
    };
    this.#subscriptions = this.#backends.map((backend) => backend.onDidChange(refresh));
    refresh();
  }

  #end(): void {
    this.#subscriptions.forEach((subscription) => subscription.dispose());
    this.#subscriptions = [];
    this.#poller.stop();
    if (this.#callers === 0) {
      this.#look.abort();
    }
  }

  #listNow(): Promise<void> {
    if (this.#listing) {
      this.#again = true;
      return this.#listing;
    }
    this.#listing = this.#list().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  async #list(): Promise<void> {
    do {
      this.#again = false;
      this.#look = new AbortController();
      const { signal } = this.#look;
      const { listed, problems } = await readClusters(this.#backends, this.#logger, signal);
      if (!signal.aborted) {
        this.#take(listed, problems);
      }
    } while (this.#isAskedAgain());
  }

  #isAskedAgain(): boolean {
    return this.#again;
  }

  #take(listed: readonly Listed[], problems: readonly string[]): void {
    const before = this.#entries;
    const changed: ClusterRef[] = [];
    const after = new Map<string, ClusterEntry>();
    for (const { cluster, jobs } of listed) {
      const key = clusterKey(cluster);
      const known = before.get(key);
      const same = known && isDeepStrictEqual([known.cluster, known.jobs], [cluster, jobs]);
      if (known && !same) {
        changed.push({ backend: cluster.backend, id: cluster.id });
      }
      const running = cluster.state === 'running' ? known : undefined;
      const { snapshot, unreachable, asleep } = running ?? {};
      after.set(key, same ? known : { cluster, jobs, snapshot, unreachable, ...(asleep === true ? { asleep } : {}) });
    }
    const sameSet =
      this.#loaded &&
      isDeepStrictEqual([...before.keys()], [...after.keys()]) &&
      isDeepStrictEqual(this.#problems, problems);
    this.#entries = after;
    this.#problems = problems;
    this.#loaded = true;
    if (!sameSet) {
      this.#emitter.fire(undefined);
    }
    changed.forEach((ref) => this.#emitter.fire(ref));
    if (this.#watchers > 0) {
      this.#poller.watch(listed.map(({ cluster }) => cluster).filter((cluster) => cluster.state === 'running'));
    }
  }

  #answered(ref: ClusterRef, answer: SnapshotAnswer): void {
    const entry = this.entry(ref);
    if (!entry) {
      return;
    }
    const { cluster, jobs } = entry;
    const next: ClusterEntry =
      'snapshot' in answer
        ? { cluster, jobs, snapshot: answer.snapshot, unreachable: undefined }
        : answer.asleep
          ? { cluster, jobs, snapshot: undefined, unreachable: answer.problem, asleep: true }
          : { cluster, jobs, snapshot: entry.snapshot, unreachable: answer.problem };
    this.#entries.set(clusterKey(ref), next);
    if (entry.unreachable !== next.unreachable || !sameSnapshot(entry.snapshot, next.snapshot)) {
      this.#emitter.fire({ backend: ref.backend, id: ref.id });
    }
  }

  #backend(ref: ClusterRef): Backend {
    const backend = this.#backends.find((candidate) => candidate.kind === ref.backend);
    if (!backend) {
      throw new Error(`There is no backend ${ref.backend}`);
    }
    return backend;
  }
}

/** Heartbeats alone change nothing that is shown. */
function sameSnapshot(a: SchedulerSnapshot | undefined, b: SchedulerSnapshot | undefined): boolean {
  const still = (snapshot: SchedulerSnapshot | undefined): unknown =>
    snapshot && { ...snapshot, workers: snapshot.workers.map((worker) => ({ ...worker, lastSeen: 0 })) };
  return a === b || isDeepStrictEqual(still(a), still(b));
}
