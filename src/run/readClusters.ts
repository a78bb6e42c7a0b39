import type { Cluster } from '../core/cluster';
import { isCancelled } from '../core/errors';
import type { Job } from '../core/job';
import type { Backend, Logger } from '../core/ports';

export interface Listed {
  cluster: Cluster;
  /** Newest first. */
  jobs: readonly Job[];
}

/**
 * The clusters of all backends with their jobs, newest first. A backend that fails is left out, with a sentence in
 * `problems`: the others are there all the same.
 */
export async function readClusters(
  backends: readonly Backend[],
  logger: Logger,
  signal: AbortSignal,
): Promise<{ listed: readonly Listed[]; problems: readonly string[] }> {
  const problems: string[] = [];
  const lists = await Promise.all(
    backends.map(async (backend) => {
      const listed: Listed[] = [];
      try {
        const clusters = await collect(backend.clusters(signal));
        const jobs = clusters.length === 0 ? undefined : await backend.jobsByCluster?.(signal);
        for (const cluster of clusters) {
          const its = jobs === undefined ? await collect(backend.jobs(cluster, signal)) : jobs.get(cluster.id);
          listed.push({ cluster, jobs: its ?? [] });
        }
      } catch (error) {
        if (!isCancelled(error) && !signal.aborted) {
          logger.error(`Clusters of the backend ${backend.kind} cannot be listed`, error);
          problems.push(error instanceof Error ? error.message : String(error));
        }
      }
      return listed;
    }),
  );
  const listed = lists.flat().sort((a, b) => (b.cluster.createdAt ?? 0) - (a.cluster.createdAt ?? 0));
  return { listed, problems };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) {
    all.push(item);
  }
  return all;
}
