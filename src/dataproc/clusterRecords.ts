import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disposable, Event } from '../core/event';
import { Emitter } from '../core/event';
import { inParallel } from '../machine/inParallel';
import { isMissing, readJson, writeJson } from '../machine/jsonFile';
import { inStorage } from '../machine/storageErrors';
import { recordFromJson, recordToJson, type ClusterRecord } from './clusterRecord';

const keptMilliseconds = 7 * 24 * 3600 * 1000;

/** The clusters that this machine asked for, which all its windows share. */
export class ClusterRecords implements Disposable {
  readonly folder: string;
  readonly #changed = new Emitter<void>();
  /** The last change of each that is under way. */
  readonly #changes = new Map<string, Promise<unknown>>();

  /** @param storage the extension's global storage folder */
  constructor(storage: string) {
    this.folder = join(storage, 'dataproc');
  }

  /** A record was written by this window. */
  readonly onDidChange: Event<void> = this.#changed.event;

  folderOf(id: string): string {
    return join(this.folder, id);
  }

  /** Newest first. Those that ended more than a week ago are removed. */
  async all(): Promise<readonly ClusterRecord[]> {
    let ids: string[];
    try {
      ids = await readdir(this.folder);
    } catch (error) {
      if (isMissing(error)) {
        return [];
      }
      throw error;
    }
    const records = await inParallel(ids, 16, (id) => this.read(id));
    const kept: ClusterRecord[] = [];
    for (const record of records) {
      if (record?.endedAt !== undefined && Date.now() - record.endedAt > keptMilliseconds) {
        await rm(this.folderOf(record.id), { recursive: true, force: true });
      } else if (record !== undefined) {
        kept.push(record);
      }
    }
    return kept.sort((a, b) => b.createdAt - a.createdAt);
  }

  async read(id: string): Promise<ClusterRecord | undefined> {
    const record = recordFromJson(await readJson(this.#file(id)));
    return record?.id === id ? record : undefined;
  }

  /** Resolves when it is on disk. */
  async write(record: ClusterRecord): Promise<void> {
    await inStorage(this.folder, async () => {
      await mkdir(this.folderOf(record.id), { recursive: true, mode: 0o700 });
      await writeJson(this.#file(record.id), recordToJson(record));
    });
    this.#changed.fire();
  }

  /** Changes what is on disk, one change after the other; nothing where there is no such record. */
  async change(id: string, values: Partial<ClusterRecord>): Promise<ClusterRecord | undefined> {
    const before = this.#changes.get(id) ?? Promise.resolve();
    const change = before.catch(() => undefined).then(() => this.#change(id, values));
    this.#changes.set(id, change);
    try {
      return await change;
    } finally {
      if (this.#changes.get(id) === change) {
        this.#changes.delete(id);
      }
    }
  }

  async #change(id: string, values: Partial<ClusterRecord>): Promise<ClusterRecord | undefined> {
    const record = await this.read(id);
    if (record === undefined) {
      return undefined;
    }
    const changed = { ...record, ...values };
    await this.write(changed);
    return changed;
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #file(id: string): string {
    return join(this.folderOf(id), 'cluster.json');
  }
}
