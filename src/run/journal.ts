import { open, readFile } from 'node:fs/promises';
import type { ClusterRef } from '../core/cluster';
import type { ErrorRecord } from '../core/errors';
import { asRecord, booleanField, numberField, stringField, timeField, wordField } from '../core/jsonValue';
import { isMissing } from '../machine/jsonFile';
import { clusterRef, errorRecord } from './recordedValue';

/** One line of `journal.jsonl`: an act that is about to be done, or a fact that has become known. */
export type Entry =
  /** Next: `createCluster` with this request id. */
  | { act: 'createCluster'; cluster: ClusterRef; name: string; interpreter: string }
  /** Next: `submitJob` to this cluster. It takes work, and `release` says whether it goes with the run. */
  | { act: 'submit'; cluster: ClusterRef; name: string; reused: boolean; interpreter: string; release: boolean }
  /** The job is known to the backend. */
  | { act: 'submitted'; startedAt: number | undefined }
  | Ended
  /** The run needs nothing more. `report` is a file name in its folder. */
  | Released;

export interface Released {
  act: 'released';
  clusterEndReason: string | undefined;
  report: string | undefined;
  reportMissing: string | undefined;
  /** Processes that the script had left running. */
  leftOver: number | undefined;
}

export interface Ended {
  act: 'ended';
  state: 'succeeded' | 'failed' | 'cancelled';
  startedAt: number | undefined;
  endedAt: number;
  exitCode: number | undefined;
  signal: string | undefined;
  error: ErrorRecord | undefined;
}

export type Recorded = Entry & { at: number };

/** Appends to one run's journal. Only the owner of the run writes. */
export class Journal {
  readonly #path: string;
  readonly #now: () => number;
  #queue: Promise<void> = Promise.resolve();
  #begun = false;

  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
  }

  /**
   * Resolves when the entry is on disk. `flush: false` leaves the flushing to the operating system: for facts that
   * the backend would tell again.
   *
   * @throws what the file system said; the entry then counts as not written.
   */
  append(entry: Entry, { flush } = { flush: true }): Promise<void> {
    const line = `${JSON.stringify({ at: new Date(this.#now()).toISOString(), ...entry })}\n`;
    const write = this.#queue.then(() => this.#write(line, flush));
    this.#queue = write.catch(() => undefined);
    return write;
  }

  async #write(line: string, flush: boolean): Promise<void> {
    const file = await open(this.#path, 'a', 0o600);
    try {
      // A predecessor may have been killed in the middle of a line: it stays garbage, and ours does not join it.
      const lead = this.#begun || (await file.stat()).size === 0 ? '' : '\n';
      await file.appendFile(lead + line);
      this.#begun = true;
      if (flush) {
        await file.datasync();
      }
    } catch (error) {
      this.#begun = false;
      throw error;
    } finally {
      await file.close();
    }
  }
}

/** What can be read of a journal; lines that are no entries are passed over. */
export async function readJournal(path: string): Promise<Recorded[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) {
      return [];
    }
    throw error;
  }
  return text
    .split('\n')
    .map(parseLine)
    .filter((entry) => entry !== undefined);
}

function parseLine(line: string): Recorded | undefined {
  let record;
  try {
    record = asRecord(JSON.parse(line));
  } catch {
    return undefined;
  }
  const at = timeField(record, 'at');
  if (at === undefined) {
    return undefined;
  }
  const act = wordField(record, 'act', ['createCluster', 'submit', 'submitted', 'ended', 'released']);
  const cluster = clusterRef(record?.['cluster']);
  const name = stringField(record, 'name') ?? '';
  const interpreter = stringField(record, 'interpreter') ?? '';
  const startedAt = numberField(record, 'startedAt');
  switch (act) {
    case 'createCluster':
      return cluster && { at, act, cluster, name, interpreter };
    case 'submit': {
      const reused = booleanField(record, 'reused') ?? false;
      return (
        cluster && { at, act, cluster, name, interpreter, reused, release: booleanField(record, 'release') ?? false }
      );
    }
    case 'submitted':
      return { at, act, startedAt };
    case 'ended':
      return {
        at,
        act,
        startedAt,
        state: wordField(record, 'state', ['succeeded', 'failed', 'cancelled']) ?? 'failed',
        endedAt: numberField(record, 'endedAt') ?? at,
        exitCode: numberField(record, 'exitCode'),
        signal: stringField(record, 'signal'),
        error: errorRecord(record?.['error']),
      };
    case 'released':
      return {
        at,
        act,
        clusterEndReason: stringField(record, 'clusterEndReason'),
        report: stringField(record, 'report'),
        reportMissing: stringField(record, 'reportMissing'),
        leftOver: numberField(record, 'leftOver'),
      };
    case undefined:
      return undefined;
  }
}
