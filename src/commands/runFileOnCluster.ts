import type { ClusterTarget } from '../contributions';
import type { CommandParts } from './commandParts';
import { isLive, pickCluster } from './pickCluster';
import { pickFiles } from './pickFiles';
import { startFile } from './startFile';

/** Runs the active editor's file on a cluster that is there, and leaves the cluster as it is. */
export function runFileOnCluster(parts: Pick<CommandParts, 'clusters' | 'runs' | 'follower'>) {
  return async (target?: ClusterTarget): Promise<string | undefined> => {
    const { cluster } = await pickCluster(parts, target, {
      title: 'Run Active File on Cluster',
      none: 'No cluster is running.',
      which: isLive,
    });
    const [uri] = (await pickFiles(undefined)).files;
    const run =
      uri &&
      (await startFile(parts, uri, {
        profile: cluster.profile ?? '',
        args: [],
        environment: {},
        cluster: { backend: cluster.backend, id: cluster.id },
      }));
    return run?.id;
  };
}
