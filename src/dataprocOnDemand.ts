import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
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
} from './core/cluster';
import type { DataprocProfile } from './core/dataprocProfile';
import { Emitter, type Disposable, type Event } from './core/event';
import type { GoogleAccounts, GooglePlaces, SignIn } from './core/googleAccount';
import type { Job, JobRef, JobSpec, OutputChunk } from './core/job';
import type { Backend, ClusterSpec, Logger, ReceiptRequest } from './core/ports';
import type { Profile } from './core/profile';
import type { Receipt } from './core/receipt';
import type * as DataprocBundle from './dataproc';
import { machinePython } from './dataproc/machinePaths';
import type { RunnerPackage } from './machine/runnerPackage';

export interface DataprocParts {
  /** The extension's global storage folder. */
  storage: string;
  runner: RunnerPackage;
  logger: Logger;
  /** Those of the settings, as they are now. */
  profiles: () => readonly DataprocProfile[];
  /** Whom Google is asked as, after the settings as they are now. */
  signIn: () => SignIn;
  /** What tells this machine's extension from others: its hash becomes a label. */
  installation: string;
}

/**
 * The Dataproc backend, whose bundle is loaded when it is first needed: by a profile of it, or by a cluster that this
 * machine asked for. Whoever has neither pays nothing for it.
 */
export class DataprocOnDemand implements Backend, Disposable {
  readonly kind = 'dataproc';
  readonly copyOutput = true;
  readonly interpreter = machinePython;
  readonly #parts: DataprocParts;
  readonly #changed = new Emitter<void>();
  #services: DataprocBundle.DataprocServices | undefined;
  #watchers = 0;
  #watching: Disposable | undefined;

  constructor(parts: DataprocParts) {
    this.#parts = parts;
  }

  readonly onDidChange: Event<void> = (listener) => {
    const subscription = this.#changed.event(listener);
    this.#watchers += 1;
    this.#watch();
    let open = true;
    return {
      dispose: () => {
        if (open) {
          open = false;
          subscription.dispose();
          this.#watchers -= 1;
          this.#watch();
        }
      },
    };
  };

  /** Who asks Google, and who could. The bundle is loaded by the first question. */
  readonly accounts: GoogleAccounts = {
    who: async (signal) => this.#bundle.accounts.who(signal),
    offers: async (signal) => this.#bundle.accounts.offers(signal),
  };

  /** What there is to choose from for a profile. */
  readonly places: GooglePlaces = {
    regions: async (...asked) => this.#bundle.places.regions(...asked),
    zones: async (...asked) => this.#bundle.places.zones(...asked),
    machineTypes: async (...asked) => this.#bundle.places.machineTypes(...asked),
    subnetworks: async (...asked) => this.#bundle.places.subnetworks(...asked),
  };

  /** The settings of who asks have changed, or somebody has signed in: files are read anew. */
  signInChanged(): void {
    if (this.#services !== undefined) {
      this.#services.use(this.#parts.signIn());
      this.#changed.fire();
    }
  }

  async *clusters(signal: AbortSignal): AsyncGenerator<Cluster> {
    if (this.#isUsed) {
      yield* this.#loaded.clusters(signal);
    }
  }

  async cluster(ref: ClusterRef, signal: AbortSignal): Promise<Cluster | undefined> {
    return this.#loaded.cluster(ref, signal);
  }

  async createCluster(
    spec: ClusterSpec,
    requestId: string,
    onStage: (stage: StartupStage, detail?: string) => void,
    signal: AbortSignal,
  ): Promise<Cluster> {
    return this.#loaded.createCluster(spec, requestId, onStage, signal);
  }

  fingerprint(profile: Profile): Promise<string> {
    return this.#loaded.fingerprint(profile);
  }

  receipt(request: ReceiptRequest, signal: AbortSignal): Promise<Receipt> {
    return this.#loaded.receipt(request, signal);
  }

  async resizeCluster(cluster: ClusterRef, workers: WorkerRange, signal: AbortSignal): Promise<void> {
    await this.#loaded.resizeCluster(cluster, workers, signal);
  }

