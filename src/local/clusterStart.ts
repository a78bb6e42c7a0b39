import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { thisHost } from '../machine/host';
import type { StartupStage } from '../core/cluster';
import { isCancelled, type UserError } from '../core/errors';
import type { ClusterSpec } from '../core/ports';
import type { LocalProfile } from '../core/profile';
import type { ActivatedEnvironments } from '../machine/activatedEnvironments';
import { FolderChanges } from '../machine/folderChanges';
import { interpreterMissing, interpreterNotPython } from '../machine/interpreterErrors';
import { errorCode, writeJson } from '../machine/jsonFile';
import { logTail } from '../machine/logTail';
import { isAlive, isSurelyAlive, pidStartOf, killGroup, spawnDetached } from '../machine/processes';
import type { RunnerPackage } from '../machine/runnerPackage';
import { inStorage } from '../machine/storageErrors';
import { throwIfAborted } from '../machine/wait';
import type { Zygotes } from '../machine/zygotes';
import { clusterGone, startFailed, startStalled } from './clusterErrors';
import { readClusterFiles, specToJson, type ClusterFiles } from './clusterFiles';
import { hasEnded, type ClusterStore } from './clusterStore';

export interface StartLimits {
  /** Without a change of stage, the start is given up after this time. */
  stallMilliseconds: number;
  totalMilliseconds: number;
  /** How long another window gets to start the process of a cluster that it has made. */
  handoverMilliseconds: number;
}

export const usualLimits: StartLimits = {
  stallMilliseconds: 60_000,
  totalMilliseconds: 300_000,
  handoverMilliseconds: 10_000,
};

/** Processes do not outlive their machine. */
const ofProcesses = { flush: false };

export interface StartRequest {
  id: string;
  spec: ClusterSpec;
  profile: LocalProfile;
  onStage: (stage: StartupStage, detail?: string) => void;
}

/** Starts local clusters and waits until they take work. */
export class ClusterStart {
  readonly #store: ClusterStore;
  readonly #runner: RunnerPackage;
  readonly #zygotes: Zygotes | undefined;
  readonly #environments: ActivatedEnvironments;
  readonly #limits: StartLimits;

  constructor(
    store: ClusterStore,
    runner: RunnerPackage,
    zygotes: Zygotes | undefined,
    environments: ActivatedEnvironments,
    limits: StartLimits,
  ) {
    this.#store = store;
    this.#runner = runner;
    this.#zygotes = zygotes;
    this.#environments = environments;
    this.#limits = limits;
  }

  /** Makes sure that there is one process for this id, whichever window asks. */
  async begin(request: StartRequest, signal: AbortSignal): Promise<void> {
    const folder = this.#store.folderOf(request.id);
    if (await inStorage(folder, () => makeFolder(folder))) {
      const spec = specToJson(request.id, request.spec, request.profile, Date.now());
      await inStorage(folder, () => writeJson(join(folder, 'spec.json'), spec, ofProcesses));
    } else if (await this.#isBegun(folder, signal)) {
      return;
    } else if ((await readClusterFiles(folder)) === undefined) {
      // Its maker was killed before it had written the intent.
      const spec = specToJson(request.id, request.spec, request.profile, Date.now());
      await inStorage(folder, () => writeJson(join(folder, 'spec.json'), spec, ofProcesses));
    }
    throwIfAborted(signal);
    await this.#spawn(request, folder, signal);
  }

  /**
   * Resolves when the cluster takes work: where that is a script, which starts meanwhile, as soon as its addresses are
   * known. Throws a UserError with the reason when it does not come up.
   */
  async ready(request: StartRequest, signal: AbortSignal): Promise<ClusterFiles> {
    const { id, spec, onStage } = request;
    const folder = this.#store.folderOf(id);
    const changes = new FolderChanges(folder, 500, (name) => name === 'state.json');
    const begun = Date.now();
    let stage: StartupStage | undefined;
    let moved = begun;
    try {
      for (;;) {
        throwIfAborted(signal);
        const files = await this.#store.look(id);
        if (files === undefined) {
          throw clusterGone(spec.name);
        }
        if (hasEnded(files)) {
          throw await failureOf(files, spec);
        }
        if (files.cluster.stage !== undefined && files.cluster.stage !== stage) {
          stage = files.cluster.stage;
          moved = Date.now();
          onStage(stage, detailOf(stage, files));
        }
        if (files.cluster.state === 'running' || (spec.runId !== undefined && takesScripts(files))) {
          return files;
        }
        const still = Date.now() - moved;
        if (still > this.#limits.stallMilliseconds || Date.now() - begun > this.#limits.totalMilliseconds) {
          await this.#giveUp(files);
          const tail = await logTail(join(folder, 'logs', 'cluster.log'));
          throw startStalled(spec.name, doing[stage ?? 'process'], Math.round(still / 1000), tail);
        }
        await changes.next(signal);
      }
    } finally {
      changes.dispose();
    }
  }

