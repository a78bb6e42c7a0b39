import type { TrackedRun } from './run';
import type { RunDriver } from './runDriver';
import type { RunFiles } from './runFiles';
import { backendOf } from './runParts';
import type { RunTools } from './runParts';
import { storageError } from './storageError';

/** Carries cancels: on disk to every window, and at once where this one can. */
export class RunCancels {
  readonly #tools: Pick<RunTools, 'backends' | 'logger'>;
  readonly #files: RunFiles;
  /** Runs whose cancel was asked for here: whoever asked hears whether it worked. */
  readonly #asked = new Set<string>();

  constructor(tools: Pick<RunTools, 'backends' | 'logger'>, files: RunFiles) {
    this.#tools = tools;
    this.#files = files;
  }

  /**
   * Resolves when somebody who can end the run knows of it.
   *
   * @param ownDriver is asked late: this window may just be taking the run up
   */
  async cancel(run: TrackedRun, ownDriver: () => RunDriver | undefined): Promise<void> {
    this.#asked.add(run.id);
    // On disk first: whoever drives it, now or later, finds it there.
    const unwritten = await this.#files.requestCancel(run.id).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const own = ownDriver();
    const cluster = run.record.cluster;
    if (own) {
      await own.cancel();
    } else if (cluster && run.record.state === 'running') {
      const job = { backend: cluster.backend, id: run.id, cluster };
      const backend = backendOf(this.#tools.backends, cluster.backend);
      await backend.cancelJob(job, run.record.folder, AbortSignal.timeout(30_000));
    } else if (unwritten) {
      // Nobody else has heard of it.
      this.#asked.delete(run.id);
      throw storageError(unwritten.error, run.record.folder);
    }
    if (unwritten) {
      this.#tools.logger.warn('The cancel could not be written', unwritten.error);
    }
  }

  /** Hands on a cancel that another window has written. */
  async heed(id: string, own: RunDriver): Promise<void> {
    if (!this.#asked.has(id) && (await this.#files.cancelRequested(id))) {
      this.#asked.add(id);
      await own.cancel();
    }
  }
}
