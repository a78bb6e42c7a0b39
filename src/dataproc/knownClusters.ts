import { isCancelled } from '../core/errors';
import type { Disposable } from '../core/event';
import type { Logger } from '../core/ports';
import { endedElsewhere } from './clusterEnd';
import { clusterId } from './clusterView';
import { clusterLabel } from './clusterLabels';
import type { ClusterRecord } from './clusterRecord';
import type { ClusterRecords } from './clusterRecords';
import type { GoogleApi, GoogleCluster, GoogleJob, Place } from './google/googleApi';
import { insist } from './operations';

/** A place where a profile looks for clusters, and as whom. */
export interface Asked extends Place {
  impersonate: string | undefined;
}

/** A cluster as it is known: by this machine's record, by Google, or by both. */
export interface Known {
  id: string;
  record: ClusterRecord | undefined;
  cluster: GoogleCluster | undefined;
  impersonate: string | undefined;
}

interface Parts {
  google: (impersonate: string | undefined) => GoogleApi;
  asked: () => readonly Asked[];
  records: ClusterRecords;
  logger: Logger;
}

/** Between lists while somebody watches, and how old an answer may be for the dashboard's address. Milliseconds. */
const between = 10_000;
const recentEnough = 60_000;
/** Jobs of a place that are listed: the newest. */
const jobsOfPlace = 200;

/**
 * All clusters of the profiles' places, and those that this machine asked for. Google is asked only while somebody
 * watches, or for one cluster: nothing is called while no view is visible and nothing runs.
 */
export class KnownClusters implements Disposable {
  readonly #parts: Parts;
  /** By id, as they were last answered, with the time of the answer. */
  readonly #answers = new Map<string, { cluster: GoogleCluster; impersonate: string | undefined; at: number }>();
  readonly #watchers = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  watch(look: () => void): Disposable {
    this.#watchers.add(look);
    this.#schedule();
    return {
      dispose: () => {
        this.#watchers.delete(look);
        if (this.#watchers.size === 0) {
          clearTimeout(this.#timer);
          this.#timer = undefined;
        }
      },
    };
  }

  /** Newest first. */
  async all(signal: AbortSignal): Promise<readonly Known[]> {
    const records = await this.#parts.records.all();
    if (this.#watchers.size > 0) {
      await this.#list(records, signal);
    }
    const byId = new Map<string, Known>();
    for (const record of records) {
      byId.set(record.id, { id: record.id, record, cluster: undefined, impersonate: record.impersonate });
    }
    for (const [id, { cluster, impersonate }] of this.#answers) {
      byId.set(id, { id, record: byId.get(id)?.record, cluster, impersonate });
    }
    return [...byId.values()];
  }

