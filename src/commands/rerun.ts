import type { RunTarget } from '../contributions';
import type { CommandParts } from './commandParts';
import { isActive, pickRun } from './pickRun';
import { fetchCode } from './runFromGit';

/** Runs the same code again, with the same profile, arguments and environment. Gives back the new run's id. */
export function rerun(parts: Pick<CommandParts, 'runs' | 'follower' | 'checkouts'>) {
  return async (target?: RunTarget): Promise<string> => {
    const last = await pickRun(parts, target, {
      title: 'Run Again',
      none: 'There is nothing to run again.',
      which: (run) => !isActive(run),
    });
    const { origin } = last.record.request;
    if (origin !== undefined) {
      // At once where it is still there.
      await fetchCode(parts, { repository: origin.repository, ref: origin.commit });
    }
    const run = await parts.runs.rerun(last.id);
    parts.follower.follow(run, { show: true });
    return run.id;
  };
}
