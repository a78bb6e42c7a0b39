import type { ClusterRef } from './cluster';
import type { ErrorRecord } from './errors';
import type { JobTarget } from './job';

/**
 * `planned → preparing → submitting → running → succeeded | failed | cancelled`, and after each of
 * those three the cluster is released: see {@link RunRecord.released}.
 */
export type RunState = 'planned' | 'preparing' | 'submitting' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export const terminalRunStates: readonly RunState[] = ['succeeded', 'failed', 'cancelled'];

/** A state of somebody's code in a git repository. */
export interface CodeReference {
  /** URL or path, as git takes it; never with a password. */
  repository: string;
  /** Branch, tag or commit; empty: the default branch. */
  ref: string;
}

/** Code that was fetched for a run: what was asked for, what that was then, and where it is. */
export interface CodeOrigin extends CodeReference {
  /** The whole commit, in hex. */
  commit: string;
  /** Folder that holds it on this machine, absolute. */
  folder: string;
}

export interface RunRequest {
  target: JobTarget;
  /** Where the target was fetched from; absent: it is a file of the user's. */
  origin?: CodeOrigin;
  /** May be empty where `cluster` is given. */
  profile: string;
  /** Run on exactly this cluster, which the run then never releases. */
  cluster?: ClusterRef;
  args: readonly string[];
  environment: Readonly<Record<string, string>>;
}

/** A run as people and other extensions see it: everything that is known of it now. */
export interface RunRecord {
  /** `[a-z0-9-]{1,63}`; sorts by time. */
  id: string;
  request: RunRequest;
  /** For people: the file's name, and the commit where it was fetched. */
  name: string;
  state: RunState;
  /** What is going on, in a few words, while it is not over: `Starting 4 workers`. */
  progress?: string;
  /** The machine that drives it, where that is another one that shares this home directory: nothing tells of its changes. */
  host?: string;
  /** The run's own folder on this machine, absolute. */
  folder: string;
  /** SHA-256 of the file when the run was asked for. */
  fileHash?: string;
  /** Folder that its code is packed from for a cluster elsewhere, absolute. */
  codeRoot?: string;
  cluster?: ClusterRef & { name: string; reused: boolean };
  /** Milliseconds since 1970. */
  createdAt: number;
  startedAt?: number;
  endedAt?: number;
  exitCode?: number;
  signal?: string;
  error?: ErrorRecord;
  /** True once the run needs nothing more from its cluster. A terminal run that is not released is `releasing`. */
  released: boolean;
  /** Why its cluster ended, as a sentence. */
  clusterEndReason?: string;
  /** Absolute path of the performance report. */
  report?: string;
  /** Why there is none although it was asked for, as a sentence. */
  reportMissing?: string;
  /** Processes that the script had left running and that were ended: none where it is not there. */
  leftOver?: number;
}

/** What there is to say of a run beside its end: what was left running, and why there is no report. */
export function runNotes({ leftOver, reportMissing }: Pick<RunRecord, 'leftOver' | 'reportMissing'>): string[] {
  return [leftOver === undefined ? undefined : leftOverText(leftOver), reportMissing].filter(
    (text) => text !== undefined,
  );
}

/** What is said of processes that a script had left running. */
function leftOverText(count: number): string {
  return count === 1
    ? '1 process that the script left running was ended.'
    : `${count} processes that the script left running were ended.`;
}

/**
 * What a run takes, by one clock for all that shows it: from when it was asked for to its script's end, in milliseconds.
 * `script`: from the script's own start on, once it has ended.
 *
 * @param now milliseconds since 1970
 */
export function runTimes(
  { createdAt, startedAt, endedAt }: Pick<RunRecord, 'createdAt' | 'startedAt' | 'endedAt'>,
  now: number,
): { total: number; script: number | undefined } {
  const times = { total: Math.max(0, (endedAt ?? now) - createdAt), script: undefined };
  return startedAt === undefined || endedAt === undefined
    ? times
    : { ...times, script: Math.max(0, endedAt - startedAt) };
}
