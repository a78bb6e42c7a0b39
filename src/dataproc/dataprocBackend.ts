import { createHash, randomBytes, randomUUID } from 'node:crypto';
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
import type { Backend, ClusterSpec, Logger, ReceiptRequest } from '../core/ports';
import type { Profile } from '../core/profile';
import type { Receipt } from '../core/receipt';
import type { RunnerPackage } from '../machine/runnerPackage';
import { throwIfAborted } from '../machine/wait';
import { ClusterControls } from '../scheduler/controls';
import { ClusterEnd } from './clusterEnd';
import { startLogs, writeLogs } from './clusterLogs';
import { clusterName, type ClusterRecord } from './clusterRecord';
import { ClusterRecords } from './clusterRecords';
import { ClusterStart } from './clusterStart';
import { carriesDask, clusterView, recordView } from './clusterView';
import { checkDependencies, requirementsContent } from './dependencies/checkDependencies';
import { toUserError } from './failures/explainError';
import { GoogleError, type DataprocApi, type GoogleApi, type GoogleCluster } from './google/googleApi';
import { MasterTunnels } from './iap/masterTunnels';
import { JobFollow } from './jobFollow';
import { JobSubmit, planCode } from './jobSubmit';
import { jobView } from './jobView';
import { machinesOf, resizeMachines } from './machineResize';
import { insist, operationEnd } from './operations';
import { KnownClusters, type Asked } from './knownClusters';
import { machinePython } from './machinePaths';
import { receiptOf } from './receipt';
import { schedulerEndpoint } from './schedulerEndpoint';
import { Staging, usualBucket } from './staging';

export interface DataprocOptions {
  /** The extension's global storage folder. */
  storage: string;
  runner: RunnerPackage;
  logger: Logger;
  /** Google's services, as a service account where one is named. One object for each account. */
  google: (impersonate: string | undefined) => GoogleApi;
  /** Where the profiles look for clusters, as they are now. */
  asked: () => readonly Asked[];
  /** Identity-Aware Proxy's relay: `wss://…`. */
  relay: string;
  /** Of this machine's extension: a label value. */
  installation: string;
}

/** What works for one account. */
interface Services {
  google: GoogleApi;
  start: ClusterStart;
  end: ClusterEnd;
  submit: JobSubmit;
  follow: JobFollow;
  tunnels: MasterTunnels;
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
  readonly #services = new Map<string | undefined, Promise<Services>>();

