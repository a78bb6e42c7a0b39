import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import type { Disposable, Event } from '../core/event';
import { Emitter } from '../core/event';
import type { Logger } from '../core/ports';
import type { RunRecord } from '../core/run';
import { inParallel } from '../machine/inParallel';
import { readJson } from '../machine/jsonFile';
import { intentFromJson } from './intent';
import { readJournal } from './journal';
import { otherHostOf } from './ownership';
import { RunFiles } from './runFiles';
import { runIdPattern } from './runId';
import { foldRecord, withKnown } from './runRecord';

/** Files that are read at the same time. */
const readers = 32;

/** The runs on disk, of whichever window. Files that cannot be read are passed over. */
export class RunStore implements Disposable {
  readonly #files: RunFiles;
  readonly #logger: Logger;
  readonly #emitter = new Emitter<string | undefined>();
  /** Runs that are over and released: they do not change any more. */
  readonly #ended = new Map<string, RunRecord>();
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(storage: string, logger: Logger) {
    this.#files = new RunFiles(storage);
    this.#logger = logger;
  }

  /** The id of a run that changed; undefined when runs came or went. The disk is watched only while somebody listens. */
  readonly onDidChange: Event<string | undefined> = (listener) => {
    const subscription = this.#emitter.event(listener);
    void this.#watchAll();
    return {
      dispose: () => {
        subscription.dispose();
        if (!this.#emitter.observed) {
          this.#unwatchAll();
        }
      },
    };
  };

  /** Newest first. One directory is read, and nothing in it: 10,000 runs take some milliseconds. */
  ids(): Promise<readonly string[]> {
    return this.#files.ids();
  }

  /** Newest first: the runs at `offset` to `offset + count` of {@link ids}, without those that cannot be read. */
  async page(offset: number, count: number): Promise<readonly RunRecord[]> {
    const ids = (await this.ids()).slice(offset, offset + count);
    const records = await inParallel(ids, readers, (id) => this.get(id));
    return records.filter((record) => record !== undefined);
  }

  /** Undefined where there is no such run, or none that can be read. */
  async get(id: string): Promise<RunRecord | undefined> {
    const known = this.#ended.get(id);
    if (known || !runIdPattern.test(id)) {
      return known;
    }
    try {
      const intent = intentFromJson(await readJson(this.#files.intent(id)));
      if (intent?.id !== id) {
        return undefined;
      }
      const record = foldRecord(intent, await readJournal(this.#files.journal(id)), this.#files.folder(id));
      if (record.released) {
        this.#ended.set(id, record);
        return record;
      }
      return withKnown(record, { host: await otherHostOf(record.folder) });
    } catch (error) {
      this.#logger.warn(`The run ${id} cannot be read`, error);
      return undefined;
    }
  }

  folder(id: string): string {
    return this.#files.folder(id);
  }

  /** For the window's own acts, which need not come back from the disk: a run that changed, or undefined as above. */
  changed(id: string | undefined): void {
    this.#emitter.fire(id);
  }

  /** Forgets a run that was deleted. */
  forget(id: string): void {
    this.#ended.delete(id);
    this.changed(undefined);
  }

  dispose(): void {
    this.#unwatchAll();
    this.#emitter.dispose();
  }

  async #watchAll(): Promise<void> {
    try {
      await this.#files.prepare();
      this.#watch(this.#files.runs, () => this.changed(undefined));
      this.#watch(this.#files.open, () => void this.#watchOpen());
      await this.#watchOpen();
    } catch (error) {
      this.#logger.warn('Runs of other windows are not shown until the next refresh', error);
    }
  }

  /** Only runs that are not over change: they are watched one by one. */
  async #watchOpen(): Promise<void> {
    const open = new Set(await this.#files.openIds().catch(() => []));
    for (const id of open) {
      this.#watch(this.#files.folder(id), () => this.changed(id));
    }
    for (const [path, watcher] of this.#watchers) {
      const id = runIdPattern.exec(path.slice(-'20261124-061133-123-5f0c9a1b'.length))?.[0];
      if (id !== undefined && !open.has(id)) {
        watcher.close();
        this.#watchers.delete(path);
        // Its last entry and the end of the watch may cross.
        this.changed(id);
      }
    }
  }

  #watch(folder: string, onChange: () => void): void {
    if (this.#watchers.has(folder) || !this.#emitter.observed) {
      return;
    }
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        // The output grows all the time, and is none of the record.
        if (name !== 'output.log') {
          onChange();
        }
      });
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, watcher);
    } catch (error) {
      this.#logger.warn(`Changes in ${folder} are not seen until the next refresh`, error);
    }
  }

  #unwatchAll(): void {
    for (const watcher of this.#watchers.values()) {
      watcher.close();
    }
    this.#watchers.clear();
  }
}
