import { formatDuration } from '../core/duration';
import type { ErrorButton } from '../core/errors';
import { runTimes, type RunRecord } from '../core/run';

/** What is said about the end of a run that nobody was looking at. */
export function endNotice(run: RunRecord): { text: string; failed: boolean; buttons: readonly ErrorButton[] } {
  const took =
    run.startedAt === undefined || run.endedAt === undefined
      ? ''
      : ` after ${formatDuration(runTimes(run, run.endedAt).total)}`;
  const showLog: ErrorButton = { title: 'Show Log', action: { kind: 'showRun', runId: run.id } };
  if (run.state === 'succeeded') {
    return { text: `${run.name} succeeded${took}.`, failed: false, buttons: [showLog] };
  }
  const why = run.error === undefined ? '' : ` ${run.error.message}`;
  const own = run.error?.buttons ?? [];
  return {
    text: `${run.name} failed${took}.${why}`,
    failed: true,
    // Before there is a cluster there is no output either.
    buttons: run.startedAt === undefined ? own : [showLog, ...own],
  };
}
