import { mkdir } from 'node:fs/promises';
import { UserError } from '../core/errors';
import type { Disposable, Event } from '../core/event';
import { Emitter } from '../core/event';
import type { RunRecord, RunRequest } from '../core/run';
import { writeJson } from '../machine/jsonFile';
import { fileHash } from './fileHash';
import { intentToJson } from './intent';
import type { Intent } from './intent';
import { Journal } from './journal';
import { Ownership } from './ownership';
import type { ProcessTable } from './ownership';
import { OwnerWatch } from './ownerWatch';
import { readOutput } from './readOutput';
import { RunAdoption } from './runAdoption';
import { RunCancels } from './runCancels';
import { RunDriver } from './runDriver';
import { RunFiles } from './runFiles';
import { newRunId, runIdPattern } from './runId';
import { TrackedRun } from './run';
import type { Run, RunHolder } from './run';
import { backendOf } from './runParts';
import type { ProfileSource, RunTools } from './runParts';
import { plannedRecord, withoutHost } from './runRecord';
import type { RunStore } from './runStore';
import { storageError } from './storageError';
import { codeDirectory, folderAround, runName, scopeOf } from './target';

export interface RunServiceParts extends Pick<
  RunTools,
  'backends' | 'interpreters' | 'receipts' | 'logger' | 'userFolders' | 'envFile' | 'markWorkers'
> {
  /** The extension's global storage folder, absolute. */
  storage: string;
  profiles: ProfileSource;
  processes: ProcessTable;
  store: RunStore;
  now?: RunTools['now'];
  retryDelays?: RunTools['retryDelays'];
  submitGrace?: RunTools['submitGrace'];
  /** Milliseconds between looks whether the window that drives a run still lives; only while there is such a run. */
  ownerCheck?: number;
  /** The same for runs of other machines that share the storage folder. */
  elsewhereCheck?: number;
}

/** Runs that {@link RunService.runs} holds from the history. */
const rememberedRuns = 100;
/** How long a closing window waits for what it is doing, in milliseconds: VS Code grants 5 s. */
const closingMilliseconds = 2000;

/** Starts runs, takes up those of windows that have gone, and shows those of other windows. */
export class RunService {
  readonly #parts: RunServiceParts;
  readonly #tools: RunTools;
  readonly #files: RunFiles;
  readonly #ownership: Ownership;
  readonly #adoption: RunAdoption;
  readonly #emitter = new Emitter<Run>();
  readonly #takenUp = new Emitter<Run>();
  readonly #owners: OwnerWatch;
  readonly #cancels: RunCancels;
  readonly #runs = new Map<string, TrackedRun>();
  readonly #drivers = new Map<string, { driver: RunDriver; done: Promise<void> }>();
  /** Runs that are just being started or taken up here. */
  readonly #busy = new Set<string>();
  readonly #holder: RunHolder = {
    output: (run, signal) => readOutput(run, this.#files, signal),
    cancel: (run) => this.#cancels.cancel(run, () => this.#drivers.get(run.id)?.driver),
  };
  #observing: Disposable | undefined;
  #disposed = false;