  /** One, as Google answers it now. */
  async look(id: string, signal: AbortSignal): Promise<Known> {
    const record = await this.#parts.records.read(id);
    const known = this.#answers.get(id);
    const place = record ?? known?.cluster ?? (await this.#find(id, signal));
    const impersonate =
      record?.impersonate ?? known?.impersonate ?? (place && 'impersonate' in place ? place.impersonate : undefined);
    if (place === undefined || record?.endedAt !== undefined) {
      return { id, record, cluster: undefined, impersonate };
    }
    const name = record?.clusterName ?? ('name' in place ? place.name : '');
    const cluster = await insist(
      () => this.#parts.google(impersonate).dataproc.cluster(place, name, signal),
      this.#parts.logger,
      `Looking at ${name}`,
      signal,
    );
    const own = cluster !== undefined && (record === undefined || cluster.labels[clusterLabel.id] === id);
    if (own) {
      this.#answers.set(id, { cluster, impersonate, at: Date.now() });
    } else {
      this.#answers.delete(id);
    }
    return { id, record, cluster: own ? cluster : undefined, impersonate };
  }

  /** One, as it was at most a minute ago. */
  async recent(id: string, signal: AbortSignal): Promise<Known> {
    const known = this.#answers.get(id);
    if (
      known !== undefined &&
      Date.now() - known.at < recentEnough &&
      // Its addresses are there then, where it has any.
      known.cluster.state === 'RUNNING'
    ) {
      const record = await this.#parts.records.read(id);
      return { id, record, cluster: known.cluster, impersonate: known.impersonate };
    }
    return this.look(id, signal);
  }

  /** Drops what was answered, as to an account that is not asked as any more: it may have seen more. */
  forget(): void {
    this.#answers.clear();
  }

  /** The newest jobs of all places that have clusters, with their cluster's id. */
  async jobs(signal: AbortSignal): Promise<readonly { id: string; job: GoogleJob }[]> {
    const byUuid = new Map([...this.#answers].map(([id, { cluster }]) => [cluster.uuid, id]));
    const found: { id: string; job: GoogleJob }[] = [];
    if (this.#watchers.size === 0) {
      return found;
    }
    const places = this.#places(
      [...this.#answers.values()].map(({ cluster, impersonate }) => ({ ...placeOf(cluster), impersonate })),
    );
    for (const place of places) {
      let count = 0;
      for await (const job of this.#parts.google(place.impersonate).dataproc.jobs(place, undefined, signal)) {
        const id = byUuid.get(job.clusterUuid);
        if (id !== undefined) {
          found.push({ id, job });
        }
        count += 1;
        if (count >= jobsOfPlace) {
          break;
        }
      }
    }
    return found;
  }

  dispose(): void {
    this.#watchers.clear();
    clearTimeout(this.#timer);
  }

  async #list(records: readonly ClusterRecord[], signal: AbortSignal): Promise<void> {
    const open = records.filter(({ endedAt }) => endedAt === undefined);
    const places = this.#places([
      ...this.#parts.asked(),
      ...open.map(({ project, region, impersonate }) => ({ project, region, impersonate })),
    ]);
    const seen = new Set<string>();
    const problems: unknown[] = [];
    const listed = new Set<string>();
    for (const place of places) {
      try {
        for await (const cluster of this.#parts.google(place.impersonate).dataproc.clusters(place, '', signal)) {
          const id = clusterId(cluster, cluster.name, cluster.labels);
          seen.add(id);
          this.#answers.set(id, { cluster, impersonate: place.impersonate, at: Date.now() });
        }
        listed.add(placeKey(place));
      } catch (error) {
        if (isCancelled(error)) {
          throw error;
        }
        problems.push(error);
        // What it was before stays on the list.
        for (const [id, { cluster }] of this.#answers) {
          if (cluster.project === place.project && cluster.region === place.region) {
            seen.add(id);
          }
        }
      }
    }
    for (const id of [...this.#answers.keys()].filter((known) => !seen.has(known))) {
      this.#answers.delete(id);
    }
    // What a place that did not answer holds is not known.
    await this.#noteEnds(
      open.filter((record) => listed.has(placeKey(record))),
      seen,
    );
    if (problems.length > 0 && problems.length === places.length) {
      throw problems[0];
    }
    for (const problem of problems) {
      this.#parts.logger.warn('The clusters of a place cannot be listed', problem);
    }
  }

  /** A cluster that was there and is gone was deleted by somebody else, or by its own limits. */
  async #noteEnds(open: readonly ClusterRecord[], seen: ReadonlySet<string>): Promise<void> {
    for (const record of open) {
      if (record.uuid !== undefined && !seen.has(record.id)) {
        await this.#parts.records.change(record.id, {
          endedAt: Date.now(),
          endReason: record.endReason ?? endedElsewhere,
        });
      }
    }
  }

  async #find(
    id: string,
    signal: AbortSignal,
  ): Promise<(GoogleCluster & { impersonate: string | undefined }) | undefined> {
    for (const place of this.#places(this.#parts.asked())) {
      for await (const cluster of this.#parts.google(place.impersonate).dataproc.clusters(place, '', signal)) {
        if (clusterId(cluster, cluster.name, cluster.labels) === id) {
          return { ...cluster, impersonate: place.impersonate };
        }
      }
    }
    return undefined;
  }

  /** Each once. */
  #places(asked: readonly Asked[]): readonly Asked[] {
    return [...new Map(asked.map((place) => [placeKey(place), place])).values()];
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const look of [...this.#watchers]) {
        look();
      }
      if (this.#watchers.size > 0) {
        this.#schedule();
      }
    }, between);
  }
}

function placeKey({ project, region, impersonate }: Asked): string {
  return `${project}/${region}/${impersonate ?? ''}`;
}

function placeOf({ project, region }: Place): Place {
  return { project, region };
}
