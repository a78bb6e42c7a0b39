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
  const wanted = clusterFingerprint(profile, interpreter);
  let newest: Cluster | undefined;
  for await (const cluster of backend.clusters(signal)) {
    const usable = cluster.state === 'running' && !cluster.ephemeral && cluster.fingerprint === wanted;
    if (usable && (newest === undefined || (cluster.createdAt ?? 0) > (newest.createdAt ?? 0))) {
      newest = cluster;
    }
  }
  return newest;
}
