import { randomUUID } from 'node:crypto';
import type { Logger } from '../core/ports';
import { pause } from '../machine/wait';
import { clusterLabel } from './clusterLabels';
import type { ClusterRecord } from './clusterRecord';
import type { ClusterRecords } from './clusterRecords';
import { GoogleError, type GoogleApi, type GoogleCluster, type Place } from './google/googleApi';
import { insist, operationEnd, retryDelays } from './operations';

/** Milliseconds between looks whether a cluster that cannot be deleted yet can be now, or is gone. */
const busyPauses = [1_000, 2_000, 5_000] as const;
/** Milliseconds after which a cluster that refuses to be deleted is not asked any more. */
const mostPatience = 600_000;

/** Why a cluster is gone that this window has not deleted. */
export const endedElsewhere = 'It was deleted outside of this window, or by its time limits.';

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
    const cluster = await this.#own(record, signal);
    const over = cluster === undefined ? record.uuid !== undefined : cluster.state === 'DELETING';
    const endReason = record.endReason ?? (over ? endedElsewhere : reason);
    // First, as another window may have to go on.
    await this.#records.change(record.id, { endReason });
    if (cluster !== undefined) {
      await this.removeCluster(cluster, signal);
    }
    await this.#records.change(record.id, { endedAt: Date.now() });
  }

  /** Deletes it, and resolves when it is gone. */
  async remove(record: ClusterRecord, signal: AbortSignal): Promise<void> {
    const cluster = await this.#own(record, signal);
    if (cluster !== undefined) {
      await this.removeCluster(cluster, signal);
    }
  }

  /** Deletes a cluster as it was last answered, also one of others, and resolves when it is gone. */
  async removeCluster(cluster: GoogleCluster, signal: AbortSignal): Promise<void> {
    const { dataproc } = this.#google;
    const start = Date.now();
    for (let looks = 0; ; looks += 1) {
      const now = await this.#look(cluster, cluster.name, signal);
      if (now?.uuid !== cluster.uuid) {
        return;
      }
      try {
        if (now.state !== 'DELETING') {
          // One for all tries: where an answer was lost, the next one is of the same operation.
          const requestId = randomUUID();
          const operation = await this.#insist(
            () => dataproc.deleteCluster(cluster, cluster.name, cluster.uuid, requestId, signal),
            cluster,
            signal,
          );
          await operationEnd({ dataproc, logger: this.#logger }, cluster, operation, signal);
        }
      } catch (error) {
        if (!(error instanceof GoogleError) || !isGone(error)) {
          // While it is being made or changed it may refuse.
          const busy = error instanceof GoogleError && error.code === 'FAILED_PRECONDITION';
          if (!busy || Date.now() - start > mostPatience) {
            throw error;
          }
          this.#logger.info(`${cluster.name} cannot be deleted yet: ${error.message}`);
        }
      }
      if ((await this.#look(cluster, cluster.name, signal))?.uuid !== cluster.uuid) {
        return;
      }
      await pause(busyPauses[Math.min(looks, busyPauses.length - 1)] ?? 5_000, signal);
    }
  }

  /** Nothing is deleted that has its name and not its label. */
  async #own(record: ClusterRecord, signal: AbortSignal): Promise<GoogleCluster | undefined> {
    const cluster = await this.#look(record, record.clusterName, signal);
    return cluster?.labels[clusterLabel.id] === record.id ? cluster : undefined;
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