  constructor(options: DataprocOptions) {
    this.#options = options;
    this.#records = new ClusterRecords(options.storage);
    this.#known = new KnownClusters({ ...options, records: this.#records });
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
      throw this.#ended(known);
    }
    if (known === undefined) {
      // Also where no receipt was asked for: a cluster is paid for from its first second on.
      await this.#checkDependencies(profile);
    }
    const record = known ?? newRecord(spec, profile, requestId, await this.fingerprint(profile));
    const { start, submit } = await this.#of(record.impersonate);
    // What cannot be packed fails the run before anything is paid for.
    const archive = spec.code === undefined ? undefined : await submit.pack(spec.code, signal);
    // On disk before anything is asked for: whoever comes later finds the cluster by it.
    await this.#records.write(record);
    await start.ready({ record, profile, archive, onStage }, signal);
    const { cluster } = await this.#known.look(requestId, signal);
    if (cluster === undefined) {
      throw this.#gone(record.profile);
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
      planCode(target, workspaceFolder, profile, signal),
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
        await (await this.#of(record.impersonate)).end.end(record, reason, signal);
        return;
      }
      const { cluster, impersonate } = await this.#known.look(ref.id, signal);
      if (cluster !== undefined) {
        await (await this.#of(impersonate)).end.removeCluster(cluster, signal);
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
    await this.#switch(ref, 'stopped', signal);
  }

  async startCluster(ref: ClusterRef, signal: AbortSignal): Promise<void> {
    await this.#switch(ref, 'started', signal);
  }

  async machines(ref: ClusterRef, signal: AbortSignal): Promise<ClusterMachines> {
    const { cluster, dataproc, name } = await this.#there(ref, signal);
    try {
      return await machinesOf({ dataproc, logger: this.#options.logger }, cluster, signal);
    } catch (error) {
      throw toUserError(error, cluster, `The machines of "${name}" could not be looked at.`);
    }
  }

  async resizeMachines(
    ref: ClusterRef,
    change: MachineChange,
    onProgress: (text: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { cluster, dataproc, name } = await this.#there(ref, signal);
    try {
      await resizeMachines({ dataproc, logger: this.#options.logger }, cluster, change, onProgress, signal);
      await this.#known.look(ref.id, signal);
      this.#changed.fire();
    } catch (error) {
      throw toUserError(error, cluster, `The number of machines of "${name}" could not be changed.`);
    }
  }

  async *jobs(ref: ClusterRef, signal: AbortSignal): AsyncGenerator<Job> {
    const { cluster, record, impersonate } = await this.#known.look(ref.id, signal);
    const place = cluster ?? record;
    if (place === undefined) {
      return;
    }
    const { google } = await this.#of(impersonate);
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
    const { submit } = await this.#of(record.impersonate);
    return jobView(await submit.submit(record, spec, requestId, signal), ref);
  }

  async *watchJob(job: JobRef, folder: string, signal: AbortSignal): AsyncGenerator<Job> {
    const record = await this.#record(job.cluster, signal);
    const { follow } = await this.#of(record.impersonate);
    yield* follow.watch(record, job.id, folder, signal);
  }

  async cancelJob(job: JobRef, _folder: string, signal: AbortSignal): Promise<void> {
    const record = await this.#record(job.cluster, signal);
    const { google } = await this.#of(record.impersonate);
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
    const { follow } = await this.#of(record.impersonate);
    yield* follow.output(record, job.id, from, signal);
  }

  async scheduler(ref: ClusterRef, signal: AbortSignal): Promise<SchedulerEndpoint> {
    const { cluster, impersonate } = await this.#known.recent(ref.id, signal);
    if (cluster === undefined) {
      throw this.#gone(ref.id);
    }
    const { google, tunnels } = await this.#of(impersonate);
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
    for (const services of this.#services.values()) {
      void services.then(({ tunnels }) => tunnels.dispose()).catch(() => undefined);
    }
    this.#known.dispose();
    this.#records.dispose();
    this.#controls.dispose();
    this.#changed.dispose();
  }

  async #switch(ref: ClusterRef, to: 'stopped' | 'started', signal: AbortSignal): Promise<void> {
    const { cluster, dataproc, name } = await this.#there(ref, signal);
    const { logger } = this.#options;
    const call = to === 'stopped' ? 'stopCluster' : 'startCluster';
    const requestId = randomUUID();
    try {
      const operation = await insist(
        () => dataproc[call](cluster, cluster.name, requestId, signal),
        logger,
        `${cluster.name} is to be ${to}`,
        signal,
      );
      const show = async (): Promise<void> => {
        await this.#known.look(ref.id, signal);
        this.#changed.fire();
      };
      let begun = false;
      await operationEnd({ dataproc, logger }, cluster, operation, signal, async ({ done }) => {
        // The next list may be ten seconds away.
        if (!begun && !done) {
          begun = true;
          await show();
        }
      });
      await show();
    } catch (error) {
      throw toUserError(error, cluster, `The machines of "${name}" could not be ${to}.`);
    }
  }

  /** As Google has it now. @throws UserError `clusterGone` */
  async #there(
    ref: ClusterRef,
    signal: AbortSignal,
  ): Promise<{ cluster: GoogleCluster; dataproc: DataprocApi; name: string }> {
    const { cluster, record, impersonate } = await this.#known.look(ref.id, signal);
    if (cluster === undefined) {
      throw this.#gone(record?.profile ?? ref.id);
    }
    const { google } = await this.#of(impersonate);
    return { cluster, dataproc: google.dataproc, name: record?.profile ?? cluster.name };
  }

  #of(impersonate: string | undefined): Promise<Services> {
    let services = this.#services.get(impersonate);
    if (services === undefined) {
      services = this.#make(impersonate);
      this.#services.set(impersonate, services);
      services.catch(() => this.#services.delete(impersonate));
    }
    return services;
  }

  async #make(impersonate: string | undefined): Promise<Services> {
    const { logger, storage, installation, runner } = this.#options;
    const google = this.#options.google(impersonate);
    const staging = new Staging(google.storage, join(await runner.ensure(), 'dask_runner'));
    const end = new ClusterEnd({ google, records: this.#records, logger });
    const submit = new JobSubmit({ google, staging, logger, storage });
    return {
      google,
      end,
      start: new ClusterStart({ google, records: this.#records, staging, end, submit, logger, installation }),
      submit,
      follow: new JobFollow({ google, logger }),
      tunnels: new MasterTunnels({
        origin: this.#options.relay,
        token: () => google.token(AbortSignal.timeout(30_000)),
        logger,
      }),
    };
  }

  /** Of a cluster of this machine's, or made up for one of others that carries our environment. */
  async #record(ref: ClusterRef, signal: AbortSignal): Promise<ClusterRecord> {
    const record = await this.#records.read(ref.id);
    if (record !== undefined) {
      return record;
    }
    const { cluster, impersonate } = await this.#known.recent(ref.id, signal);
    if (cluster === undefined) {
      throw this.#gone(ref.id);
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

  #ended({ profile, error, endReason }: ClusterRecord): UserError {
    return error === undefined
      ? new UserError({
          code: 'clusterGone',
          what: `The cluster "${profile}" has ended before the run could use it.`,
          ...(endReason === undefined ? {} : { why: endReason }),
          next: 'Run it again.',
        })
      : new UserError({ code: error.code, what: error.message, next: '', buttons: error.buttons ?? [] });
  }

  #gone(name: string): UserError {
    return new UserError({
      code: 'clusterGone',
      what: `The cluster "${name}" is not there any more.`,
      next: 'Run it on another cluster, or with a profile.',
    });
  }
}

function newRecord(spec: ClusterSpec, profile: DataprocProfile, id: string, fingerprint: string): ClusterRecord {
  const { project, region } = profile;
  return {
    id,
    project,
    region,
    clusterName: clusterName(id),
    uuid: undefined,
    bucket: profile.stagingBucket ?? usualBucket(profile),
    profile: spec.name,
    fingerprint,
    ephemeral: spec.ephemeral,
    stopAfterRun: profile.afterRun === 'stop' && spec.runId !== undefined,
    runId: spec.runId,
    workers: profile.workers,
    maxAgeSeconds: profile.maxAgeSeconds,
    createdAt: Date.now(),
    attempt: 1,
    httpSecret: randomBytes(24).toString('hex'),
    impersonate: profile.impersonate,
    endedAt: undefined,
    endReason: undefined,
    error: undefined,
  };
}

function recordOfOthers(cluster: GoogleCluster, id: string, impersonate: string | undefined): ClusterRecord {
  return {
    id,
    project: cluster.project,
    region: cluster.region,
    clusterName: cluster.name,
    uuid: cluster.uuid,
    bucket: cluster.bucket,
    profile: cluster.name,
    fingerprint: '',
    ephemeral: false,
    stopAfterRun: false,
    runId: undefined,
    workers: { kind: 'fixed', count: 0 },
    maxAgeSeconds: undefined,
    createdAt: cluster.createdAt ?? 0,
    attempt: 1,
    httpSecret: '',
    impersonate,
    endedAt: undefined,
    endReason: undefined,
    error: undefined,
  };
}