  constructor(parts: RunServiceParts) {
    this.#parts = parts;
    this.#tools = {
      backends: parts.backends,
      interpreters: parts.interpreters,
      logger: parts.logger,
      ...(parts.receipts === undefined ? {} : { receipts: parts.receipts }),
      userFolders: parts.userFolders,
      ...(parts.envFile === undefined ? {} : { envFile: parts.envFile }),
      ...(parts.markWorkers === undefined ? {} : { markWorkers: parts.markWorkers }),
      now: parts.now ?? Date.now,
      retryDelays: parts.retryDelays ?? [200, 1000, 5000, 15_000, 60_000],
      submitGrace: parts.submitGrace ?? 10_000,
    };
    this.#files = new RunFiles(parts.storage);
    this.#ownership = new Ownership(parts.processes);
    this.#adoption = new RunAdoption(this.#tools, this.#files, this.#ownership);
    this.#cancels = new RunCancels(this.#tools, this.#files);
    this.#owners = new OwnerWatch(
      () => this.#foreign(),
      (id) => void this.#adopt(id),
      { here: parts.ownerCheck ?? 2000, elsewhere: parts.elsewhereCheck ?? 3600_000 },
    );
  }

  /** A run that changed, also one of another window. */
  readonly onDidChange: Event<Run> = this.#emitter.event;
  /** A run whose window has gone, and that this one drives from now on. */
  readonly onDidTakeUp: Event<Run> = this.#takenUp.event;

  /**
   * Resolves once the run is on disk: from then on it survives this window. What happens next shows in the run.
   *
   * @throws UserError where nothing was started: `profileUnknown`, `profileInvalid`, `fileMissing`,
   * `storageNotWritable`, `diskFull`.
   */
  async start(request: RunRequest): Promise<Run> {
    const scope = scopeOf(request.target);
    const profile =
      request.cluster && request.profile === '' ? undefined : await this.#parts.profiles.find(request.profile, scope);
    backendOf(this.#tools.backends, request.cluster?.backend ?? profile?.backend ?? 'local');
    const hash = await fileHash(request.target);
    const createdAt = this.#tools.now();
    const id = newRunId(createdAt);
    const workspaceFolder =
      request.origin?.folder ?? folderAround(codeDirectory(request.target), this.#tools.userFolders());
    const intent: Intent = {
      id,
      createdAt,
      name: runName(request),
      request,
      profile,
      fileHash: hash,
      workspaceFolder,
      envFile: workspaceFolder === undefined ? undefined : this.#tools.envFile?.(workspaceFolder),
      markWorkers: this.#tools.markWorkers?.(scope) ?? false,
    };
    this.#observe();
    this.#busy.add(id);
    try {
      await this.#record(intent);
      const run = this.#track(plannedRecord(intent, this.#files.folder(id)));
      this.#drive(run, intent, (driver) => driver.start());
      this.#parts.store.changed(undefined);
      return run;
    } finally {
      this.#busy.delete(id);
    }
  }

  /** The same once more, with the profile as it is now; on a given cluster only while that is there. */
  async rerun(runId: string): Promise<Run> {
    const record = this.#runs.get(runId)?.record ?? (await this.#parts.store.get(runId));
    if (!record) {
      throw unknownRun(runId);
    }
    const { cluster, ...request } = record.request;
    const there = cluster && request.profile !== '' ? await this.#isRunning(cluster) : true;
    return this.start(cluster && there ? record.request : request);
  }

  /**
   * Takes up every run whose window has gone, and from now on those of windows that go. Call it once, when the
   * extension starts.
   */
  async reconcile(): Promise<void> {
    this.#observe();
    for (const record of await this.#parts.store.page(0, rememberedRuns)) {
      this.#track(record);
    }
    const unreleased = [...this.#runs.values()].filter((run) => !run.record.released).map((run) => run.id);
    const ids = new Set([...(await this.#files.openIds()), ...unreleased]);
    await Promise.all([...ids].map((id) => this.#adopt(id)));
  }

  /** Looks at the runs of other machines that share the home directory: nothing tells of their changes. */
  lookElsewhere(): void {
    this.#owners.look('elsewhere');
  }

  /** Newest first: those of this session, those of other windows, and, after {@link reconcile}, the newest 100 before. */
  runs(): readonly Run[] {
    return [...this.#runs.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** Newest first, from the whole history, with what is known here and not yet on disk. */
  async page(offset: number, count: number): Promise<readonly RunRecord[]> {
    const records = await this.#parts.store.page(offset, count);
    return records.map((record) => this.#runs.get(record.id)?.record ?? record);
  }

  /** Also from the history; undefined where there is no such run. */
  async get(runId: string): Promise<Run | undefined> {
    const known = this.#runs.get(runId);
    if (known) {
      return known;
    }
    const record = await this.#parts.store.get(runId);
    return record && this.#track(record);
  }

  /** @throws UserError `runUnknown`. */
  async cancel(runId: string): Promise<void> {
    const run = await this.get(runId);
    if (!run) {
      throw unknownRun(runId);
    }
    await run.cancel();
  }

  /**
   * Deletes a run and all that it left: output, report, record.
   *
   * @throws UserError `runNotOver` while it runs or its cluster is being shut down, `runUnknown` for what is no run's id.
   */
  async delete(runId: string): Promise<void> {
    // It becomes part of a path that is removed with all that is in it.
    if (!runIdPattern.test(runId)) {
      throw unknownRun(runId);
    }
    const run = await this.get(runId);
    if (run && !run.record.released) {
      throw new UserError({
        code: 'runNotOver',
        what: `The run of ${run.record.name} was not deleted.`,
        why: run.record.endedAt === undefined ? 'It is not over.' : 'Its cluster is still being shut down.',
        next: run.record.endedAt === undefined ? 'Cancel it first.' : 'Try again in a moment.',
      });
    }
    await this.#files.remove(runId);
    this.#runs.delete(runId);
    this.#parts.store.forget(runId);
  }

  /** Stops looking. Runs go on, and the next activation, or another window, takes them up. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#observing?.dispose();
    this.#owners.dispose();
    const handedOver = [...this.#drivers].map(async ([id, { driver, done }]) => {
      // What is half done is finished by nobody but its own process: only what is merely followed is handed over.
      const following = driver.following;
      driver.detach();
      if (following) {
        await done;
        await this.#ownership.giveUp(this.#files.folder(id));
      }
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, closingMilliseconds).unref();
    });
    await Promise.race([Promise.allSettled(handedOver), late]);
    clearTimeout(timer);
    this.#emitter.dispose();
    this.#takenUp.dispose();
  }

  /** Write-ahead: owner and marker before the intent, so that no other window takes the run for a lost one. */
  async #record(intent: Intent): Promise<void> {
    const folder = this.#files.folder(intent.id);
    try {
      await this.#files.prepare();
      await mkdir(folder, { mode: 0o700 });
      await Promise.all([this.#ownership.claimNew(folder), this.#files.markOpen(intent.id)]);
      await writeJson(this.#files.intent(intent.id), intentToJson(intent));
    } catch (error) {
      await this.#files.remove(intent.id).catch(() => undefined);
      throw storageError(error, this.#files.runs);
    }
  }

  #track(record: RunRecord): TrackedRun {
    const known = this.#runs.get(record.id);
    if (known) {
      // What is known here is later than what a full disk could keep.
      if (!this.#drivers.has(record.id) && !known.record.released) {
        known.replace(record);
      }
      return known;
    }
    const run = new TrackedRun(record, this.#holder);
    run.onDidChange(() => this.#emitter.fire(run));
    this.#runs.set(record.id, run);
    return run;
  }

  #drive(run: TrackedRun, intent: Intent, work: (driver: RunDriver) => Promise<void>): void {
    const journal = new Journal(this.#files.journal(intent.id), this.#tools.now);
    const driver = new RunDriver(this.#tools, this.#files, intent, journal, run);
    const done = work(driver)
      .catch((error: unknown) => this.#tools.logger.error(`The run ${intent.id} is not followed any more`, error))
      .finally(() => this.#drivers.delete(intent.id));
    this.#drivers.set(intent.id, { driver, done });
  }

  async #adopt(id: string): Promise<void> {
    if (this.#disposed || this.#drivers.has(id) || this.#busy.has(id)) {
      return;
    }
    this.#busy.add(id);
    try {
      const record = await this.#parts.store.get(id);
      if (record) {
        this.#track(record);
      }
      const adopted = await this.#adoption.adopt(id);
      const run = this.#runs.get(id);
      if (adopted && run && !this.#isDisposed()) {
        run.replace(withoutHost(run.record));
        this.#drive(run, adopted.intent, adopted.work);
        this.#takenUp.fire(run);
      }
    } catch (error) {
      this.#tools.logger.error(`The run ${id} cannot be taken up`, error);
    } finally {
      this.#busy.delete(id);
    }
    this.#owners.update();
  }

  /** A call, because it changes while something is awaited. */
  #isDisposed(): boolean {
    return this.#disposed;
  }

  #observe(): void {
    this.#observing ??= this.#parts.store.onDidChange((id) => {
      void (id === undefined ? this.#findNew() : this.#refresh(id)).catch((error: unknown) =>
        this.#tools.logger.warn('A change of a run was not understood', error),
      );
    });
  }

  /** Runs that another window has begun. */
  async #findNew(): Promise<void> {
    const unknown = (await this.#files.openIds()).filter((id) => !this.#runs.has(id));
    await Promise.all(unknown.map((id) => this.#refresh(id)));
  }

  async #refresh(id: string): Promise<void> {
    const own = this.#drivers.get(id)?.driver;
    if (own) {
      await this.#cancels.heed(id, own);
      return;
    }
    const record = await this.#parts.store.get(id);
    if (record && !this.#isDisposed()) {
      this.#track(record);
      this.#owners.update();
    }
  }

  /** Runs that need something still, and that others drive. */
  #foreign(): RunRecord[] {
    return [...this.#runs.values()]
      .filter((run) => !run.record.released && !this.#drivers.has(run.id))
      .map((run) => run.record);
  }

  async #isRunning(ref: NonNullable<RunRequest['cluster']>): Promise<boolean> {
    const cluster = await backendOf(this.#tools.backends, ref.backend).cluster(ref, AbortSignal.timeout(10_000));
    return cluster?.state === 'running';
  }
}

function unknownRun(id: string): UserError {
  return new UserError({
    code: 'runUnknown',
    what: `There is no run ${id}.`,
    why: 'It was deleted, or its files cannot be read.',
    next: 'Refresh the list of runs.',
  });
}
