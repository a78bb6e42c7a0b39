import type { Cluster, ClusterRef } from '../core/cluster';
import { UserError } from '../core/errors';
import type { Backend } from '../core/ports';
import type { Profile } from '../core/profile';
import { abortable } from '../machine/wait';
import type { Intent } from './intent';
import type { Entry } from './journal';
import { backendOf } from './runParts';
import type { RunTools } from './runParts';
import { stageText } from './runProgress';
import { scopeOf } from './target';
import { codeOf } from './runRecord';
import { findWarmCluster } from './warmCluster';

/** A cluster that takes work, and how a run stands to it. */
export interface Place {
  cluster: ClusterRef;
  name: string;
  /** Of the driver, absolute. */
  interpreter: string;
  reused: boolean;
  /** It goes with the run. */
  release: boolean;
}

/** What finding a place tells to the one that drives the run. */
export interface PlacementListener {
  progress(text: string): void;
  /** Resolves when the entry is on disk. */
  write(entry: Entry): Promise<void>;
  /** From now on this cluster may exist, and nobody but the run looks after it. */
  begun(cluster: ClusterRef): void;
}

/** Finds the cluster that a run goes to, or creates it. */
export class Placement {
  readonly #tools: RunTools;
  readonly #intent: Intent;
  readonly #listener: PlacementListener;

  constructor(tools: RunTools, intent: Intent, listener: PlacementListener) {
    this.#tools = tools;
    this.#intent = intent;
    this.#listener = listener;
  }

  /** @param again a window that has gone had begun to create a cluster: go on with that one. */
  async find(again: boolean, signal: AbortSignal): Promise<Place> {
    const { request, profile } = this.#intent;
    if (request.cluster) {
      return this.#given(request.cluster, again, signal);
    }
    if (!profile) {
      throw new Error('A run without a profile has no cluster to run on');
    }
    const backend = backendOf(this.#tools.backends, profile.backend);
    const interpreter = backend.interpreter ?? (await this.#interpreter(profile, signal));
    const warm = again ? undefined : await findWarmCluster(backend, profile, interpreter, signal);
    signal.throwIfAborted();
    if (!again) {
      await this.#agree(backend, profile, warm?.name, signal);
    }
    const stops = profile.backend === 'dataproc' && profile.afterRun === 'stop';
    if (warm) {
      if (warm.state === 'stopped') {
        this.#listener.progress('Starting the machines of the cluster');
        await abortable(Promise.resolve(backend.startCluster?.(warm, signal)), signal);
      }
      return { ...named(warm), interpreter, reused: true, release: stops };
    }
    // What others run stays.
    const ephemeral = profile.backend !== 'address' && profile.afterRun === 'delete';
    const created = await this.#create(backend, profile, interpreter, ephemeral, signal);
    return { ...named(created), interpreter, reused: false, release: ephemeral || stops };
  }

  async #given(ref: ClusterRef, again: boolean, signal: AbortSignal): Promise<Place> {
    const backend = backendOf(this.#tools.backends, ref.backend);
    const cluster = await backend.cluster(ref, signal);
    if (cluster?.state !== 'running') {
      throw new UserError({
        code: 'clusterGone',
        what: `The cluster "${cluster?.name ?? ref.id}" does not run any more.`,
        ...(cluster?.endReason === undefined ? {} : { why: cluster.endReason }),
        next: 'Run it on another cluster, or with a profile.',
      });
    }
    const unnamed: Profile = { backend: 'address', name: '', address: '', environment: {} };
    const own = backend.interpreter ?? (cluster.owned ? cluster.python?.executable : undefined);
    const { profile } = this.#intent;
    const interpreter = own ?? (await this.#interpreter(profile ?? unnamed, signal));
    if (!again && profile?.backend === backend.kind) {
      await this.#agree(backend, profile, cluster.name, signal);
    }
    return { ...named(cluster), interpreter, reused: true, release: false };
  }

  /** Shown before anything is uploaded or created; whoever goes on with what was begun had agreed. */
  async #agree(backend: Backend, profile: Profile, reused: string | undefined, signal: AbortSignal): Promise<void> {
    const { receipts } = this.#tools;
    if (backend.receipt === undefined || receipts === undefined) {
      return;
    }
    this.#listener.progress('Looking at what will be uploaded');
    const { name, request, workspaceFolder } = this.#intent;
    const receipt = await backend.receipt({ target: request.target, workspaceFolder, profile, reused }, signal);
    this.#listener.progress('Waiting for your answer');
    await abortable(receipts.agree(name, receipt, profile, signal, scopeOf(request.target)), signal);
  }

  async #interpreter(profile: Profile, signal: AbortSignal): Promise<string> {
    const onProgress = (text: string): void => this.#listener.progress(text);
    const scope = scopeOf(this.#intent.request.target);
    return abortable(this.#tools.interpreters.resolve(profile, onProgress, signal, scope), signal);
  }

  async #create(
    backend: Backend,
    profile: Profile,
    interpreter: string,
    ephemeral: boolean,
    signal: AbortSignal,
  ): Promise<Cluster> {
    const { id } = this.#intent;
    const cluster = { backend: backend.kind, id };
    await this.#listener.write({ act: 'createCluster', cluster, name: profile.name, interpreter });
    signal.throwIfAborted();
    this.#listener.begun(cluster);
    return backend.createCluster(
      { name: profile.name, profile, interpreter, ephemeral, runId: id, code: codeOf(this.#intent) },
      id,
      (stage, detail) => this.#listener.progress(stageText(stage, profile, detail)),
      signal,
    );
  }
}

function named(cluster: Cluster): { cluster: ClusterRef; name: string } {
  return { cluster: { backend: cluster.backend, id: cluster.id }, name: cluster.name };
}
