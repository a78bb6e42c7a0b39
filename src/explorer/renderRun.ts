import { timeOfDay } from '../core/age';
import { formatDuration } from '../core/duration';
import { isTerminal, type Job } from '../core/job';
import { runNotes, runTimes, terminalRunStates, type RunRecord } from '../core/run';
import { contextValue } from '../contributions';
import type { RowView } from './rowView';

type ShownState = RunRecord['state'] | Job['state'];

const icons: Readonly<Record<ShownState, { icon: string } & Pick<RowView, 'color'>>> = {
  planned: { icon: 'loading~spin' },
  preparing: { icon: 'loading~spin' },
  submitting: { icon: 'loading~spin' },
  pending: { icon: 'loading~spin' },
  running: { icon: 'sync~spin', color: 'charts.green' },
  succeeded: { icon: 'pass', color: 'testing.iconPassed' },
  failed: { icon: 'error', color: 'testing.iconFailed' },
  cancelled: { icon: 'circle-slash', color: 'disabledForeground' },
};

const words: Readonly<Record<ShownState, string>> = {
  planned: 'Planned',
  preparing: 'Preparing',
  submitting: 'Starting',
  pending: 'Starting',
  running: 'Running',
  succeeded: 'Succeeded',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export function renderRun(run: RunRecord, now: number): RowView {
  const over = isOver(run);
  // What never began took no time, and what another machine does is seen as it was last written.
  const unknown = over ? run.startedAt === undefined || run.endedAt === undefined : run.host !== undefined;
  const took = unknown ? undefined : formatDuration(runTimes(run, now).total);
  const name = run.host === undefined ? run.name : `${run.name} on ${run.host}`;
  const { icon, color } = icons[run.state];
  const state = over ? ending(run) : (run.progress ?? words[run.state]);
  const releasing = over && !run.released ? 'releasing its cluster' : undefined;
  const parts = over
    ? [
        run.state === 'succeeded' ? undefined : state,
        timeOfDay(run.createdAt),
        took,
        profileText(run),
        releasing,
        argumentsText(run),
      ]
    : [
        run.state === 'running' && run.host === undefined ? undefined : state,
        took,
        profileText(run),
        argumentsText(run),
      ];
  return {
    label: name,
    description: join(parts, ' · '),
    tooltip: runTooltip(run, state, took),
    // What another machine does is seen as it was last written: nothing moves.
    icon: run.host === undefined ? icon : icon.replace('~spin', ''),
    ...(color === undefined ? {} : { color }),
    contextValue: contextValue('run', {
      active: !over,
      over,
      file: run.request.target.kind === 'file',
      report: run.report !== undefined,
    }),
    opens: 'dask.run.showLogs',
    spoken: join(
      [
        `Run ${name}`,
        state,
        over ? `at ${timeOfDay(run.createdAt)}` : undefined,
        took,
        profileText(run) && `profile ${profileText(run) ?? ''}`,
      ],
      ', ',
    ),
  };
}

export function renderJob(job: Job, now: number): RowView {
  const over = isTerminal(job.state);
  const took = job.startedAt === undefined ? undefined : duration(job.startedAt, over ? job.endedAt : now);
  const state = over ? ending(job) : words[job.state];
  // The clock that runs is that of the run, which began before: beside it this one would look wrong.
  const shown = over || job.startedAt === undefined ? [state, took] : [`${state} since ${timeOfDay(job.startedAt)}`];
  return {
    label: job.name,
    description: join([...shown, job.owner?.split('@')[0]], ' · '),
    tooltip: join(
      [job.name, state, took && `Took: ${took}`, job.owner && `Submitted by: ${job.owner}`, job.error?.message],
      '\n',
    ),
    ...icons[job.state],
    contextValue: contextValue('job', { active: !over, over }),
    opens: 'dask.job.showLogs',
    spoken: join([`Job ${job.name}`, state, took, job.owner && `of ${job.owner}`], ', '),
  };
}

/** True when the run's own result is known: its cluster may still be on its way out. */
export function isOver(run: RunRecord): boolean {
  return terminalRunStates.includes(run.state);
}

/** `Succeeded`, `Failed with exit code 3`, `Ended by SIGKILL`, `Cancelled`. */
function ending(subject: { state: ShownState; exitCode?: number | undefined; signal?: string | undefined }): string {
  if (subject.state === 'failed' && subject.signal !== undefined) {
    return `Ended by ${subject.signal}`;
  }
  if (subject.state === 'failed' && subject.exitCode !== undefined && subject.exitCode > 1) {
    return `Failed with exit code ${subject.exitCode}`;
  }
  return words[subject.state];
}

function profileText(run: RunRecord): string | undefined {
  return run.request.profile === '' ? run.cluster?.name : run.request.profile;
}

/** Of the time that a run took, that of its script, which began when its cluster was there. */
function scriptText(run: RunRecord): string {
  const { script } = runTimes(run, 0);
  return script === undefined ? '' : `, its script ${formatDuration(script)}`;
}

/** Arguments as they were given, on one line, as far as a row has room. */
function argumentsText({ request: { args } }: RunRecord): string | undefined {
  const text = args.join(' ').replace(/\s+/g, ' ').trim();
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function duration(from: number, to: number | undefined): string | undefined {
  return to === undefined ? undefined : formatDuration(Math.max(0, to - from));
}

function runTooltip(run: RunRecord, state: string, took: string | undefined): string {
  const { target, args, profile, origin } = run.request;
  return join(
    [
      run.name,
      state,
      run.error?.message,
      run.host && `On: ${run.host}`,
      target.kind === 'file' ? `File: ${target.path}` : `Function: ${target.module}.${target.function}`,
      origin && `From: ${origin.repository}`,
      origin && `Commit: ${origin.commit}${origin.ref === '' ? '' : ` (${origin.ref})`}`,
      args.length > 0 ? `Arguments: ${args.join(' ')}` : undefined,
      profile === '' ? undefined : `Profile: ${profile}`,
      run.cluster && `Cluster: ${run.cluster.name}${run.cluster.reused ? ' (was warm)' : ''}`,
      `Asked for: ${new Date(run.createdAt).toLocaleString()}`,
      took && `Took: ${took}${scriptText(run)}`,
      ...runNotes(run),
      run.clusterEndReason && `End of the cluster: ${run.clusterEndReason}`,
    ],
    '\n',
  );
}

function join(parts: readonly (string | undefined)[], separator: string): string {
  return parts.filter((part) => part !== undefined && part !== '').join(separator);
}
