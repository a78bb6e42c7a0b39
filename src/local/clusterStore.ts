import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asRecord } from '../core/jsonValue';
import type { Logger } from '../core/ports';
import { readJson, writeJson } from '../machine/jsonFile';
import { logTail } from '../machine/logTail';
import { isAlive, signalOrphanedGroup } from '../machine/processes';
import { jobFoldersOf, namesIn } from '../machine/supervisorFiles';
import { clusterKilled } from './clusterErrors';
import { endedStates, readClusterFiles, type ClusterFiles } from './clusterFiles';

/** A cluster whose process nobody has started after this time never will be: whoever made it was killed. */
const unstartedMilliseconds = 60_000;
const keptMilliseconds = 7 * 24 * 3600 * 1000;

/** The folders of local clusters, and what is true of them now. */
export class ClusterStore {
  readonly folder: string;
  readonly #runs: string;
  readonly #logger: Logger;

  constructor(storage: string, logger: Logger) {
    this.folder = join(storage, 'clusters');
    this.#runs = join(storage, 'runs');
    this.#logger = logger;
  }

  folderOf(id: string): string {
    return join(this.folder, id);
  }

  async ids(): Promise<string[]> {
    return namesIn(this.folder);
  }

  /** The cluster now; one whose process has died without a word is written down as failed. */
  async look(id: string): Promise<ClusterFiles | undefined> {
    const files = await readClusterFiles(this.folderOf(id));
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
      launcher: null,
    });
  }

  /** Removes what is left of clusters that ended more than a week ago and that no run refers to. */
  async prune(): Promise<void> {
    for (const id of await this.ids()) {
      const files = await readClusterFiles(this.folderOf(id));
      const old = files?.endedAt !== undefined && Date.now() - files.endedAt > keptMilliseconds;
      if (files !== undefined && old && hasEnded(files) && !(await this.#isReferred(files))) {
        await rm(files.folder, { recursive: true, force: true });
      }
    }
  }

  async #isReferred(files: ClusterFiles): Promise<boolean> {
    const runs = await namesIn(this.#runs);
    const own = files.runId !== undefined && runs.includes(files.runId);
    return own || (await jobFoldersOf(this.#runs, files.cluster)).length > 0;
  }

  async #isHeld(files: ClusterFiles): Promise<boolean> {
    if (files.process !== undefined) {
      return isAlive(files.process);
    }
    return Date.now() - (files.cluster.createdAt ?? 0) < unstartedMilliseconds;
  }

  async #writeDeath(files: ClusterFiles): Promise<ClusterFiles | undefined> {
    if (files.process !== undefined) {
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
