import { isCancelled } from '../core/errors';
import type { Logger } from '../core/ports';
import { isElsewhere } from '../machine/host';
import { isAlive, isSurelyAlive, killGroup, requestEnd, signalOrphanedGroup } from '../machine/processes';
import { pause } from '../machine/wait';
import type { ClusterControls } from '../scheduler/controls';
import { clusterElsewhere, clusterWillNotEnd } from './clusterErrors';
import type { ClusterFiles } from './clusterFiles';
import { hasEnded, type ClusterStore } from './clusterStore';

/** Each step of an end gets this long before the next and harder one. */
const graceMilliseconds = 10_000;

/** Ends local clusters: asks, then SIGTERM, then SIGKILL, until nothing is left. */
export class ClusterEnd {
  readonly #store: ClusterStore;
  readonly #controls: ClusterControls;
  readonly #logger: Logger;

  constructor(store: ClusterStore, controls: ClusterControls, logger: Logger) {
    this.#store = store;
    this.#controls = controls;
    this.#logger = logger;
  }

  /** Resolves when its processes are gone and its end is written. Throws the UserError `clusterWillNotEnd`. */
  async end(id: string, reason: string, signal: AbortSignal): Promise<void> {
    const files = await this.#store.look(id);
    if (files === undefined) {
      return;
    }
    if (!hasEnded(files) && isElsewhere(files.process)) {
      throw clusterElsewhere(files.cluster.name);
    }
    let forced = false;
    if (files.process !== undefined && !isElsewhere(files.process) && (await isSurelyAlive(files.process))) {
      forced = await this.#endProcess(files, files.process.pid, reason, signal);
      signalOrphanedGroup(files.process.pid, 'SIGKILL');
    }
    const left = await this.#store.look(id);
    // A process that was ended by a signal does not know why.
    if (left !== undefined && !hasEnded(files) && (forced || !hasEnded(left))) {
      await this.#store.writeEnd(left, 'closed', reason);
    }
  }

  /** True when it took a signal. */
  async #endProcess(files: ClusterFiles, pid: number, reason: string, signal: AbortSignal): Promise<boolean> {
    if (!hasEnded(files) && (await this.#ask(files, reason, signal)) && (await this.#isGone(files, signal))) {
      return false;
    }
    for (const hard of ['SIGTERM', 'SIGKILL'] as const) {
      this.#logger.warn(`Cluster ${files.cluster.id} is sent ${hard}`);
      if (hard === 'SIGTERM') {
        requestEnd(pid);
      } else {
        await killGroup(pid);
      }
      if (await this.#isGone(files, signal)) {
        return true;
      }
    }
    throw clusterWillNotEnd(files.cluster.name, pid);
  }

  async #ask(files: ClusterFiles, reason: string, signal: AbortSignal): Promise<boolean> {
    if (files.httpUrl === undefined || files.cluster.state === 'starting') {
      // One that starts would answer when it has started.
      return false;
    }
    try {
      await this.#controls.shutdown(files.httpUrl, reason, signal);
      return true;
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      this.#logger.warn(`Cluster ${files.cluster.id} does not take the order to shut down`, error);
      return false;
    }
  }

  async #isGone(files: ClusterFiles, signal: AbortSignal): Promise<boolean> {
    for (const limit = Date.now() + graceMilliseconds; Date.now() < limit;) {
      if (files.process === undefined || !(await isAlive(files.process))) {
        return true;
      }
      await pause(50, signal);
    }
    return false;
  }
}
