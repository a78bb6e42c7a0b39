import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asRecord } from '../core/jsonValue';
import type { Logger } from '../core/ports';
import { inParallel } from '../machine/inParallel';
import { isAbandoned, isElsewhere } from '../machine/host';
import { readJson, writeJson } from '../machine/jsonFile';
import { logTail } from '../machine/logTail';
import { isAlive, signalOrphanedGroup } from '../machine/processes';
import { namesIn } from '../machine/supervisorFiles';
import { throwIfAborted } from '../machine/wait';
import { clusterKilled } from './clusterErrors';
import { endedStates, readClusterFiles, type ClusterFiles } from './clusterFiles';

/** A cluster whose process nobody has started after this time never will be: whoever made it was killed. */
const unstartedMilliseconds = 60_000;
/** Whoever ended a cluster may still word its reason for so long; then its files do not change any more. */
const settledMilliseconds = 60_000;
/** Folders that are read at the same time. */
const readers = 16;
const keptMilliseconds = 7 * 24 * 3600 * 1000;

/** The folders of local clusters, and what is true of them now. */
export class ClusterStore {
  readonly folder: string;
  readonly #logger: Logger;
  /** Clusters that do not change any more, by id: the history costs nothing at the next look. */
  readonly #settled = new Map<string, ClusterFiles>();

  constructor(storage: string, logger: Logger) {
    this.folder = join(storage, 'clusters');
    this.#logger = logger;
  }

  folderOf(id: string): string {
    return join(this.folder, id);
  }

  /** All clusters now, those of the past as well. */
  async lookAtAll(signal: AbortSignal): Promise<readonly ClusterFiles[]> {
    const ids = await namesIn(this.folder);
    this.#forgetAllBut(ids);
    const all = await inParallel(ids, readers, (id) => {
      throwIfAborted(signal);
      return this.look(id);
    });
    return all.filter((files) => files !== undefined);
  }

  /** The cluster now; one whose process has died without a word is written down as failed. */
  async look(id: string): Promise<ClusterFiles | undefined> {
    const files = this.#settled.get(id) ?? (await readClusterFiles(this.folderOf(id)));
    if (files?.endedAt !== undefined && hasEnded(files) && Date.now() - files.endedAt > settledMilliseconds) {
      this.#settled.set(id, files);
    }
    if (files === undefined || hasEnded(files) || (await this.#isHeld(files))) {
      return files;
    }
    // It may have written its last word between the two looks.
    const latest = await readClusterFiles(this.folderOf(id));
    if (latest === undefined || hasEnded(latest) || latest.process?.pid !== files.process?.pid) {
      return latest;
    }
    return this.#writeDeath(latest);
  }

  /** Writes the end of a cluster whose process is gone, or never was. */
  async writeEnd(files: ClusterFiles, state: 'closed' | 'failed', endReason: string, error?: object): Promise<void> {
    const path = join(files.folder, 'state.json');
    this.#settled.delete(files.cluster.id);
    await writeJson(path, {
      version: 1,
      id: files.cluster.id,
      stage: files.cluster.stage,
      ...asRecord(await readJson(path)),
      state,
      updatedAt: new Date().toISOString(),
      endedAt: new Date().toISOString(),
      endReason,
      error: error ?? null,
      httpUrl: null,
    });
  }

  /** Removes clusters that ended more than a week ago. Their runs stay: they have the reason of the end themselves. */
  async prune(): Promise<void> {
    for (const files of await this.lookAtAll(new AbortController().signal)) {
      if (files.endedAt !== undefined && hasEnded(files) && Date.now() - files.endedAt > keptMilliseconds) {
        await rm(files.folder, { recursive: true, force: true });
        this.#settled.delete(files.cluster.id);
      }
    }
  }

  #forgetAllBut(ids: readonly string[]): void {
    const there = new Set(ids);
    for (const known of this.#settled.keys()) {
      if (!there.has(known)) {
        this.#settled.delete(known);
      }
    }
  }

  async #isHeld(files: ClusterFiles): Promise<boolean> {
    if (isElsewhere(files.process)) {
      const paths = ['state.json', 'process.json', 'logs/cluster.log', 'logs/scheduler.log'];
      return !(await isAbandoned(paths.map((path) => join(files.folder, path))));
    }
    if (files.process !== undefined) {
      return isAlive(files.process);
    }
    return Date.now() - (files.cluster.createdAt ?? 0) < unstartedMilliseconds;
  }

  async #writeDeath(files: ClusterFiles): Promise<ClusterFiles | undefined> {
    if (files.process !== undefined && !isElsewhere(files.process)) {
      signalOrphanedGroup(files.process.pid, 'SIGKILL');
    }
    const starting = files.cluster.state === 'starting';
    const tail = starting ? await logTail(join(files.folder, 'logs', 'cluster.log')) : '';
    const error = starting && tail !== '' ? { code: 'clusterStartFailed', message: tail } : clusterKilled;
    try {
      await this.writeEnd(files, 'failed', error.message, error);
    } catch (failure) {
      this.#logger.error(`The end of cluster ${files.cluster.id} could not be written`, failure);
      return { ...files, cluster: { ...files.cluster, state: 'failed', endReason: error.message, error } };
    }
    return readClusterFiles(files.folder);
  }
}

export function hasEnded(files: ClusterFiles): boolean {
  return endedStates.includes(files.cluster.state);
}
