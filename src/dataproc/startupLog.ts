import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '../core/ports';
import type { ClusterRecord } from './clusterRecord';
import type { LoggingApi } from './google/googleApi';

/** Milliseconds between two looks: Logging allows one call a second for a whole project. */
const between = 5_000;
const pageSize = 500;
/** What our initialization action puts before each of its steps. */
const step = /^dask-runner: (.+)$/;

/**
 * What the machines of a cluster print while they start, as it comes, kept in a file of this machine, which it begins
 * anew: another window may have written it before.
 */
export class StartupLog {
  readonly path: string;
  readonly #logging: LoggingApi;
  readonly #logger: Logger;
  readonly #filter: string;
  readonly #project: string;
  #after: string;
  #seen = new Set<string>();
  #due = 0;
  #step: string | undefined;
  #begun = false;

  constructor(parts: { logging: LoggingApi; logger: Logger }, record: ClusterRecord, path: string) {
    this.path = path;
    this.#logging = parts.logging;
    this.#logger = parts.logger;
    this.#project = record.project;
    this.#filter = [
      'resource.type="cloud_dataproc_cluster"',
      `resource.labels.cluster_name="${record.clusterName}"`,
      `resource.labels.region="${record.region}"`,
      ...(record.uuid === undefined ? [] : [`resource.labels.cluster_uuid="${record.uuid}"`]),
      `logName="projects/${record.project}/logs/google.dataproc.startup"`,
    ].join(' AND ');
    this.#after = new Date(record.createdAt).toISOString();
  }

  /** What the newest step is, as far as it is known. */
  get step(): string | undefined {
    return this.#step;
  }

  /**
   * Looks again, unless it has just looked. A failure is logged: a start does not depend on it.
   *
   * @param last once more at the end, where it matters most
   */
  async look(signal: AbortSignal, last: boolean): Promise<void> {
    if (Date.now() < this.#due && !last) {
      return;
    }
    this.#due = Date.now() + between;
    try {
      const filter = `${this.#filter} AND timestamp>="${this.#after}"`;
      const entries = await this.#logging.entries(this.#project, filter, pageSize, signal);
      const fresh = entries.filter(({ insertId }) => !this.#seen.has(insertId));
      if (fresh.length === 0) {
        return;
      }
      // Those of the newest moment come again with the next page.
      this.#after = fresh.at(-1)?.timestamp ?? this.#after;
      this.#seen = new Set(entries.map(({ insertId }) => insertId));
      for (const { text } of fresh) {
        this.#step = step.exec(text.trim())?.[1] ?? this.#step;
      }
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      const lines = fresh.map(({ machine, text }) => `${machine === undefined ? '' : `${machine}: `}${text}\n`);
      await (this.#begun ? appendFile : writeFile)(this.path, lines.join(''), { mode: 0o600 });
      this.#begun = true;
    } catch (error) {
      if (!signal.aborted) {
        this.#logger.warn('The log of a cluster that starts cannot be read', error);
      }
    }
  }
}
