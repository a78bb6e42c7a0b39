import type { DaskApi } from './api';
import { fileToRun } from './host/fileToRun';
import type { RunFollower } from './host/runFollower';
import type { Settings } from './host/settings';
import type { ClusterModel } from './run/clusterModel';
import type { RunService } from './run/runService';

/** The API for other extensions, over the same services that the commands use. */
export function exportedApi(parts: {
  runs: RunService;
  clusters: ClusterModel;
  settings: Settings;
  follower: RunFollower;
}): DaskApi {
  const { runs, clusters, settings, follower } = parts;
  return {
    version: 1,
    runFile: async (uri, options = {}) => {
      const path = await fileToRun(uri);
      const run = await runs.start({
        target: { kind: 'file', path },
        profile: options.profile ?? settings.defaultProfile(path),
        args: [...(options.args ?? [])],
        environment: { ...options.env },
      });
      follower.follow(run, { show: false });
      return run;
    },
    runs: () => [...runs.runs()],
    clusters: async () => {
      await clusters.refresh();
      return clusters.entries().map((entry) => entry.cluster);
    },
  };
}
