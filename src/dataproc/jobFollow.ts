import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ClusterRef } from '../core/cluster';
import { isCancelled, UserError, type ErrorRecord } from '../core/errors';
import { isTerminal, type Job, type OutputChunk } from '../core/job';
import type { Logger } from '../core/ports';
import { pause } from '../machine/wait';
import type { ClusterRecord } from './clusterRecord';
import { toUserError } from './failures/explainError';
import { explainFailure } from './failures/explainFailure';
import { GoogleError, type GoogleApi, type GoogleJob } from './google/googleApi';
import { jobResult, jobView, type JobResult } from './jobView';
import { insist, retryDelays } from './operations';
import { DriverOutput } from './output/driverOutput';
import { followOutput } from './output/followOutput';
import { stagedName } from './staging';

/** Between two looks at a job, as gcloud has it: short until its output begins and after that has ended. Milliseconds. */
const shortly = 1_000;
const usually = 10_000;

interface Watched {
  job: GoogleJob | undefined;
  /** Milliseconds since 1970 of the last look. */
  lookedAt: number;
  /** The service has closed the output: the job's end is near. */
  outputEnded: boolean;
  wake: (() => void) | undefined;
}

export interface FollowParts {
  google: GoogleApi;
  logger: Logger;
}

/** Follows jobs of our own: their states, their output, and what they leave. */
export class JobFollow {
  readonly #parts: FollowParts;
  readonly #watched = new Map<string, Watched>();

  constructor(parts: FollowParts) {
    this.#parts = parts;
  }

  /** The job at each change, to its end: then with its result, and its report in `folder`. Throws UserErrors. */
  async *watch(record: ClusterRecord, id: string, folder: string, signal: AbortSignal): AsyncGenerator<Job> {
    try {
      yield* this.#watch(record, id, folder, signal);
    } catch (error) {
      throw toUserError(error, record, 'The job is not followed any more.');
    }
  }

