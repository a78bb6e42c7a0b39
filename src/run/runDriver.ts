import type { ClusterRef } from '../core/cluster';
import { CancelledError, isCancelled } from '../core/errors';
import type { ErrorRecord } from '../core/errors';
import type { JobRef, JobSpec } from '../core/job';
import type { Backend } from '../core/ports';
import { localCodePath } from '../core/remoteCode';
import type { RunRecord } from '../core/run';
import { readEnvFile } from '../machine/envFile';
import { abortable, pause } from '../machine/wait';
import { followJob, noRest } from './followJob';
import type { JobRest } from './followJob';
import type { Intent } from './intent';
import type { Entry, Journal } from './journal';
import { Placement } from './placement';
import type { Place } from './placement';
import type { TrackedRun } from './run';
import { toErrorRecord } from './runError';
import type { RunFiles } from './runFiles';
import { backendOf } from './runParts';
import type { RunTools } from './runParts';
import { applyEntry, codeOf, codeRoot, withKnown, withoutProgress } from './runRecord';
import { codeDirectory, targetFile } from './target';

/** Drives one run, which this window owns, from wherever its journal stands to its end. Use one method, once. */
export class RunDriver {
  readonly run: TrackedRun;
  readonly #tools: RunTools;
  readonly #files: RunFiles;
  readonly #intent: Intent;
  readonly #journal: Journal;
  /** Ends what comes before the job. */
  readonly #cancel = new AbortController();
  /** Ends a submission that hangs after a cancel. */
  readonly #giveUpSubmit = new AbortController();
  /** Ends our looking, and changes nothing for the run. */
  readonly #detach = new AbortController();
  /** A cluster that has to be deleted in the end, unless the job does it. */
  #toDelete: ClusterRef | undefined;
  #stage: 'placing' | 'submitting' | 'following' = 'placing';

  constructor(tools: RunTools, files: RunFiles, intent: Intent, journal: Journal, run: TrackedRun) {
    this.#tools = tools;
    this.#files = files;
    this.#intent = intent;
    this.#journal = journal;
    this.run = run;
  }

  /** True while stopping to look leaves nothing half done: another window may go on at once. */
  get following(): boolean {
    return this.#stage === 'following';
  }

