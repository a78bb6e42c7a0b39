import type { StartupStage } from '../core/cluster';
import type { Profile } from '../core/profile';

/** What a start is doing, in a few words; `detail` is the backend's own, such as `2 workers`. */
export function stageText(stage: StartupStage, profile: Profile, detail: string | undefined): string {
  if (detail === undefined || detail === '') {
    return plainText(stage, profile);
  }
  return stage === 'workers' ? `Starting ${detail}` : `${plainText(stage, profile)}: ${detail}`;
}

function plainText(stage: StartupStage, profile: Profile): string {
  switch (stage) {
    case 'environment':
      return 'Preparing Python';
    case 'process':
      return profile.backend === 'address' ? 'Connecting' : 'Starting the cluster';
    case 'scheduler':
      return profile.backend === 'address' ? 'Asking the scheduler' : 'Starting the scheduler';
    case 'workers': {
      const workers = profile.backend === 'address' ? undefined : profile.workers;
      const count = workers?.kind === 'adaptive' ? workers.minimum : workers?.count;
      return count === undefined || count === 0
        ? 'Starting workers'
        : `Starting ${count} ${count === 1 ? 'worker' : 'workers'}`;
    }
    case 'ready':
      return 'The cluster is ready';
  }
}