  async *#watch(record: ClusterRecord, id: string, folder: string, signal: AbortSignal): AsyncGenerator<Job> {
    const ref: ClusterRef = { backend: 'dataproc', id: record.id };
    let shown = '';
    for (;;) {
      const watched = await this.#look(record, id, signal);
      const { job } = watched;
      if (job === undefined) {
        throw new GoogleError(`Not found: Job ${id}`, { code: 'NOT_FOUND', status: 404 });
      }
      const view = jobView(job, ref);
      if (isTerminal(view.state)) {
        const result = await this.#result(record, id, folder, signal);
        const lost = view.state === 'failed' ? await this.#whyLost(record, job, result, signal) : undefined;
        this.#watched.delete(id);
        yield jobView(job, ref, result, lost);
        return;
      }
      const key = `${view.state} ${view.startedAt ?? ''}`;
      if (key !== shown) {
        shown = key;
        yield view;
      }
      await this.#rest(watched, pauseAfter(watched), signal);
    }
  }

  /** Output from a byte on, to its end. */
  async *output(record: ClusterRecord, id: string, from: number, signal: AbortSignal): AsyncGenerator<OutputChunk> {
    const prefix = await this.#prefix(record, id, signal);
    if (prefix === undefined) {
      return;
    }
    const { bucket, name } = prefix;
    const queue: OutputChunk[] = [];
    let wake: (() => void) | undefined;
    const end: { over: boolean; failure?: unknown } = { over: false };
    const output = new DriverOutput({
      store: this.#parts.google.storage.output(bucket),
      prefix: name,
      kept: from,
      write: (bytes, offset) => {
        queue.push({ offset, bytes });
        wake?.();
        return Promise.resolve();
      },
    });
    const ending = new AbortController();
    const following = followOutput(
      {
        output,
        over: () => this.#isOver(id),
        wait: async (milliseconds, until) => {
          await pause(milliseconds, until);
          await this.#lookWhereNobodyDoes(record, id, until);
        },
        onTrouble: (error) => {
          if (error === undefined) {
            this.#parts.logger.info(`The output of ${id} arrives again`);
          } else {
            this.#parts.logger.warn(`The output of ${id} cannot be read; trying again`, error);
          }
        },
      },
      AbortSignal.any([signal, ending.signal]),
    )
      .then((how) => {
        if (how === 'cut') {
          this.#parts.logger.warn(`The output of ${id} was not closed by the service; its last lines may be missing`);
        }
        this.#outputEnded(id);
      })
      .catch((error: unknown) => {
        end.failure = error;
      })
      .finally(() => {
        end.over = true;
        wake?.();
      });
    try {
      for (;;) {
        const chunk = queue.shift();
        if (chunk) {
          yield chunk;
        } else if (end.over) {
          break;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      ending.abort();
      await following;
    }
    if (end.failure !== undefined) {
      throw end.failure instanceof Error ? end.failure : new Error('The output cannot be read', { cause: end.failure });
    }
  }

  /** Waits until the job's output has a place; undefined for a job that ended without. */
  async #prefix(
    record: ClusterRecord,
    id: string,
    signal: AbortSignal,
  ): Promise<{ bucket: string; name: string } | undefined> {
    for (;;) {
      const { job } = await this.#recent(record, id, signal);
      const [, bucket, name] = /^gs:\/\/([^/]+)\/(.+)$/.exec(job?.output ?? '') ?? [];
      if (bucket !== undefined && name !== undefined) {
        return { bucket, name };
      }
      if (job === undefined || isTerminal(jobView(job, { backend: 'dataproc', id: record.id }).state)) {
        return undefined;
      }
      await pause(shortly, signal);
    }
  }

  async #look(record: ClusterRecord, id: string, signal: AbortSignal): Promise<Watched> {
    const job = await insist(
      () => this.#parts.google.dataproc.job(record, id, signal),
      this.#parts.logger,
      `Looking at the job ${id}`,
      signal,
      [...retryDelays, 30_000, 60_000, 60_000, 60_000, 60_000],
    );
    const watched = this.#watched.get(id) ?? { job, lookedAt: 0, outputEnded: false, wake: undefined };
    watched.job = job;
    watched.lookedAt = Date.now();
    this.#watched.set(id, watched);
    return watched;
  }

  /** As whoever watches it has seen it; looks where nobody does. */
  async #recent(record: ClusterRecord, id: string, signal: AbortSignal): Promise<Watched> {
    const watched = this.#watched.get(id);
    return watched !== undefined && Date.now() - watched.lookedAt < 2 * pauseAfter(watched)
      ? watched
      : this.#look(record, id, signal);
  }

  /** The end of a job is only seen by who looks; output may be followed without its job being watched. */
  async #lookWhereNobodyDoes(record: ClusterRecord, id: string, signal: AbortSignal): Promise<void> {
    if (this.#watched.has(id)) {
      await this.#recent(record, id, signal);
    }
  }

  #isOver(id: string): boolean {
    const job = this.#watched.get(id)?.job;
    // One that is not watched any more is over.
    return job === undefined || ['DONE', 'ERROR', 'CANCELLED'].includes(job.state);
  }

  #outputEnded(id: string): void {
    const watched = this.#watched.get(id);
    if (watched) {
      watched.outputEnded = true;
      watched.wake?.();
    }
  }

  async #rest(watched: Watched, milliseconds: number, signal: AbortSignal): Promise<void> {
    const early = new AbortController();
    watched.wake = () => early.abort();
    try {
      await pause(milliseconds, AbortSignal.any([signal, early.signal]));
    } catch (error) {
      if (!early.signal.aborted || signal.aborted || !isCancelled(error)) {
        throw error;
      }
    } finally {
      watched.wake = undefined;
    }
  }

  /** Why a job did not end by itself: its cluster went, or what Dataproc says where it has left no result. */
  async #whyLost(
    record: ClusterRecord,
    job: GoogleJob,
    result: JobResult | undefined,
    signal: AbortSignal,
  ): Promise<ErrorRecord | undefined> {
    if (result !== undefined && result.signal === undefined) {
      return undefined;
    }
    const gone = await this.#isClusterGone(record, job, signal);
    if (!gone && result !== undefined) {
      return undefined;
    }
    const { maxAgeSeconds, createdAt } = record;
    const age = ((job.endedAt ?? Date.now()) - createdAt) / 1000;
    const what = gone ? 'The cluster was deleted while the script ran.' : 'The script left no result.';
    const byAge = maxAgeSeconds !== undefined && age >= maxAgeSeconds;
    const { error } = gone
      ? {
          error: new UserError({
            code: 'clusterGone',
            what,
            why: byAge
              ? `It had reached its greatest age of ${Math.round(maxAgeSeconds / 60)} minutes.`
              : 'Somebody deleted it, or one of its time limits did.',
            next: byAge
              ? 'Set a longer "maxAge" in the profile, and run it again.'
              : 'Run it again; where the script takes longer than it may, set a longer "maxAge" in the profile.',
          }),
        }
      : explainFailure({ what, message: job.detail, project: record.project, region: record.region });
    return { code: error.code, message: error.message, buttons: error.buttons };
  }

  async #isClusterGone(record: ClusterRecord, job: GoogleJob, signal: AbortSignal): Promise<boolean> {
    try {
      const cluster = await insist(
        () => this.#parts.google.dataproc.cluster(record, record.clusterName, signal),
        this.#parts.logger,
        `Looking at ${record.clusterName}`,
        signal,
      );
      return cluster?.uuid !== job.clusterUuid || cluster.state === 'DELETING';
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      return false;
    }
  }

  /** What the job's process wrote of its end, with the report fetched. A failure leaves what Dataproc says. */
  async #result(
    record: ClusterRecord,
    id: string,
    folder: string,
    signal: AbortSignal,
  ): Promise<JobResult | undefined> {
    const { storage } = this.#parts.google;
    try {
      const get = (name: string): Promise<Uint8Array | undefined> =>
        insist(
          () => storage.get(record.bucket, name, signal),
          this.#parts.logger,
          `The result of the job ${id}`,
          signal,
        );
      const bytes = (await get(stagedName.released(id))) ?? (await get(stagedName.result(id)));
      const result = bytes === undefined ? undefined : jobResult(parsed(bytes));
      await bringFiles(result?.files ?? [], join(folder, 'files'), (name) => get(stagedName.file(id, name)));
      if (result?.report === undefined) {
        return result;
      }
      const report = await get(stagedName.report(id));
      if (report === undefined) {
        return { ...result, report: undefined };
      }
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(join(folder, 'performance-report.html'), report, { mode: 0o600 });
      return { ...result, report: 'performance-report.html' };
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      this.#parts.logger.warn(`The result of the job ${id} cannot be read`, error);
      return undefined;
    }
  }
}

/** Writes what the script has written on machines that go to this machine. */
async function bringFiles(
  names: readonly string[],
  folder: string,
  get: (name: string) => Promise<Uint8Array | undefined>,
): Promise<void> {
  for (const name of names) {
    const content = await get(name);
    if (content !== undefined) {
      const file = join(folder, ...name.split('/'));
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, content, { mode: 0o600 });
    }
  }
}

/** Until the next look at a job that was looked at. */
function pauseAfter({ job, outputEnded }: Watched): number {
  return job?.output === undefined || outputEnded ? shortly : usually;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}
