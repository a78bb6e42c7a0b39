import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  BackendKind,
  Cluster,
  ClusterRef,
  LogSource,
  SchedulerEndpoint,
  StartupStage,
  WorkerRange,
} from '../../src/core/cluster';
import { CancelledError } from '../../src/core/errors';
import type { Event } from '../../src/core/event';
import type { Job, JobRef, JobSpec, OutputChunk } from '../../src/core/job';
import { isTerminal } from '../../src/core/job';
import type { Backend, ClusterSpec } from '../../src/core/ports';
import type { FakeWorld } from './fakeWorld';
import { forever, Gate } from './gates';

/** Where a call can be held, fail, or its process be killed. `made` is after the act and before the answer. */
export type Step =
  | 'clusters'
  | 'createCluster'
  | 'createCluster made'
  | 'deleteCluster'
  | 'deleteCluster made'
  | 'submitJob'
  | 'submitJob made'
  | 'watchJob'
  | 'cancelJob'
  | 'jobs'
  | 'output';

/** One window's view of a {@link FakeWorld}: scripted by gates and failures, never by time. */
export class FakeBackend implements Backend {
  readonly kind: BackendKind;
  readonly copyOutput: boolean;
  readonly onDidChange: Event<void>;
  /** Every step that was passed, in order. */
  readonly calls: Step[] = [];
  /** Asked at each step; `crash` kills the window there. */
  decide: ((step: Step) => 'go' | 'crash') | undefined;
  onCrash: (() => void) | undefined;
  crashed = false;
  readonly #world: FakeWorld;
  readonly #gates = new Map<Step, Gate>();
  readonly #failures = new Map<Step, Error[]>();

  /** @param copyOutput true: output is kept by the world alone, and the run has to copy it. */
  constructor(world: FakeWorld, kind: BackendKind = 'local', copyOutput = false) {
    this.#world = world;
    this.kind = kind;
    this.copyOutput = copyOutput;
    this.onDidChange = world.onDidChange;
  }

  /** The next call that comes to this step waits there. */
  hold(step: Step): Gate {
    const gate = new Gate();
    this.#gates.set(step, gate);
    return gate;
  }

  /** The next calls that come to this step fail, one for each error. */
  fail(step: Step, ...errors: Error[]): void {
    this.#failures.set(step, errors);
  }

  /** The window is killed: no call of it, now or later, comes back. */
  crash(): void {
    this.crashed = true;
    this.onCrash?.();
  }

