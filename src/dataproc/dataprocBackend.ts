import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type {
  Cluster,
  ClusterMachines,
  ClusterRef,
  LogSource,
  MachineChange,
  SchedulerEndpoint,
  StartupStage,
  WorkerRange,
} from '../core/cluster';
import type { DataprocProfile } from '../core/dataprocProfile';
import { UserError } from '../core/errors';
import { Emitter, type Disposable, type Event } from '../core/event';
import { clusterFingerprint } from '../core/fingerprint';
import { isTerminal, type Job, type JobRef, type JobSpec, type OutputChunk } from '../core/job';
import type { Backend, ClusterSpec, ReceiptRequest } from '../core/ports';
import type { Profile } from '../core/profile';
import type { Receipt } from '../core/receipt';
import { throwIfAborted } from '../machine/wait';
import { ClusterControls } from '../scheduler/controls';
import { AccountServices, type AccountOptions } from './accountServices';
import { clusterEnded, clusterGone } from './clusterErrors';
import { startLogs, writeLogs } from './clusterLogs';
import type { ClusterRecord } from './clusterRecord';
import { ClusterRecords } from './clusterRecords';
import { carriesDask, clusterView, recordView } from './clusterView';
import { checkDependencies, requirementsContent } from './dependencies/checkDependencies';
import { toUserError } from './failures/explainError';
import { GoogleError } from './google/googleApi';
import { planCode } from './jobSubmit';
import { jobView } from './jobView';
import { KnownClusters, type Asked } from './knownClusters';
import { MachineChanges } from './machineChanges';
import { machinePython } from './machinePaths';
import { newRecord, recordOfOthers } from './newRecords';
import { receiptOf } from './receipt';
import { schedulerEndpoint } from './schedulerEndpoint';

export interface DataprocOptions extends AccountOptions {
  /** Where the profiles look for clusters, as they are now. */
  asked: () => readonly Asked[];
}

/** Clusters of Google Cloud Dataproc: made for runs, used where others made them, and deleted for sure. */
export class DataprocBackend implements Backend, Disposable {
  readonly kind = 'dataproc';
  readonly copyOutput = true;
  readonly interpreter = machinePython;
  readonly onDidChange: Event<void>;
  readonly #options: DataprocOptions;
  readonly #records: ClusterRecords;
  readonly #known: KnownClusters;
  readonly #controls = new ClusterControls();
  readonly #changed = new Emitter<void>();
  readonly #services: AccountServices;
  readonly #machines: MachineChanges;