  async restartWorkers(cluster: ClusterRef, signal: AbortSignal): Promise<void> {
    await this.#loaded.restartWorkers(cluster, signal);
  }

  async deleteCluster(cluster: ClusterRef, reason: string, signal: AbortSignal): Promise<void> {
    await this.#loaded.deleteCluster(cluster, reason, signal);
  }

  async releaseCluster(cluster: ClusterRef, reason: string, signal: AbortSignal): Promise<void> {
    await this.#loaded.releaseCluster(cluster, reason, signal);
  }

  async stopCluster(cluster: ClusterRef, signal: AbortSignal): Promise<void> {
    await this.#loaded.stopCluster(cluster, signal);
  }

  async startCluster(cluster: ClusterRef, signal: AbortSignal): Promise<void> {
    await this.#loaded.startCluster(cluster, signal);
  }

  machines(cluster: ClusterRef, signal: AbortSignal): Promise<ClusterMachines> {
    return this.#loaded.machines(cluster, signal);
  }

  async resizeMachines(
    cluster: ClusterRef,
    change: MachineChange,
    onProgress: (text: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#loaded.resizeMachines(cluster, change, onProgress, signal);
  }

  async *jobs(cluster: ClusterRef, signal: AbortSignal): AsyncGenerator<Job> {
    yield* this.#loaded.jobs(cluster, signal);
  }

  async jobsByCluster(signal: AbortSignal): Promise<ReadonlyMap<string, readonly Job[]>> {
    return this.#isUsed ? this.#loaded.jobsByCluster(signal) : new Map();
  }

  async submitJob(cluster: ClusterRef, spec: JobSpec, requestId: string, signal: AbortSignal): Promise<Job> {
    return this.#loaded.submitJob(cluster, spec, requestId, signal);
  }

  async *watchJob(job: JobRef, folder: string, signal: AbortSignal): AsyncGenerator<Job> {
    yield* this.#loaded.watchJob(job, folder, signal);
  }

  async cancelJob(job: JobRef, folder: string, signal: AbortSignal): Promise<void> {
    await this.#loaded.cancelJob(job, folder, signal);
  }

  async *output(job: JobRef, folder: string, from: number, signal: AbortSignal): AsyncGenerator<OutputChunk> {
    yield* this.#loaded.output(job, folder, from, signal);
  }

  async scheduler(cluster: ClusterRef, signal: AbortSignal): Promise<SchedulerEndpoint> {
    return this.#loaded.scheduler(cluster, signal);
  }

  async logs(cluster: ClusterRef, signal: AbortSignal): Promise<readonly LogSource[]> {
    return this.#loaded.logs(cluster, signal);
  }

  dispose(): void {
    this.#watching?.dispose();
    this.#services?.backend.dispose();
    this.#changed.dispose();
  }

  get #isUsed(): boolean {
    return (
      this.#services !== undefined ||
      this.#parts.profiles().length > 0 ||
      existsSync(join(this.#parts.storage, 'dataproc'))
    );
  }

  get #loaded(): DataprocBundle.DataprocServices['backend'] {
    return this.#bundle.backend;
  }

  get #bundle(): DataprocBundle.DataprocServices {
    if (this.#services === undefined) {
      const { dataprocServices } = createRequire(__filename)('./dataproc.js') as typeof DataprocBundle;
      const { storage, runner, logger, installation, profiles, signIn } = this.#parts;
      this.#services = dataprocServices(
        {
          ...{ storage, runner, logger, installation },
          asked: () => profiles().map(({ project, region, impersonate }) => ({ project, region, impersonate })),
        },
        signIn(),
      );
      this.#watch();
    }
    return this.#services;
  }

  /** Listens to the backend for exactly as long as somebody listens here, and it is there. */
  #watch(): void {
    if (this.#watchers > 0 && this.#services !== undefined) {
      this.#watching ??= this.#services.backend.onDidChange(() => this.#changed.fire());
    } else if (this.#watchers === 0) {
      this.#watching?.dispose();
      this.#watching = undefined;
    }
  }
}