  async *clusters(signal: AbortSignal): AsyncIterable<Cluster> {
    await this.#step('clusters', signal);
    for (const cluster of [...this.#world.clusters.values()]) {
      if (cluster.backend === this.kind && cluster.state !== 'closed') {
        yield cluster;
      }
    }
  }

  async cluster(ref: ClusterRef): Promise<Cluster | undefined> {
    return this.crashed ? forever() : Promise.resolve(this.#world.clusters.get(ref.id));
  }

  async createCluster(
    spec: ClusterSpec,
    requestId: string,
    onStage: (stage: StartupStage, detail?: string) => void,
    signal: AbortSignal,
  ): Promise<Cluster> {
    onStage('process');
    await this.#step('createCluster', signal);
    const cluster = this.#world.create(this.kind, spec, requestId);
    onStage('workers');
    await this.#step('createCluster made', signal);
    onStage('ready');
    return cluster;
  }

  async resizeCluster(cluster: ClusterRef, workers: WorkerRange): Promise<void> {
    await this.#alive();
    this.#world.changeCluster(cluster.id, { workers });
  }

  restartWorkers(): Promise<void> {
    return this.#alive();
  }

  async deleteCluster(cluster: ClusterRef, reason: string, signal: AbortSignal): Promise<void> {
    await this.#step('deleteCluster', signal);
    if (this.#world.clusters.get(cluster.id)?.state !== 'closed') {
      this.#world.endCluster(cluster.id, reason);
    }
    await this.#step('deleteCluster made', signal);
  }

  async *jobs(cluster: ClusterRef, signal: AbortSignal): AsyncIterable<Job> {
    await this.#step('jobs', signal);
    yield* this.#world.jobsOf(cluster.id);
  }

  async submitJob(cluster: ClusterRef, spec: JobSpec, requestId: string, signal: AbortSignal): Promise<Job> {
    await this.#step('submitJob', signal);
    const job = this.#world.submit(cluster, spec, requestId);
    await this.#step('submitJob made', signal);
    return job;
  }

  async *watchJob(ref: JobRef, folder: string, signal: AbortSignal): AsyncIterable<Job> {
    await this.#step('watchJob', signal);
    let shown: Job | undefined;
    for await (const jobs of this.#jobsAtEachChange(signal)) {
      const entry = jobs.get(ref.id);
      if (!entry) {
        throw new Error(`There is no job ${ref.id}`);
      }
      if (entry.job !== shown) {
        shown = entry.job;
        await this.#keepOutput(entry.output, folder);
        yield shown;
        if (isTerminal(shown.state) && (shown.released || !this.#world.supervisorReleases)) {
          return;
        }
      }
    }
  }

  async cancelJob(ref: JobRef, _folder: string, signal: AbortSignal): Promise<void> {
    await this.#step('cancelJob', signal);
    this.#world.finish(ref.id, { state: 'cancelled', signal: 'SIGINT' });
  }

  async *output(ref: JobRef, _folder: string, from: number, signal: AbortSignal): AsyncIterable<OutputChunk> {
    await this.#step('output', signal);
    let offset = from;
    for await (const jobs of this.#jobsAtEachChange(signal)) {
      const entry = jobs.get(ref.id);
      if (entry && entry.output.length > offset) {
        const bytes = entry.output.slice(offset);
        yield { offset, bytes };
        offset += bytes.length;
      }
      if (!entry || isTerminal(entry.job.state)) {
        return;
      }
    }
  }

  async scheduler(cluster: ClusterRef): Promise<SchedulerEndpoint> {
    await this.#alive();
    return { address: `tcp://${cluster.id}:8786`, httpUrl: `http://127.0.0.1:1/${cluster.id}`, dashboard: false };
  }

  async logs(): Promise<readonly LogSource[]> {
    await this.#alive();
    return [];
  }

  async #step(step: Step, signal: AbortSignal): Promise<void> {
    await this.#alive();
    if (this.decide?.(step) === 'crash') {
      this.crash();
    }
    await this.#alive();
    this.calls.push(step);
    const gate = this.#gates.get(step);
    if (gate) {
      this.#gates.delete(step);
      await gate.pass(signal);
      await this.#alive();
    }
    const error = this.#failures.get(step)?.shift();
    if (error) {
      throw error;
    }
    if (signal.aborted) {
      throw new CancelledError();
    }
  }

  #alive(): Promise<void> {
    return this.crashed ? forever() : Promise.resolve();
  }

  /** Once at the beginning, and then after each change of the world. */
  async *#jobsAtEachChange(signal: AbortSignal): AsyncGenerator<FakeWorld['jobs']> {
    let changed = true;
    let wake: () => void = () => undefined;
    const subscription = this.#world.onDidChange(() => {
      changed = true;
      wake();
    });
    const onAbort = (): void => wake();
    signal.addEventListener('abort', onAbort);
    try {
      for (;;) {
        await this.#alive();
        if (signal.aborted) {
          throw new CancelledError();
        }
        if (changed) {
          changed = false;
          yield this.#world.jobs;
        } else {
          await new Promise<void>((resolve) => (wake = resolve));
        }
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      subscription.dispose();
    }
  }

  /** As a real supervisor does, unless the run has to copy. */
  async #keepOutput(output: Uint8Array, folder: string): Promise<void> {
    if (this.copyOutput || output.length === 0) {
      return;
    }
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'output.log');
    const there = await readFile(path).catch(() => new Uint8Array());
    await (there.length === 0 ? writeFile(path, output) : appendFile(path, output.slice(there.length)));
  }
}
