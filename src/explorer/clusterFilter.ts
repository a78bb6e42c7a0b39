import type { Cluster } from '../core/cluster';
import type { ClusterFilter } from '../host/clusterFilter';

/** A failure of ours is worth a row for a day. Milliseconds. */
const day = 86_400_000;

/** Whether the view lists a cluster. @param now milliseconds since 1970 */
export function isListed(cluster: Cluster, filter: ClusterFilter, now: number): boolean {
  const mine = cluster.owned || cluster.backend === 'address';
  switch (filter) {
    case 'mine':
      return mine && isWorthARow(cluster, now);
    case 'running':
      return isUp(cluster);
    case 'usual':
      return mine ? isWorthARow(cluster, now) : isUp(cluster);
    case 'all':
      // What others stopped is still there.
      return !mine || isWorthARow(cluster, now);
  }
}

function isUp({ state }: Cluster): boolean {
  return !['closed', 'failed', 'stopped'].includes(state);
}

/** What has ended as it should is history, and that is in the runs. */
function isWorthARow({ state, ephemeral, createdAt }: Cluster, now: number): boolean {
  const recent = createdAt !== undefined && now - createdAt < day;
  return state === 'failed' ? !ephemeral && recent : state !== 'closed';
}
