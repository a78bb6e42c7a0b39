import { watch } from 'node:fs';
import { mkdir, opendir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Disposable } from '../core/event';
import { asRecord, type JsonRecord } from '../core/jsonValue';
import { isMissing, readJson } from '../machine/jsonFile';
import { runIdPattern } from '../run/runId';

/** What runs and clusters leave on disk, looked at no further than for a yes or a no. */
export class Traces {
  /** Clusters of the past, by id: they do not change any more. */
  readonly #over = new Set<string>();

  /** @param storage the extension's global storage folder */
  constructor(private readonly storage: string) {}

  /** True while a run of any window is not over. */
  async hasOpenRun(): Promise<boolean> {
    return (await namesIn(this.#open)).some((name) => runIdPattern.test(name));
  }

  /** True where anything has ever run. The first name answers that, however many there are. */
  async hasRun(): Promise<boolean> {
    try {
      for await (const { name } of await opendir(join(this.storage, 'runs'))) {
        if (runIdPattern.test(name)) {
          return true;
        }
      }
    } catch (error) {
      if (!isMissing(error)) {
        throw error;
      }
    }
    return false;
  }

  /** True where there may be a cluster. Nobody is asked: one that has ended without a word counts still. */
  async mayHaveCluster(): Promise<boolean> {
    return (
      (await namesIn(join(this.storage, 'attached'))).some((name) => name.endsWith('.json')) ||
      (await this.#mayHave('clusters', 'state.json', (state) => state['state'] === 'closed')) ||
      (await this.#mayHave(
        'dataproc',
        'cluster.json',
        ({ endedAt, error }) => endedAt !== undefined && error === undefined,
      ))
    );
  }

  /** Calls back when runs begin or end. The folder is made: nothing would tell of the first run otherwise. */
  async watch(onChange: () => void): Promise<Disposable> {
    await mkdir(this.#open, { recursive: true, mode: 0o700 });
    const watcher = watch(this.#open, { persistent: false }, onChange);
    watcher.on('error', () => watcher.close());
    return { dispose: () => watcher.close() };
  }

  get #open(): string {
    return join(this.storage, 'open');
  }

  /** Newest first, up to the first that is not over; one at a time, as nobody waits for it. */
  async #mayHave(kind: string, file: string, isOver: (record: JsonRecord) => boolean): Promise<boolean> {
    const folder = join(this.storage, kind);
    const ids = (await namesIn(folder)).filter((id) => !this.#over.has(id));
    for (const id of ids.sort().reverse()) {
      const record = asRecord(await readJson(join(folder, id, file)));
      if (record === undefined || !isOver(record)) {
        return true;
      }
      this.#over.add(id);
    }
    return false;
  }
}

/** None when the folder is not there. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) {
      return [];
    }
    throw error;
  }
}
