import type { ClusterRef } from '../core/cluster';
import { isMissing, readJson } from '../machine/jsonFile';
import { intentFromJson } from './intent';
import type { Intent } from './intent';
import { readJournal } from './journal';
import type { Ownership } from './ownership';
import { planRecovery, staleAfter } from './recovery';
import type { Recovery } from './recovery';
import type { RunDriver } from './runDriver';
import type { RunFiles } from './runFiles';
import { backendOf } from './runParts';
import type { RunTools } from './runParts';

/** How a run that is ours now goes on. */
export interface Adopted {
  intent: Intent;
  work: (driver: RunDriver) => Promise<void>;
}

/** Takes up runs whose window has gone. */
export class RunAdoption {
  readonly #tools: RunTools;
  readonly #files: RunFiles;
  readonly #ownership: Ownership;

  constructor(tools: RunTools, files: RunFiles, ownership: Ownership) {
    this.#tools = tools;
    this.#files = files;
    this.#ownership = ownership;
  }

  /** Undefined where there is nothing to do, or where it is another window's to do. */
  async adopt(id: string): Promise<Adopted | undefined> {
    const folder = this.#files.folder(id);
    try {
      const mine = (await this.#ownership.ownerOf(folder)) === 'self' || (await this.#ownership.takeOver(folder));
      return mine ? await this.#resume(id) : undefined;
    } catch (error) {
      if (isMissing(error)) {
        await this.#forgetEmpty(id);
        return undefined;
      }
      throw error;
    }
  }

  /** Only once it is ours: the one before may have written until its end. */
  async #resume(id: string): Promise<Adopted | undefined> {
    const intent = intentFromJson(await readJson(this.#files.intent(id)));
    if (intent?.id !== id) {
      await this.#forgetEmpty(id);
      return undefined;
    }
    const entries = await readJournal(this.#files.journal(id));
    if (entries.some((entry) => entry.act === 'released') && entries.some((entry) => entry.act === 'ended')) {
      await this.#files.close(id);
      return undefined;
    }
    await this.#files.markOpen(id);
    const cancelRequested = await this.#files.cancelRequested(id);
    const recovery = planRecovery(intent, entries, cancelRequested, this.#tools.now());
    this.#tools.logger.info(`The run ${id} goes on: ${recovery.kind}`);
    return { intent, work: (driver) => this.#goOn(driver, recovery, intent, cancelRequested) };
  }

  async #goOn(driver: RunDriver, recovery: Recovery, intent: Intent, cancelRequested: boolean): Promise<void> {
    if (cancelRequested && recovery.kind === 'reattach') {
      await driver.cancel();
    }
    switch (recovery.kind) {
      case 'release':
        return driver.release(recovery.cluster);
      case 'reattach':
        return driver.reattach(recovery.place);
      case 'resubmit':
        return driver.resubmit(recovery.place);
      case 'start':
        return driver.start(recovery.created);
      case 'abandon':
        return driver.abandon(recovery.error, recovery.cluster);
      case 'lookForJob': {
        const { place, error } = recovery;
        if (await this.#hasJob(place.cluster, intent.id)) {
          if (cancelRequested) {
            await driver.cancel();
          }
          return driver.reattach(place);
        }
        return driver.abandon(error, place.release ? place.cluster : undefined);
      }
    }
  }

  async #hasJob(cluster: ClusterRef, id: string): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(30_000);
      for await (const job of backendOf(this.#tools.backends, cluster.backend).jobs(cluster, signal)) {
        if (job.id === id) {
          return true;
        }
      }
    } catch (error) {
      // Following finds out, and ends in words.
      this.#tools.logger.warn(`The jobs of ${cluster.id} cannot be listed`, error);
      return true;
    }
    return false;
  }

  /** A run of which not even the intent came to be: nothing was done for it. Another window may just be writing it. */
  async #forgetEmpty(id: string): Promise<void> {
    const since = await this.#files.openSince(id);
    if (since !== undefined && Date.now() - since > staleAfter) {
      await this.#files.remove(id);
    }
  }
}
