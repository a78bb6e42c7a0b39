import type { JobTargetRef } from '../contributions';
import type { CommandParts } from './commandParts';
import { cancelRun } from './cancelRun';
import { showRunLog } from './showRunLog';

/** A job of a run is cancelled as the run, so that its cluster is released as well. */
export function cancelJob(parts: Pick<CommandParts, 'runs' | 'backend' | 'store' | 'clusters'>) {
  return async (target?: JobTargetRef): Promise<void> => {
    if (target === undefined || (await parts.runs.get(target.job.id)) !== undefined) {
      await cancelRun(parts)(target && { runId: target.job.id });
      return;
    }
    const { job } = target;
    await parts.backend(job.backend).cancelJob(job, parts.store.folder(job.id), new AbortController().signal);
    await parts.clusters.refresh();
  };
}

export function showJobLog(parts: Pick<CommandParts, 'runs' | 'panels' | 'boundary'>) {
  return async (target?: JobTargetRef): Promise<void> => {
    if (target === undefined || (await parts.runs.get(target.job.id)) !== undefined) {
      await showRunLog(parts)(target && { runId: target.job.id });
      return;
    }
    parts.panels().open(target.job.cluster, { runId: target.job.id });
  };
}
