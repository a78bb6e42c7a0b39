import type { ClusterTarget } from '../contributions';
import type { Cluster } from '../core/cluster';
import { UserError } from '../core/errors';
import { isOfOthers } from '../explorer/renderCluster';
import { pickSingle } from '../host/quickSteps';
import type { ClusterEntry } from '../run/clusterModel';
import type { CommandParts } from './commandParts';

export interface ClusterQuestion {
  title: string;
  none: string;
  which: (cluster: Cluster) => boolean;
  /** Asks also where there is only one: for what cannot be taken back. */
  always?: true;
}

/**
 * The cluster of a target; without one the user chooses among those that `which` lets through.
 *
 * @throws UserError when there is none
 */
export async function pickCluster(
  { clusters }: Pick<CommandParts, 'clusters'>,
  target: ClusterTarget | undefined,
  question: ClusterQuestion,
): Promise<ClusterEntry> {
  if (target !== undefined) {
    const known = clusters.entry(target.cluster) ?? (await refreshed(clusters, target));
    if (known === undefined) {
      throw new UserError({
        code: 'clusterGone',
        what: 'This cluster is not there any more.',
        why: 'It was shut down, perhaps in another window.',
        next: 'Refresh the view.',
      });
    }
    return known;
  }
  await clusters.refresh();
  const choices = clusters.entries().filter((entry) => question.which(entry.cluster));
  const [only, second] = choices;
  if (only === undefined) {
    throw new UserError({
      code: 'noCluster',
      what: question.none,
      next: 'Create a cluster, or attach to a scheduler.',
    });
  }
  if (second === undefined && question.always !== true) {
    return only;
  }
  const items = choices.map((entry) => ({
    label: entry.cluster.name,
    description: [
      madeFor(entry),
      isOfOthers(entry.cluster) ? 'of others' : undefined,
      entry.cluster.state,
      entry.cluster.profile,
    ]
      .filter((part) => part !== undefined)
      .join(' · '),
    detail: entry.cluster.createdAt === undefined ? '' : `Since ${new Date(entry.cluster.createdAt).toLocaleString()}`,
    entry,
  }));
  return (await pickSingle({ title: question.title, placeholder: 'Cluster', items })).entry;
}

/** Tells clusters of several runs apart: all have the name of their profile. */
function madeFor({ cluster, jobs }: ClusterEntry): string | undefined {
  return cluster.ephemeral ? jobs.at(-1)?.name : undefined;
}

export function isLive(cluster: Cluster): boolean {
  return cluster.state === 'running';
}

async function refreshed(clusters: CommandParts['clusters'], target: ClusterTarget): Promise<ClusterEntry | undefined> {
  await clusters.refresh();
  return clusters.entry(target.cluster);
}
