import { join } from 'node:path';
import type { BackendKind, ClusterRef } from '../core/cluster';
import type { Job, JobRef, OutputChunk } from '../core/job';
import type { Logger } from '../core/ports';
import type { ActivatedEnvironments } from './activatedEnvironments';
import { JobList } from './jobList';
import type { RunnerPackage } from './runnerPackage';
import { Supervisors } from './supervisors';
import { throwIfAborted } from './wait';

/** What backends have in common whose drivers run on this machine, each under a supervisor. */
export abstract class SupervisedBackend<Kind extends BackendKind> {
  readonly kind: Kind;
  protected readonly supervisors: Supervisors;
  readonly #jobs: JobList;

  /** @param storage the extension's global storage folder */
  protected constructor(
    kind: Kind,
    storage: string,
    runner: RunnerPackage,
    logger: Logger,
    environments: ActivatedEnvironments,
  ) {
    this.kind = kind;
    this.supervisors = new Supervisors(runner, logger, environments);
    this.#jobs = new JobList(join(storage, 'runs'), kind, (folder) => this.supervisors.read(folder));
  }

  async *jobs(cluster: ClusterRef, signal: AbortSignal): AsyncGenerator<Job> {
    yield* (await this.jobsByCluster(signal)).get(cluster.id) ?? [];
  }

  jobsByCluster(signal: AbortSignal): Promise<ReadonlyMap<string, readonly Job[]>> {
    return this.#jobs.byCluster(signal);
  }

  watchJob(_job: JobRef, folder: string, signal: AbortSignal): AsyncIterable<Job> {
    return this.supervisors.watch(folder, signal);
  }

  async cancelJob(_job: JobRef, folder: string, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    await this.supervisors.cancel(folder);
  }

  output(_job: JobRef, folder: string, from: number, signal: AbortSignal): AsyncIterable<OutputChunk> {
    return this.supervisors.output(folder, from, signal);
  }
}