  /** From the beginning; `created` is the cluster that a window that has gone had begun to create. */
  start(created?: ClusterRef): Promise<void> {
    this.#toDelete = created;
    return this.#toTheEnd(async () => {
      this.#show({ state: 'preparing', progress: 'Preparing Python' });
      const placement = new Placement(this.#tools, this.#intent, {
        progress: (progress) => this.#show({ progress }),
        write: (entry) => this.#write(entry),
        begun: (cluster) => {
          this.#toDelete = cluster;
        },
      });
      await this.#submit(await placement.find(created !== undefined, this.#cancel.signal));
    });
  }

  /** Once more: a window that has gone had begun to submit, and may have done it. */
  resubmit(place: Place): Promise<void> {
    return this.#toTheEnd(() => this.#submit(place));
  }

  /** Follows a job that was submitted. */
  reattach(place: Place): Promise<void> {
    this.#toDelete = place.release ? place.cluster : undefined;
    return this.#toTheEnd(() => this.#follow(place));
  }

  /** Ends a run that has no job, and deletes the cluster that was begun for it. */
  async abandon(error: ErrorRecord | undefined, cluster: ClusterRef | undefined): Promise<void> {
    await this.#end(error);
    await this.release(cluster);
  }

  /** The rest of a run whose job is over. */
  async release(cluster: ClusterRef | undefined): Promise<void> {
    this.#toDelete = cluster;
    await this.#release(noRest);
  }

  /** The wish is on disk already. Resolves when everybody concerned knows of it. */
  async cancel(): Promise<void> {
    this.#show({ progress: 'Cancelling' });
    this.#cancel.abort(new CancelledError());
    const cluster = this.run.record.cluster;
    if (this.#stage === 'submitting') {
      const timer = setTimeout(() => this.#giveUpSubmit.abort(new CancelledError()), this.#tools.submitGrace);
      timer.unref();
    } else if (this.#stage === 'following' && cluster) {
      await this.#cancelJob(cluster);
    }
  }

  /** Stops looking: nothing more is written, and the run goes on without us. */
  detach(): void {
    this.#detach.abort(new CancelledError('Detached'));
  }

  async #toTheEnd(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#detached) {
        const cancelled = isCancelled(error) || this.#cancel.signal.aborted;
        await this.#end(
          cancelled ? undefined : toErrorRecord(error, `The run of ${this.#intent.name}`, this.#tools.logger),
        );
        await this.#release(noRest);
      }
    }
  }

  async #submit(place: Place): Promise<void> {
    this.#stopIfDetached();
    this.#toDelete = place.release ? place.cluster : undefined;
    this.#cancel.signal.throwIfAborted();
    await this.#write({ act: 'submit', ...place });
    this.#cancel.signal.throwIfAborted();
    this.#show({ progress: 'Starting the script' });
    this.#stage = 'submitting';
    const signal = this.#giveUpSubmit.signal;
    try {
      const backend = this.#backend(place.cluster);
      const spec = { ...this.#jobSpec(place), ...(await this.#ofEnvFile(backend)) };
      await abortable(backend.submitJob(place.cluster, spec, this.#intent.id, signal), signal);
    } catch (error) {
      this.#stopIfDetached();
      // It may have been taken all the same.
      await this.#tryCancelJob(place.cluster);
      throw error;
    }
    await this.#follow(place);
  }

  async #follow(place: Place): Promise<void> {
    this.#stopIfDetached();
    this.#stage = 'following';
    const { cluster, interpreter } = place;
    await this.#note({ act: 'submitted', startedAt: this.run.record.startedAt }, { flush: false });
    if (this.#cancel.signal.aborted) {
      await this.#tryCancelJob(cluster);
    }
    const { target } = this.#intent.request;
    const root = codeRoot(this.#intent);
    const backend = this.#backend(cluster);
    let job;
    try {
      job = await followJob({
        backend,
        job: this.#job(cluster),
        folder: this.#files.folder(this.#intent.id),
        output: this.#files.output(this.#intent.id),
        failure: {
          mainFile: targetFile(target),
          folders: [...this.#tools.userFolders(), codeDirectory(target)],
          local: (path) => localCodePath(path, this.#intent.id, root),
          attached: backend.kind === 'address',
          ...(backend.interpreter === undefined ? { interpreter } : { packagesField: 'packages' }),
        },
        directory: codeDirectory(target),
        tools: this.#tools,
        signal: this.#detach.signal,
        onStarted: (startedAt) => this.#show({ startedAt }),
        onEnded: (ended) => this.#note(ended),
      });
    } catch (error) {
      this.#stopIfDetached();
      // Nobody would look after it any more.
      await this.#tryCancelJob(cluster);
      throw error;
    }
    await this.#release(job);
  }

  #cancelJob(cluster: ClusterRef): Promise<void> {
    const folder = this.#files.folder(this.#intent.id);
    return this.#backend(cluster).cancelJob(this.#job(cluster), folder, this.#detach.signal);
  }

  async #tryCancelJob(cluster: ClusterRef): Promise<void> {
    try {
      await this.#cancelJob(cluster);
    } catch (error) {
      this.#tools.logger.warn(`The job ${this.#intent.id} could not be cancelled`, error);
    }
  }

  /** Deletes the cluster where that is still to be done, then writes that the run needs nothing more. */
  async #release({ released, ...rest }: JobRest): Promise<void> {
    const cluster = this.run.record.cluster;
    try {
      if (this.#toDelete && !released) {
        await this.#insistOnDeleting(this.#toDelete);
      }
      const clusterEndReason = cluster && (await this.#endReason(cluster));
      const entry: Entry = { act: 'released', clusterEndReason, ...rest };
      if (await this.#keep(entry)) {
        await this.#close();
      }
      this.run.replace(applyEntry(this.run.record, entry));
    } catch (error) {
      // The marker stays, so that the next activation tries again; and the cluster's own idle timeout holds.
      if (!this.#detached) {
        this.#tools.logger.error(`The cluster of the run ${this.#intent.id} could not be deleted`, error);
      }
    }
  }

  /** Where that fails, the marker stays, and the next activation does it. */
  async #close(): Promise<void> {
    try {
      await this.#files.close(this.#intent.id);
    } catch (error) {
      this.#tools.logger.warn(`The run ${this.#intent.id} is over, but could not be closed on disk`, error);
    }
  }

  async #insistOnDeleting(cluster: ClusterRef): Promise<void> {
    const reason = `The run of ${this.#intent.name} ended.`;
    for (const delay of [...this.#tools.retryDelays, undefined]) {
      try {
        const backend = this.#backend(cluster);
        await (backend.releaseCluster
          ? backend.releaseCluster(cluster, reason, this.#detach.signal)
          : backend.deleteCluster(cluster, reason, this.#detach.signal));
        return;
      } catch (error) {
        if (delay === undefined || this.#detached) {
          throw error;
        }
        await pause(delay, this.#detach.signal);
      }
    }
  }

  async #endReason(ref: ClusterRef): Promise<string | undefined> {
    try {
      return (await this.#backend(ref).cluster(ref, this.#detach.signal))?.endReason;
    } catch {
      return undefined;
    }
  }

  #jobSpec(place: Place): JobSpec {
    const { request, profile, id } = this.#intent;
    return {
      args: request.args,
      environment: { ...profile?.environment, ...request.environment },
      folder: this.#files.folder(id),
      releaseCluster: place.release,
      report: true,
      interpreter: place.interpreter,
      ...codeOf(this.#intent),
      ...(this.#intent.markWorkers ? { markWorkers: true } : {}),
      ...(profile?.backend === 'address' && profile.localModules !== undefined
        ? { localModules: profile.localModules === 'bring' }
        : {}),
      ...(profile?.backend === 'dataproc' && profile.maxRunSeconds !== undefined
        ? { maxRunSeconds: profile.maxRunSeconds }
        : {}),
    };
  }

  /** Read as late as this, so that its values, which may be secrets, are in the job's orders alone. Never sent elsewhere. */
  async #ofEnvFile(backend: Backend): Promise<Pick<JobSpec, 'fileEnvironment'>> {
    const { envFile } = this.#intent;
    if (envFile === undefined || backend.interpreter !== undefined) {
      return {};
    }
    try {
      return { fileEnvironment: await readEnvFile(envFile) };
    } catch (error) {
      this.#tools.logger.warn(`The run ${this.#intent.id} goes without the variables of ${envFile}`, error);
      return {};
    }
  }

  #job(cluster: ClusterRef): JobRef {
    return { backend: cluster.backend, id: this.#intent.id, cluster };
  }

  #backend(cluster: ClusterRef): Backend {
    return backendOf(this.#tools.backends, cluster.backend);
  }

  get #detached(): boolean {
    return this.#detach.signal.aborted;
  }

  #stopIfDetached(): void {
    this.#detach.signal.throwIfAborted();
  }

  /** Without a job: failed where there is an error, cancelled where there is none. */
  async #end(error: ErrorRecord | undefined): Promise<void> {
    const unknown = { startedAt: undefined, exitCode: undefined, signal: undefined };
    const state = error ? 'failed' : 'cancelled';
    await this.#note({ act: 'ended', state, error, endedAt: this.#tools.now(), ...unknown });
  }

  /** An act that may follow only once it is on disk. */
  async #write(entry: Entry): Promise<void> {
    this.#stopIfDetached();
    await this.#journal.append(entry);
    this.#stopIfDetached();
    this.run.replace(applyEntry(this.run.record, entry));
  }

  /** A fact: one also when the disk is full. */
  async #note(entry: Entry, options = { flush: true }): Promise<void> {
    await this.#keep(entry, options);
    const after = applyEntry(this.run.record, entry);
    this.run.replace(entry.act === 'submitted' && !this.#cancel.signal.aborted ? withoutProgress(after) : after);
  }

  /** False when it could not be written: whoever takes the run up later finds out again. */
  async #keep(entry: Entry, options = { flush: true }): Promise<boolean> {
    try {
      await this.#journal.append(entry, options);
      return true;
    } catch (error) {
      this.#tools.logger.error(`The journal of the run ${this.#intent.id} cannot be written`, error);
      return false;
    }
  }

  #show(values: Partial<RunRecord>): void {
    if (!this.#detached && this.run.record.endedAt === undefined) {
      this.run.replace(withKnown(this.run.record, values));
    }
  }
}
