import { rm } from 'node:fs/promises';
import type { Cluster, ClusterRef, LogSource, SchedulerEndpoint, StartupStage, WorkerRange } from '../core/cluster';
import { isCancelled } from '../core/errors';
import type { Disposable, Event } from '../core/event';
import type { Job, JobSpec } from '../core/job';
import type { Backend, ClusterSpec, Logger } from '../core/ports';
import { ActivatedEnvironments } from '../machine/activatedEnvironments';
import { isElsewhere } from '../machine/host';
import type { RunnerPackage } from '../machine/runnerPackage';
import { SupervisedBackend } from '../machine/supervisedBackend';
import { throwIfAborted } from '../machine/wait';
import type { Zygotes } from '../machine/zygotes';
import { ClusterControls } from '../scheduler/controls';
import { ClusterEnd } from './clusterEnd';
import { clusterElsewhere, clusterGone, clusterNotRunning } from './clusterErrors';
import type { ClusterFiles } from './clusterFiles';
import { clusterLogs } from './clusterLogs';
import { ClusterStart, takesScripts, usualLimits, type StartLimits } from './clusterStart';
import { ClusterStore } from './clusterStore';
import { LocalChanges } from './localChanges';

type Reachable = ClusterFiles & { schedulerAddress: string; httpUrl: string };

export interface LocalBackendOptions {
  /** The extension's global storage folder. */
  storage: string;
  runner: RunnerPackage;
  /** Absent: each process is started. */
  zygotes?: Zygotes;
  /** Shared by all that start processes for scripts; absent: its own. */
  environments?: ActivatedEnvironments;
  logger: Logger;
  limits?: StartLimits;
}

/** Dask clusters of real processes on this machine, which all windows of this user share. */
export class LocalBackend extends SupervisedBackend<'local'> implements Backend, Disposable {
  readonly onDidChange: Event<void>;
  readonly #logger: Logger;
  readonly #zygotes: Zygotes | undefined;
  readonly #store: ClusterStore;
  readonly #controls = new ClusterControls();
  readonly #start: ClusterStart;
  readonly #end: ClusterEnd;
  readonly #changes: LocalChanges;
  #pruned = false;

  constructor(options: LocalBackendOptions) {
    const { storage, runner, zygotes, logger, limits = usualLimits } = options;
    const { environments = new ActivatedEnvironments(logger) } = options;
    super('local', storage, runner, logger, environments);
    this.#logger = logger;
    this.#store = new ClusterStore(storage, logger);
    this.#zygotes = zygotes;
    this.#start = new ClusterStart(this.#store, runner, zygotes, environments, limits);
    this.#end = new ClusterEnd(this.#store, this.#controls, logger);
    this.#changes = new LocalChanges(this.#store, storage);
    this.onDidChange = this.#changes.event;
  }

  async *clusters(signal: AbortSignal): AsyncGenerator<Cluster> {
    for (const files of await this.#store.lookAtAll(signal)) {
      yield files.cluster;
    }
    if (!this.#pruned) {
      this.#pruned = true;
      await this.#store
        .prune()
        .catch((error: unknown) => this.#logger.warn('Old clusters could not be removed', error));
    }
  }

  async cluster(ref: ClusterRef, signal: AbortSignal): Promise<Cluster | undefined> {
    throwIfAborted(signal);
    return (await this.#store.look(ref.id))?.cluster;
  }

  /** Throws UserErrors `clusterStartFailed`, `clusterStalled`, those of the cluster process, and of the storage folder. */
  async createCluster(
    spec: ClusterSpec,
    requestId: string,
    onStage: (stage: StartupStage, detail?: string) => void,
    signal: AbortSignal,
  ): Promise<Cluster> {
    if (spec.profile.backend !== 'local') {
      throw new Error(`A profile of ${spec.profile.backend} came to the local backend`);
    }
    throwIfAborted(signal);
    const request = { id: requestId, spec, profile: spec.profile, onStage };
    try {
      await this.#start.begin(request, signal);
      return (await this.#start.ready(request, signal)).cluster;
    } catch (error) {
      if (isCancelled(error)) {
        await this.#end.end(requestId, 'Its start was cancelled.', new AbortController().signal);
      }
      throw error;
    }
  }

  async resizeCluster(cluster: ClusterRef, workers: WorkerRange, signal: AbortSignal): Promise<void> {
    const { httpUrl } = await this.#running(cluster);
    await this.#controls.scale(httpUrl, workers, signal);
  }

  async restartWorkers(cluster: ClusterRef, signal: AbortSignal): Promise<void> {
    const { httpUrl } = await this.#running(cluster);
    await this.#controls.restart(httpUrl, signal);
  }

  /** One that failed is taken off the list; one of a run stays on disk, as its logs belong to the run. */
  async deleteCluster(cluster: ClusterRef, reason: string, signal: AbortSignal): Promise<void> {
    const before = await this.#store.look(cluster.id);
    await this.#end.end(cluster.id, reason, signal);
    if (before?.cluster.state === 'failed' && !before.cluster.ephemeral) {
      await rm(before.folder, { recursive: true, force: true });
    }
  }

  async submitJob(cluster: ClusterRef, spec: JobSpec, requestId: string, signal: AbortSignal): Promise<Job> {
    const submitted = await this.supervisors.read(spec.folder);
    if (submitted !== undefined && submitted.state !== 'pending') {
      return submitted;
    }
    const files = await this.#takingScripts(cluster);
    const own = files.cluster.python?.executable;
    const interpreter = spec.interpreter ?? own;
    if (interpreter === undefined) {
      throw clusterNotRunning(files.cluster);
    }
    const order = {
      id: requestId,
      cluster: { backend: cluster.backend, id: cluster.id },
      clusterFolder: files.folder,
      schedulerAddress: files.schedulerAddress,
      tls: files.tls,
      interpreter,
      spec,
      environment: files.environment,
    };
    return this.supervisors.submit(order, this.#zygotes, signal);
  }

  async scheduler(cluster: ClusterRef, signal: AbortSignal): Promise<SchedulerEndpoint> {
    throwIfAborted(signal);
    const files = await this.#running(cluster);
    return {
      address: files.schedulerAddress,
      httpUrl: files.httpUrl,
      dashboard: files.dashboard,
      ...(files.tls === undefined ? {} : { tls: files.tls }),
    };
  }

  async logs(cluster: ClusterRef, signal: AbortSignal): Promise<readonly LogSource[]> {
    throwIfAborted(signal);
    return clusterLogs(this.#store.folderOf(cluster.id));
  }

  dispose(): void {
    this.#changes.dispose();
    this.#controls.dispose();
  }

  /** Throws what `#takingScripts` does. */
  async #running(cluster: ClusterRef): Promise<Reachable> {
    const files = await this.#takingScripts(cluster);
    if (files.cluster.state !== 'running') {
      throw clusterNotRunning(files.cluster);
    }
    return files;
  }

  /** Throws UserErrors `clusterGone`, `clusterEnded`, `clusterNotReady`, `clusterElsewhere`. */
  async #takingScripts(cluster: ClusterRef): Promise<Reachable> {
    const files = await this.#store.look(cluster.id);
    if (files === undefined) {
      throw clusterGone(cluster.id);
    }
    if (isElsewhere(files.process)) {
      // Somebody else may listen on its port here.
      throw clusterElsewhere(files.cluster.name);
    }
    if (!takesScripts(files)) {
      throw clusterNotRunning(files.cluster);
    }
    return files;
  }
}
