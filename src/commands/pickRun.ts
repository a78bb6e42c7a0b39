import type { RunTarget } from '../contributions';
import { UserError } from '../core/errors';
import { terminalRunStates, type RunRecord } from '../core/run';
import { pickSingle } from '../host/quickSteps';
import type { Run } from '../run/run';
import type { CommandParts } from './commandParts';

/**
 * The run of a target; without one the user chooses among those that `which` lets through.
 *
 * @throws UserError when there is none
 */
export async function pickRun(
  { runs }: Pick<CommandParts, 'runs'>,
  target: RunTarget | undefined,
  question: { title: string; none: string; which: (run: RunRecord) => boolean },
): Promise<Run> {
  if (target !== undefined) {
    const run = await runs.get(target.runId);
    if (run === undefined) {
      throw new UserError({
        code: 'runGone',
        what: 'This run is not there any more.',
        why: 'It was deleted, perhaps in another window.',
        next: 'Refresh the view.',
      });
    }
    return run;
  }
  const choices = runs.runs().filter((run) => question.which(run.record));
  const [only, second] = choices;
  if (only === undefined) {
    throw new UserError({ code: 'noRun', what: question.none, next: 'Run a Python file on Dask first.' });
  }
  if (second === undefined) {
    return only;
  }
  const items = choices.map((run) => ({
    label: run.record.name,
    description: `${run.state} · ${run.record.request.profile}`,
    detail: new Date(run.record.createdAt).toLocaleString(),
    run,
  }));
  return (await pickSingle({ title: question.title, placeholder: 'Run', items })).run;
}

export function isActive(run: RunRecord): boolean {
  return !terminalRunStates.includes(run.state);
}
