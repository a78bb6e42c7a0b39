import type { Cluster } from '../core/cluster';
import { clusterFingerprint } from '../core/fingerprint';
import { isTerminal } from '../core/job';
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
    if ((now?.state === 'running' || now?.state === 'stopped') && (await isFree(backend, now, profile, signal))) {
      return now;
    }
  }
  return undefined;
}

/** Two runs at once never share workers, where the profile does not want that: they would see each other's modules. */
async function isFree(backend: Backend, cluster: Cluster, profile: Profile, signal: AbortSignal): Promise<boolean> {
  if (profile.backend === 'address' || profile.sharedWorkers) {
    return true;
  }
  for await (const job of backend.jobs(cluster, signal)) {
    if (!isTerminal(job.state)) {
      return false;
    }
  }
  return true;
}

/** One whose start was seen by another window may run by now. */
const hopeful: readonly Cluster['state'][] = ['running', 'starting', 'stopped'];