  constructor(options: DataprocOptions) {
    this.#options = options;
    this.#records = new ClusterRecords(options.storage);
    this.#known = new KnownClusters({ ...options, records: this.#records });
    this.#services = new AccountServices(options, this.#records);
    this.#machines = new MachineChanges({
      known: this.#known,
      services: this.#services,
      logger: options.logger,
      changed: () => this.#changed.fire(),
    });
    this.#records.onDidChange(() => this.#changed.fire());
    this.onDidChange = (listener) => {
      const own = this.#changed.event(listener);
      const looking = this.#known.watch(() => this.#changed.fire());
      return {
        dispose: () => {
          looking.dispose();
          own.dispose();
        },
      };
    };
  }

  async *clusters(signal: AbortSignal): AsyncGenerator<Cluster> {
    for (const { cluster, record } of await this.#known.all(signal)) {
      if (cluster !== undefined) {
        yield clusterView(cluster, record);
      } else if (record !== undefined) {
        yield recordView(record);
      }
    }
  }

  async cluster(ref: ClusterRef, signal: AbortSignal): Promise<Cluster | undefined> {
    const { cluster, record } = await this.#known.look(ref.id, signal);
    return cluster !== undefined ? clusterView(cluster, record) : record && recordView(record);
  }

  /** Throws the UserErrors of `explainFailure`, and of what is uploaded. */
  async createCluster(
    spec: ClusterSpec,
    requestId: string,
    onStage: (stage: StartupStage, detail?: string) => void,
    signal: AbortSignal,
  ): Promise<Cluster> {
    const { profile } = spec;
    if (profile.backend !== 'dataproc') {
      throw new Error(`A profile of ${profile.backend} came to the Dataproc backend`);
    }
    throwIfAborted(signal);
    const known = await this.#records.read(requestId);
    if (known?.endedAt !== undefined) {
      // One that has ended is not made again under its id.
      throw clusterEnded(known);
    }
    if (known === undefined) {
      // Also where no receipt was asked for: a cluster is paid for from its first second on.
      await this.#checkDependencies(profile);
    }
    const record = known ?? newRecord(spec, profile, requestId, await this.fingerprint(profile));
    const { start, submit } = await this.#services.of(record.impersonate);
    // What cannot be packed fails the run before anything is paid for.
    const archive = spec.code === undefined ? undefined : await submit.pack(spec.code, signal);
    // On disk before anything is asked for: whoever comes later finds the cluster by it.
    await this.#records.write(record);
    await start.ready({ record, profile, archive, onStage }, signal);
    const { cluster } = await this.#known.look(requestId, signal);
    if (cluster === undefined) {
      throw clusterGone(record.profile);
    }
    return clusterView(cluster, await this.#records.read(requestId));
  }

  /** With the content of its requirements: a file that has changed means another environment. */
  async fingerprint(profile: Profile): Promise<string> {
    const source = profile.backend === 'dataproc' ? profile.environmentSource : undefined;
    const hash = createHash('sha256');
    for (const file of source?.kind === 'requirements' ? source.files : []) {
      hash.update(await requirementsContent(file, profile.name).catch(() => ''));
    }
    return clusterFingerprint(profile, source?.kind === 'requirements' ? hash.digest('hex') : '');
  }

  /** Throws UserErrors of signing in, of packing and of packages: before anything is spent. */
  async receipt({ target, workspaceFolder, profile, reused }: ReceiptRequest, signal: AbortSignal): Promise<Receipt> {
    if (profile.backend !== 'dataproc') {
      throw new Error(`A profile of ${profile.backend} came to the Dataproc backend`);
    }
    const [plan, notes, account] = await Promise.all([
      target === undefined ? undefined : planCode(target, workspaceFolder, profile, signal),
      // A cluster that is there has its packages.
      reused === undefined ? this.#checkDependencies(profile) : [],
      this.#options.google(profile.impersonate).account(signal),
    ]);
    const receipt = receiptOf(profile, plan, account, reused, notes);
    for (const note of receipt.notes) {
      // Whoever is not asked first finds them there.
      this.#options.logger.warn(note);
    }
    return receipt;
  }

  async #checkDependencies(profile: DataprocProfile): Promise<readonly string[]> {
    return checkDependencies(profile, join(await this.#options.runner.ensure(), 'dask_runner'));
  }

  async resizeCluster(ref: ClusterRef, workers: WorkerRange, signal: AbortSignal): Promise<void> {
    const { httpUrl, headers } = await this.#httpSide(ref, signal);
    await this.#controls.scale(httpUrl, workers, signal, await headers?.());
    await this.#records.change(ref.id, { workers });
  }

  async restartWorkers(ref: ClusterRef, signal: AbortSignal): Promise<void> {
    const { httpUrl, headers } = await this.#httpSide(ref, signal);
    await this.#controls.restart(httpUrl, signal, await headers?.());
  }

  async deleteCluster(ref: ClusterRef, reason: string, signal: AbortSignal): Promise<void> {
    const record = await this.#records.read(ref.id);
    try {
      if (record !== undefined) {
        await (await this.#services.of(record.impersonate)).end.end(record, reason, signal);
        return;
      }
      const { cluster, impersonate } = await this.#known.look(ref.id, signal);
      if (cluster !== undefined) {
        await (await this.#services.of(impersonate)).end.removeCluster(cluster, signal);
        this.#changed.fire();
      }
    } catch (error) {
      throw toUserError(
        error,
        record ?? { project: '', region: '' },
        `The cluster "${record?.profile ?? ref.id}" could not be deleted.`,
      );
    }
  }

  async releaseCluster(ref: ClusterRef, reason: string, signal: AbortSignal): Promise<void> {
    const record = await this.#records.read(ref.id);
    const running = record?.stopAfterRun === true && (await this.cluster(ref, signal))?.state === 'running';
    if (!running) {
      // One that never came to run is of no use to later runs.
      await this.deleteCluster(ref, reason, signal);
      return;
    }
    for await (const job of this.jobs(ref, signal)) {
      if (!isTerminal(job.state)) {
        // The last run on it stops it.
        return;
      }
    }
    await this.stopCluster(ref, signal);
  }

  async stopCluster(ref: ClusterRef, signal: AbortSignal): Promise<void> {
    await this.#machines.switch(ref, 'stopped', signal);
  }

  async startCluster(ref: ClusterRef, signal: AbortSignal): Promise<void> {
    await this.#machines.switch(ref, 'started', signal);
  }

  machines(ref: ClusterRef, signal: AbortSignal): Promise<ClusterMachines> {
    return this.#machines.of(ref, signal);
  }

  async resizeMachines(
    ref: ClusterRef,
    change: MachineChange,
    onProgress: (text: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#machines.resize(ref, change, onProgress, signal);
  }

  async *jobs(ref: ClusterRef, signal: AbortSignal): AsyncGenerator<Job> {
    const { cluster, record, impersonate } = await this.#known.look(ref.id, signal);
    const place = cluster ?? record;
    if (place === undefined) {
      return;
    }
    const { google } = await this.#services.of(impersonate);
    const name = cluster?.name ?? record?.clusterName;
    for await (const job of google.dataproc.jobs(place, name, signal)) {
      yield jobView(job, { backend: this.kind, id: ref.id });
    }
  }

  async jobsByCluster(signal: AbortSignal): Promise<ReadonlyMap<string, readonly Job[]>> {
    const byCluster = new Map<string, Job[]>();
    for (const { id, job } of await this.#known.jobs(signal)) {
      const jobs = byCluster.get(id) ?? [];
      jobs.push(jobView(job, { backend: this.kind, id }));
      byCluster.set(id, jobs);
    }
    return byCluster;
  }

  async submitJob(ref: ClusterRef, spec: JobSpec, requestId: string, signal: AbortSignal): Promise<Job> {
    const record = await this.#record(ref, signal);
    const { submit } = await this.#services.of(record.impersonate);
    return jobView(await submit.submit(record, spec, requestId, signal), ref);
  }

  async *watchJob(job: JobRef, folder: string, signal: AbortSignal): AsyncGenerator<Job> {
    const record = await this.#record(job.cluster, signal);
    const { follow } = await this.#services.of(record.impersonate);
    yield* follow.watch(record, job.id, folder, signal);
  }

  async cancelJob(job: JobRef, _folder: string, signal: AbortSignal): Promise<void> {
    const record = await this.#record(job.cluster, signal);
    const { google } = await this.#services.of(record.impersonate);
    try {
      await google.dataproc.cancelJob(record, job.id, signal);
    } catch (error) {
      // One that is over, or was never handed in, needs no cancel.
      if (!(error instanceof GoogleError) || !['FAILED_PRECONDITION', 'NOT_FOUND'].includes(error.code ?? '')) {
        throw toUserError(error, record, 'The job could not be cancelled.');
      }
    }
  }

  async *output(job: JobRef, _folder: string, from: number, signal: AbortSignal): AsyncGenerator<OutputChunk> {
    const record = await this.#record(job.cluster, signal);
    const { follow } = await this.#services.of(record.impersonate);
    yield* follow.output(record, job.id, from, signal);
  }

  async scheduler(ref: ClusterRef, signal: AbortSignal): Promise<SchedulerEndpoint> {
    const { cluster, impersonate } = await this.#known.recent(ref.id, signal);
    if (cluster === undefined) {
      throw clusterGone(ref.id);
    }
    const { google, tunnels } = await this.#services.of(impersonate);
    return schedulerEndpoint(cluster, {
      token: (until) => google.token(until),
      tunnel: (target) => tunnels.port(target),
    });
  }

  async logs(ref: ClusterRef, signal: AbortSignal): Promise<readonly LogSource[]> {
    throwIfAborted(signal);
    const folder = this.#records.folderOf(ref.id);
    const { cluster } = await this.#known.recent(ref.id, signal);
    const running = cluster !== undefined && carriesDask(cluster) && ['RUNNING', 'UPDATING'].includes(cluster.state);
    const own = await startLogs(folder);
    if (!running) {
      return own;
    }
    const { httpUrl, headers } = await this.#httpSide(ref, signal);
    const texts = await this.#controls.logs(httpUrl, signal, await headers?.());
    return [...(await writeLogs(join(folder, 'logs'), texts)), ...own];
  }

  /** Google is asked as somebody else from now on. */
  accountChanged(): void {
    this.#known.forget();
  }

  dispose(): void {
    this.#services.dispose();
    this.#known.dispose();
    this.#records.dispose();
    this.#controls.dispose();
    this.#changed.dispose();
  }

  /** Of a cluster of this machine's, or made up for one of others that carries our environment. */
  async #record(ref: ClusterRef, signal: AbortSignal): Promise<ClusterRecord> {
    const record = await this.#records.read(ref.id);
    if (record !== undefined) {
      return record;
    }
    const { cluster, impersonate } = await this.#known.recent(ref.id, signal);
    if (cluster === undefined) {
      throw clusterGone(ref.id);
    }
    return recordOfOthers(cluster, ref.id, impersonate);
  }

  async #httpSide(
    ref: ClusterRef,
    signal: AbortSignal,
  ): Promise<{ httpUrl: string; headers: SchedulerEndpoint['headers'] }> {
    const { httpUrl, headers } = await this.scheduler(ref, signal);
    if (httpUrl === undefined) {
      throw new UserError({
        code: 'gatewayMissing',
        what: 'The cluster cannot be reached from here.',
        why: 'Its Component Gateway is off, or not ready yet.',
        next: 'Try again in a minute, or use a cluster that this extension created.',
      });
    }
    return { httpUrl, headers };
  }
}
