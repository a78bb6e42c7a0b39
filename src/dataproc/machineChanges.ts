import { randomUUID } from 'node:crypto';
import type { ClusterMachines, ClusterRef, MachineChange } from '../core/cluster';
import type { Logger } from '../core/ports';
import type { AccountServices } from './accountServices';
import { clusterGone } from './clusterErrors';
import { toUserError } from './failures/explainError';
import type { DataprocApi, GoogleCluster } from './google/googleApi';
import type { KnownClusters } from './knownClusters';
import { machinesOf, resizeMachines } from './machineResize';
import { insist, operationEnd } from './operations';

interface Parts {
  known: KnownClusters;
  services: AccountServices;
  logger: Logger;
  /** Told when a cluster looks different. */
  changed: () => void;
}

/** Changes of a cluster's machines: how many there are, and whether they run. Throws the UserErrors of `explainFailure`. */
export class MachineChanges {
  constructor(private readonly parts: Parts) {}

  async of(ref: ClusterRef, signal: AbortSignal): Promise<ClusterMachines> {
    const { cluster, dataproc, name } = await this.#there(ref, signal);
    try {
      return await machinesOf({ dataproc, logger: this.parts.logger }, cluster, signal);
    } catch (error) {
      throw toUserError(error, cluster, `The machines of "${name}" could not be looked at.`);
    }
  }

  async resize(
    ref: ClusterRef,
    change: MachineChange,
    onProgress: (text: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { cluster, dataproc, name } = await this.#there(ref, signal);
    try {
      await resizeMachines({ dataproc, logger: this.parts.logger }, cluster, change, onProgress, signal);
      await this.#show(ref, signal);
    } catch (error) {
      throw toUserError(error, cluster, `The number of machines of "${name}" could not be changed.`);
    }
  }

  async switch(ref: ClusterRef, to: 'stopped' | 'started', signal: AbortSignal): Promise<void> {
    const { cluster, dataproc, name } = await this.#there(ref, signal);
    const { logger } = this.parts;
    const call = to === 'stopped' ? 'stopCluster' : 'startCluster';
    const requestId = randomUUID();
    try {
      const operation = await insist(
        () => dataproc[call](cluster, cluster.name, requestId, signal),
        logger,
        `${cluster.name} is to be ${to}`,
        signal,
      );
      let begun = false;
      await operationEnd({ dataproc, logger }, cluster, operation, signal, async ({ done }) => {
        // The next list may be ten seconds away.
        if (!begun && !done) {
          begun = true;
          await this.#show(ref, signal);
        }
      });
      await this.#show(ref, signal);
    } catch (error) {
      throw toUserError(error, cluster, `The machines of "${name}" could not be ${to}.`);
    }
  }

  async #show(ref: ClusterRef, signal: AbortSignal): Promise<void> {
    await this.parts.known.look(ref.id, signal);
    this.parts.changed();
  }

  /** As Google has it now. @throws UserError `clusterGone` */
  async #there(
    ref: ClusterRef,
    signal: AbortSignal,
  ): Promise<{ cluster: GoogleCluster; dataproc: DataprocApi; name: string }> {
    const { cluster, record, impersonate } = await this.parts.known.look(ref.id, signal);
    if (cluster === undefined) {
      throw clusterGone(record?.profile ?? ref.id);
    }
    const { google } = await this.parts.services.of(impersonate);
    return { cluster, dataproc: google.dataproc, name: record?.profile ?? cluster.name };
  }
}
