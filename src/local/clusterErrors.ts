import type { Cluster } from '../core/cluster';
import { UserError, type ErrorButton, type ErrorRecord } from '../core/errors';

const showLog: ErrorButton = { title: 'Show Log', action: { kind: 'showLog' } };

export const clusterKilled: ErrorRecord = { code: 'clusterKilled', message: 'The cluster process was killed.' };

/** What is done about an interpreter without a Dask that clusters can use, by what its process says. */
const daskLacks: Readonly<Record<string, string | undefined>> = {
  daskMissing: 'Install Dask',
  daskTooOld: 'Update Dask',
};

export function startFailed(name: string, code: string, reason: string, interpreter?: string): UserError {
  const lacking = interpreter === undefined ? undefined : daskLacks[code];
  const why = sentence(reason);
  return new UserError({
    code,
    what: `The cluster “${name}” could not be started.`,
    ...(why === '' ? {} : { why }),
    next: lacking === undefined ? 'Look into its log.' : `${lacking} there, or use a managed environment.`,
    buttons:
      lacking === undefined || interpreter === undefined
        ? [showLog]
        : [
            { title: lacking, action: { kind: 'installDask', interpreter } },
            { title: 'Use a Managed Environment', action: { kind: 'useManagedEnvironment' } },
          ],
  });
}

/** @param seconds without any progress */
export function startStalled(name: string, stage: string, seconds: number, lastLine: string): UserError {
  return new UserError({
    code: 'clusterStalled',
    what: `The cluster “${name}” could not be started.`,
    why: `Nothing moved for ${seconds} seconds while it was ${stage}.${lastLine === '' ? '' : ` Its log ends with: ${lastLine}`}`,
    next: 'Look into its log, then try again.',
    buttons: [showLog],
  });
}

export function clusterGone(name: string): UserError {
  return new UserError({
    code: 'clusterGone',
    what: `The cluster “${name}” is not there any more.`,
    next: 'Run the file again to get a new one.',
  });
}

export function clusterNotRunning(cluster: Cluster): UserError {
  const ended = cluster.state === 'closed' || cluster.state === 'failed';
  return new UserError({
    code: ended ? 'clusterEnded' : 'clusterNotReady',
    what: ended ? `The cluster “${cluster.name}” has ended.` : `The cluster “${cluster.name}” is not ready.`,
    ...(cluster.endReason === undefined ? {} : { why: sentence(cluster.endReason) }),
    next: ended ? 'Run the file again to get a new one.' : 'Wait until it has started, then try again.',
  });
}

export function clusterWillNotEnd(name: string, pid: number): UserError {
  return new UserError({
    code: 'clusterWillNotEnd',
    what: `The cluster “${name}” could not be shut down.`,
    why: `Its process ${pid} does not end.`,
    next: 'End that process by hand.',
  });
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === '' || /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** @param name with the name of its machine, as it is listed */
export function clusterElsewhere(name: string): UserError {
  return new UserError({
    code: 'clusterElsewhere',
    what: `The cluster “${name}” cannot be reached from here.`,
    why: 'It runs on another machine that shares this home directory.',
    next: 'Use it and shut it down in a window on that machine.',
  });
}
