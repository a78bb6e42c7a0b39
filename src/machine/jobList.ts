import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackendKind } from '../core/cluster';
import { isTerminal, type Job } from '../core/job';
import { inParallel } from './inParallel';
import { namesIn, readJobFiles, type JobFiles } from './supervisorFiles';
import { throwIfAborted } from './wait';

/** Runs that are read at the same time. */
const readers = 16;
/** A run that has no orders by then never gets any; one that was not released by then is left alone. */
const settledMilliseconds = 24 * 3600 * 1000;

/**
 * The jobs of one backend among the runs of this machine. Those that are over are read once: a list costs a look
 * into the folder and one at each run that is not over, however long the history is.
 */
export class JobList {
  readonly #runs: string;
  readonly #backend: BackendKind;
  readonly #look: (folder: string) => Promise<Job | undefined>;
  /** By run: its job that does not change any more, or undefined for none of this backend. */
  readonly #settled = new Map<string, Job | undefined>();

  /** @param look the job in a folder as it is now, its supervisor's death noticed. */
  constructor(runs: string, backend: BackendKind, look: (folder: string) => Promise<Job | undefined>) {
    this.#runs = runs;
    this.#backend = backend;
    this.#look = look;
  }

  /** By cluster id, newest first. */
  async byCluster(signal: AbortSignal): Promise<ReadonlyMap<string, readonly Job[]>> {
    const names = await namesIn(this.#runs);
    this.#forgetAllBut(names);
    const jobs = await inParallel(names, readers, async (name) => {
      throwIfAborted(signal);
      return this.#settled.has(name) ? this.#settled.get(name) : this.#read(name);
    });
    const grouped = new Map<string, Job[]>();
    for (const job of jobs.filter((found) => found !== undefined).sort((a, b) => begin(b) - begin(a))) {
      const siblings = grouped.get(job.cluster.id);
      if (siblings === undefined) {
        grouped.set(job.cluster.id, [job]);
      } else {
        siblings.push(job);
      }
    }
    return grouped;
  }

  async #read(name: string): Promise<Job | undefined> {
    const folder = join(this.#runs, name);
    const files = await readJobFiles(folder);
    if (files === undefined) {
      if (await isOld(folder)) {
        this.#settled.set(name, undefined);
      }
      return undefined;
    }
    if (files.job.backend !== this.#backend) {
      this.#settled.set(name, undefined);
      return undefined;
    }
    if (isSettled(files)) {
      this.#settled.set(name, files.job);
      return files.job;
    }
    return this.#look(folder);
  }

  #forgetAllBut(names: readonly string[]): void {
    const there = new Set(names);
    for (const known of this.#settled.keys()) {
      if (!there.has(known)) {
        this.#settled.delete(known);
      }
    }
  }
}

function isSettled({ job }: JobFiles): boolean {
  const since = job.endedAt === undefined ? 0 : Date.now() - job.endedAt;
  return isTerminal(job.state) && (job.released || since > settledMilliseconds);
}

/** One that waits for its supervisor has no time yet, and is the newest. */
function begin(job: Job): number {
  return job.startedAt ?? Number.MAX_SAFE_INTEGER;
}

async function isOld(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > settledMilliseconds;
}
