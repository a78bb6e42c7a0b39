import { randomUUID } from 'node:crypto';
import type { Logger } from '../core/ports';
import { pause } from '../machine/wait';
import { clusterLabel } from './clusterLabels';
import type { ClusterRecord } from './clusterRecord';
import type { ClusterRecords } from './clusterRecords';
import { GoogleError, type GoogleApi, type GoogleCluster, type Place } from './google/googleApi';
import { insist, operationEnd, retryDelays } from './operations';

/** Milliseconds between looks whether a cluster that cannot be deleted yet can be now. */
const busyPause = 5_000;

/** Deletes clusters, and believes it only once they are not there any more. */
export class ClusterEnd {
  readonly #google: GoogleApi;
  readonly #records: ClusterRecords;
  readonly #logger: Logger;

  constructor(parts: { google: GoogleApi; records: ClusterRecords; logger: Logger }) {
    this.#google = parts.google;
    this.#records = parts.records;
    this.#logger = parts.logger;
  }

  /** Deletes a cluster of ours, writes down why it ended, and resolves when it is gone. Throws GoogleErrors. */
  async end(record: ClusterRecord, reason: string, signal: AbortSignal): Promise<void> {
    if (record.endedAt !== undefined) {
      return;
    }
    await this.remove(record, signal);
    await this.#records.change(record.id, { endReason: record.endReason ?? reason });
  }

  /** Deletes it, and resolves when it is gone. Nothing is deleted that has its name and not its label. */
  async remove(record: ClusterRecord, signal: AbortSignal): Promise<void> {
    const cluster = await this.#look(record, record.clusterName, signal);
    if (cluster?.labels[clusterLabel.id] === record.id) {
      await this.removeCluster(cluster, signal);
    }
    await this.#records.change(record.id, { endedAt: Date.now() });
  }

  /** Deletes a cluster as it was last answered, also one of others, and resolves when it is gone. */
  async removeCluster(cluster: GoogleCluster, signal: AbortSignal): Promise<void> {
    const { dataproc } = this.#google;
    for (;;) {
      const now = await this.#look(cluster, cluster.name, signal);
      if (now?.uuid !== cluster.uuid) {
        return;
      }
      try {
        if (now.state !== 'DELETING') {
          const operation = await this.#insist(
            () => dataproc.deleteCluster(cluster, cluster.name, cluster.uuid, randomUUID(), signal),
            cluster,
            signal,
          );
          await operationEnd({ dataproc, logger: this.#logger }, cluster, operation, signal);
        }
      } catch (error) {
        if (!(error instanceof GoogleError) || !isGone(error)) {
          // While it is being made or changed it may refuse.
          if (!(error instanceof GoogleError && error.code === 'FAILED_PRECONDITION')) {
            throw error;
          }
          this.#logger.info(`${cluster.name} cannot be deleted yet: ${error.message}`);
        }
      }
      if ((await this.#look(cluster, cluster.name, signal))?.uuid !== cluster.uuid) {
        return;
      }
      await pause(busyPause, signal);
    }
  }

  #look(place: Place, name: string, signal: AbortSignal): Promise<GoogleCluster | undefined> {
    return this.#insist(() => this.#google.dataproc.cluster(place, name, signal), { name }, signal);
  }

  #insist<T>(call: () => Promise<T>, { name }: { name: string }, signal: AbortSignal): Promise<T> {
    return insist(call, this.#logger, `Deleting ${name}`, signal, [...retryDelays, 30_000, 60_000]);
  }
}

function isGone({ code, status }: GoogleError): boolean {
  return code === 'NOT_FOUND' || status === 404;
}