  /** True when a living process, or the end of one, is on record within the handover time. */
  async #isBegun(folder: string, signal: AbortSignal): Promise<boolean> {
    const changes = new FolderChanges(folder, 250);
    const limit = Date.now() + this.#limits.handoverMilliseconds;
    try {
      for (;;) {
        const files = await readClusterFiles(folder);
        if (
          files !== undefined &&
          (hasEnded(files) || (files.process !== undefined && (await isAlive(files.process))))
        ) {
          return true;
        }
        if (Date.now() > limit) {
          return false;
        }
        await changes.next(signal);
        throwIfAborted(signal);
      }
    } finally {
      changes.dispose();
    }
  }

  async #spawn({ id, spec, profile }: StartRequest, folder: string, signal: AbortSignal): Promise<void> {
    await inStorage(folder, () => mkdir(join(folder, 'logs'), { recursive: true, mode: 0o700 }));
    try {
      const environment = await this.#environments.of(spec.interpreter, profile.environment);
      const forked = await this.#zygotes?.fork(spec.interpreter, { op: 'cluster', folder, environment }, signal);
      const pid = forked ?? (await this.#startProcess(spec.interpreter, folder, environment));
      const pidStart = await pidStartOf(pid);
      const identity = { version: 1, pid, pidStart: pidStart ?? 'ended', host: thisHost };
      await writeJson(join(folder, 'process.json'), identity, ofProcesses);
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      const failure = spawnFailure(spec.interpreter, error);
      const files = await readClusterFiles(this.#store.folderOf(id));
      if (files !== undefined) {
        const message = failure instanceof Error ? failure.message : String(failure);
        await this.#store
          .writeEnd(files, 'failed', message, { code: 'clusterStartFailed', message })
          .catch(() => undefined);
      }
      throw failure;
    }
  }

  async #startProcess(interpreter: string, folder: string, env: Readonly<Record<string, string>>): Promise<number> {
    const { pid } = await spawnDetached(interpreter, [await this.#runner.main(), 'cluster', '--folder', folder], {
      cwd: folder,
      env,
      output: join(folder, 'logs', 'cluster.log'),
    });
    return pid;
  }

  async #giveUp(files: ClusterFiles): Promise<void> {
    if (files.process !== undefined && (await isSurelyAlive(files.process))) {
      await killGroup(files.process.pid);
    }
    await this.#store.writeEnd(files, 'failed', 'Its start did not come to an end.');
  }
}

/** Its scheduler runs, or will in a moment: its ports are open, and whoever connects waits for it. */
export function takesScripts(
  files: ClusterFiles,
): files is ClusterFiles & { schedulerAddress: string; httpUrl: string } {
  const { cluster, schedulerAddress, httpUrl } = files;
  const alive = cluster.state === 'running' || cluster.state === 'starting';
  return alive && schedulerAddress !== undefined && httpUrl !== undefined;
}

const doing: Record<StartupStage, string> = {
  environment: 'getting its Python environment',
  process: 'starting its process',
  scheduler: 'starting its scheduler',
  workers: 'waiting for its workers',
  ready: 'getting ready',
};

function detailOf(stage: StartupStage, files: ClusterFiles): string | undefined {
  const workers = files.cluster.workers;
  if (stage !== 'workers' || workers === undefined) {
    return undefined;
  }
  const count = workers.kind === 'fixed' ? workers.count : workers.minimum;
  return count === 1 ? '1 worker' : `${count} workers`;
}

async function failureOf(files: ClusterFiles, spec: ClusterSpec): Promise<UserError> {
  const { error, endReason } = files.cluster;
  const reason = error?.message ?? endReason ?? (await logTail(join(files.folder, 'logs', 'cluster.log')));
  return startFailed(spec.name, error?.code ?? 'clusterStartFailed', reason, spec.interpreter);
}

/** True when this call made it: the folder is the claim to the id. */
async function makeFolder(folder: string): Promise<boolean> {
  await mkdir(join(folder, '..'), { recursive: true, mode: 0o700 });
  try {
    await mkdir(folder, { mode: 0o700 });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

function spawnFailure(interpreter: string, error: unknown): unknown {
  switch (errorCode(error)) {
    case 'ENOENT':
      return interpreterMissing(interpreter, error);
    case 'EACCES':
    case 'ENOEXEC':
      return interpreterNotPython(interpreter, error);
    default:
      return error;
  }
}
