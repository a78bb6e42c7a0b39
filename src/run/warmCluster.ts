import type { Cluster } from '../core/cluster';
import { clusterFingerprint } from '../core/fingerprint';
import type { Backend } from '../core/ports';
import type { Profile } from '../core/profile';

/**
 * A cluster that this run may use as it is: one that runs, that was kept, and that was made from the same settings.
 * The newest, where there are several. Clusters of other runs go with these, and are never shared.
 */
export async function findWarmCluster(
  backend: Backend,
  profile: Profile,
  interpreter: string,
  signal: AbortSignal,
): Promise<Cluster | undefined> {
  const wanted = (await backend.fingerprint?.(profile)) ?? clusterFingerprint(profile, interpreter);
  const candidates: Cluster[] = [];
  for await (const cluster of backend.clusters(signal)) {
    if (!cluster.ephemeral && cluster.fingerprint === wanted && hopeful.includes(cluster.state)) {
      candidates.push(cluster);
    }
  }
  candidates.sort((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0));
  for (const cluster of candidates) {
    // A list may be older than what it tells of.
    const now = await backend.cluster(cluster, signal);
    if (now?.state === 'running' || now?.state === 'stopped') {
      return now;
    }
  }
  return undefined;
}

/** One whose start was seen by another window may run by now. */
const hopeful: readonly Cluster['state'][] = ['running', 'starting', 'stopped'];
