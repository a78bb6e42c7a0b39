import { formatDuration } from '../core/duration';
import { runTimes, type RunRecord } from '../core/run';

/**
 * Text of the status bar item: `$(sync~spin) etl.py 12 s · 4 workers`, `$(sync~spin) 3 runs`.
 * Undefined when nothing runs.
 *
 * @param active runs that are not over, newest first
 * @param workers of the run's cluster, where that is known
 * @param now milliseconds since 1970
 */
export function runStatus(
  active: readonly RunRecord[],
  workers: number | undefined,
  now: number,
): { text: string; tooltip: string; spoken: string } | undefined {
  const [first, second] = active;
  if (first === undefined) {
    return undefined;
  }
  if (second !== undefined) {
    const text = `${active.length} runs`;
    return {
      text: `$(sync~spin) ${text}`,
      tooltip: active.map((run) => `${run.name} · ${elapsed(run, now)}`).join('\n'),
      spoken: `Dask: ${text} active`,
    };
  }
  const name = first.name.length > 40 ? `${first.name.slice(0, 39)}…` : first.name;
  const stage = first.state === 'running' ? undefined : first.progress;
  const count = workers === undefined ? undefined : `${workers} ${workers === 1 ? 'worker' : 'workers'}`;
  const text = [`${name} ${elapsed(first, now)}`, stage ?? count].filter((part) => part !== undefined).join(' · ');
  return {
    text: `$(sync~spin) ${text.replaceAll('$(', '$ (')}`,
    tooltip: `${first.name} runs on Dask. Select to show its log.`,
    spoken: `Dask: ${text}`,
  };
}

/** Whole seconds, so that the text changes once a second. */
function elapsed(run: RunRecord, now: number): string {
  return formatDuration(Math.max(1000, Math.floor(runTimes(run, now).total / 1000) * 1000));
}
