import { mkdtempSync, rmSync } from 'node:fs';
import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ClusterRef } from '../../../src/core/cluster';
import type { JobSpec } from '../../../src/core/job';
import type { ClusterSpec, Logger } from '../../../src/core/ports';
import type { LocalProfile } from '../../../src/core/profile';
import { LocalBackend } from '../../../src/local/localBackend';
import type { StartLimits } from '../../../src/local/clusterStart';
import { RunnerPackage } from '../../../src/machine/runnerPackage';
import { Zygotes } from '../../../src/machine/zygotes';

export const python = process.env['DASK_TEST_PYTHON'] ?? 'python3';
export const runnerSource = resolve('python/dask_runner');
export const quiet: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
export const never = new AbortController().signal;

export const profile: LocalProfile = {
  name: 'local',
  backend: 'local',
  environment: { FROM_PROFILE: 'yes' },
  workers: { kind: 'fixed', count: 1 },
  sharedWorkers: false,
  threadsPerWorker: 1,
  memoryLimit: '0',
  idleTimeoutSeconds: 120,
  security: 'none',
  afterRun: 'keep',
};

/** All fixtures of a process share it: it takes a second to start. It ends when its folder has gone. */
const zygoteFolder = mkdtempSync(join(tmpdir(), 'dask zygote '));
const zygotes = new Zygotes(zygoteFolder, new RunnerPackage(runnerSource, zygoteFolder), quiet);
process.on('exit', () => rmSync(zygoteFolder, { recursive: true, force: true }));

/** A storage folder of its own, with real clusters in it that are ended with it. */
export class LocalFixture {
  readonly storage: string;
  readonly #backends: LocalBackend[] = [];

  private constructor(storage: string) {
    this.storage = storage;
  }

  static async create(): Promise<LocalFixture> {
    return new LocalFixture(await mkdtemp(join(tmpdir(), 'dask local ü ')));
  }

  /** Another backend over the same folder, as another window has it. */
  backend(limits?: StartLimits, forks = true): LocalBackend {
    const runner = new RunnerPackage(runnerSource, this.storage);
    const backend = new LocalBackend({
      storage: this.storage,
      runner,
      ...(forks ? { zygotes } : {}),
      logger: quiet,
      ...(limits === undefined ? {} : { limits }),
    });
    this.#backends.push(backend);
    return backend;
  }

  spec(changes: Partial<ClusterSpec> = {}): ClusterSpec {
    return { name: 'test', profile, interpreter: python, ephemeral: false, ...changes };
  }

  /** A cluster whose scheduler does not start before a file is there. */
  async slow(): Promise<{ spec: ClusterSpec; gate: string }> {
    const gate = join(this.storage, 'gate');
    const preload = join(this.storage, 'preload.py');
    await writeFile(preload, `import os, time\nwhile not os.path.exists(${JSON.stringify(gate)}): time.sleep(0.01)\n`);
    const environment = { ...profile.environment, DASK_DISTRIBUTED__SCHEDULER__PRELOAD: preload };
    return { spec: this.spec({ profile: { ...profile, environment } }), gate };
  }

  /** Writes a script and the orders to run it. */
  async job(id: string, text: string, changes: Partial<JobSpec> = {}): Promise<JobSpec> {
    const folder = join(this.storage, 'runs', id);
    await mkdir(folder, { recursive: true });
    const path = join(this.storage, `${id}.py`);
    await writeFile(path, text);
    const target = { kind: 'file' as const, path };
    return { target, args: [], environment: {}, folder, releaseCluster: false, report: false, ...changes };
  }

  /** Content of a cluster's `state.json`. */
  async state(ref: ClusterRef): Promise<Record<string, unknown>> {
    const text = await readFile(join(this.storage, 'clusters', ref.id, 'state.json'), 'utf8');
    return JSON.parse(text) as Record<string, unknown>;
  }

  async dispose(): Promise<void> {
    const backend = this.backend();
    for (const id of await readdir(join(this.storage, 'clusters')).catch(() => [])) {
      await backend.deleteCluster({ backend: 'local', id }, 'The test is over.', never);
    }
    this.#backends.forEach((used) => used.dispose());
    await rm(this.storage, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Waits for a condition; the test's own time limit ends it. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) {
    await new Promise((wake) => setTimeout(wake, 20));
  }
}
