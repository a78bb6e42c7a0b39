import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster, ClusterRef } from '../../../src/core/cluster';
import type { DataprocProfile } from '../../../src/core/dataprocProfile';
import { isTerminal, type Job, type JobSpec } from '../../../src/core/job';
import type { Access } from '../../../src/dataproc/access/access';
import type { ClusterSpec } from '../../../src/core/ports';
import { DataprocBackend } from '../../../src/dataproc/dataprocBackend';
import type { Asked } from '../../../src/dataproc/knownClusters';
import { RestGoogleApi } from '../../../src/dataproc/google/restGoogleApi';
import { RunnerPackage } from '../../../src/machine/runnerPackage';
import { copyOutput } from '../../../src/run/runOutput';
import type { ClusterRecord } from '../../emulator/dataproc/clusterRecord';
import { Emulator, type EmulatorOptions } from '../../emulator/emulator';
import type { FaultRule } from '../../emulator/faults';
import { quickTime } from '../../fakes/quickTime';
import { RecordingLogger } from '../../fakes/recordingLogger';
import { cloudProfile, stubRunner } from '../../fakes/stubJob';
import { canary, ListedAccess, place, until } from './google/fixture';

interface WindowOptions {
  access?: Access;
  endpoint?: string;
}

export interface Followed {
  job: Job;
  states: string[];
  output: Buffer;
  folder: string;
}

let last = 0;

/** The real backend over the emulator, with a stub of what runs on the machines. Each window is a backend of its own. */
export class BackendFixture {
  readonly log = new RecordingLogger();
  asked: readonly Asked[] = [{ ...place, impersonate: undefined }];
  readonly #stop = new AbortController();
  readonly #windows: DataprocBackend[] = [];
  readonly #restoreTime = quickTime();

  private constructor(
    readonly emulator: Emulator,
    readonly storage: string,
  ) {}

  static async start(options: EmulatorOptions = {}): Promise<BackendFixture> {
    const emulator = await Emulator.start({
      ...{ tokens: [canary], paceMilliseconds: 5, flushMilliseconds: 20, chunkBytes: 3000 },
      ...options,
    });
    return new BackendFixture(emulator, await mkdtemp(join(tmpdir(), 'dask-backend-')));
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** As after a start of VS Code: nothing is in memory. */
  window({ access = new ListedAccess(), endpoint = this.emulator.url }: WindowOptions = {}): DataprocBackend {
    const { storage, log: logger } = this;
    const google = new RestGoogleApi({ endpoint, access, logger });
    const backend = new DataprocBackend({
      ...{ storage, logger },
      runner: new RunnerPackage(stubRunner, storage),
      google: () => google,
      asked: () => this.asked,
      relay: this.emulator.url.replace('http', 'ws'),
      installation: 'this-machine',
    });
    this.#windows.push(backend);
    return backend;
  }

  /** An id that no test had before. */
  id(): string {
    last += 1;
    return `20261124-061133-${String(last).padStart(3, '0')}-5f0c9a1b`;
  }

  create(
    backend: DataprocBackend,
    id: string,
    more: Partial<DataprocProfile> = {},
    {
      onStage = () => undefined,
      signal = this.signal,
      ephemeral = true,
      code,
    }: {
      onStage?: (stage: string, detail?: string) => void;
      signal?: AbortSignal;
      ephemeral?: boolean;
      code?: ClusterSpec['code'];
    } = {},
  ): Promise<Cluster> {
    const profile = cloudProfile(more);
    const spec = {
      name: profile.name,
      profile,
      interpreter: backend.interpreter,
      ephemeral,
      runId: id,
      ...(code && { code }),
    };
    return backend.createCluster(spec, id, onStage, signal);
  }

  /** Options of the stub: `{ lines: 40, exit: 3 }`. */
  async spec(id: string, options: Readonly<Record<string, string | number>>): Promise<JobSpec> {
    const workspaceFolder = join(this.storage, 'workspace');
    const folder = this.folder(id);
    await mkdir(workspaceFolder, { recursive: true });
    await mkdir(folder, { recursive: true });
    const path = join(workspaceFolder, 'main.py');
    await writeFile(path, 'print("never run")\n');
    return {
      ...{
        target: { kind: 'file', path },
        environment: {},
        folder,
        releaseCluster: true,
        report: true,
        workspaceFolder,
      },
      args: Object.entries(options).map(([name, value]) => `${name}=${value}`),
    };
  }

  folder(id: string): string {
    return join(this.storage, 'runs', id);
  }

  async submit(
    backend: DataprocBackend,
    cluster: string,
    id: string,
    options: Readonly<Record<string, string | number>> = {},
  ): Promise<Job> {
    return backend.submitJob(ref(cluster), await this.spec(id, options), id, this.signal);
  }

  /** The job to its end, with its output as a run keeps it. */
  async follow(backend: DataprocBackend, cluster: string, id: string, signal = this.signal): Promise<Followed> {
    const job = { backend: 'dataproc' as const, id, cluster: ref(cluster) };
    const folder = this.folder(id);
    await mkdir(folder, { recursive: true });
    const file = join(folder, 'output.log');
    const copied = copyOutput(backend, job, folder, file, [10, 10], signal);
    const states: string[] = [];
    let end: Job | undefined;
    try {
      for await (const state of backend.watchJob(job, folder, signal)) {
        states.push(state.state);
        end = isTerminal(state.state) ? state : end;
      }
    } finally {
      await copied.catch((error: unknown) => {
        if (!signal.aborted) {
          throw error;
        }
      });
    }
    if (end === undefined) {
      throw new Error('The job has no end.');
    }
    return { job: end, states, output: await readFile(file), folder };
  }

  faults(...rules: FaultRule[]): void {
    this.emulator.faults.add({ rules });
  }

  /** Calls by name since this was made, those of control aside. */
  counting(): () => Record<string, number> {
    const before = new Map(this.emulator.server.counts);
    return () =>
      Object.fromEntries(
        [...this.emulator.server.counts]
          .map(([name, count]): [string, number] => [name, count - (before.get(name) ?? 0)])
          .filter(([, count]) => count > 0),
      );
  }

  /** What is in the cloud, ours by id. */
  there(id?: string): ClusterRecord[] {
    return this.emulator.clusters
      .all()
      .filter(({ cluster }) => id === undefined || cluster.labels['dask-cluster'] === id);
  }

  /** Nothing is wrong any more, and no cluster is there. */
  async clear(): Promise<void> {
    const { faults, clusters } = this.emulator;
    faults.clear();
    clusters
      .all()
      .filter(({ state }) => state !== 'DELETING')
      .forEach((record) => clusters.remove(record));
    await until(
      () => clusters.all().length,
      (count) => count === 0,
    );
  }

  /** Dies at once, with all that it was doing. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#windows.forEach((window) => window.dispose());
    this.#restoreTime();
    await this.emulator.close();
    await rm(this.storage, { recursive: true, force: true, maxRetries: 5 });
  }
}

export function ref(id: string): ClusterRef {
  return { backend: 'dataproc', id };
}

export async function text(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
