import { formatAge } from '../core/age';
import type { EndedWorker } from '../core/cluster';
import { count } from './count';
import type { RowView } from './rowView';

/** By the Python side's words (`EndKind`): ends that somebody wanted are not among them. */
const words: Readonly<Record<string, string>> = {
  memory: 'killed: out of memory',
  killed: 'killed',
  preempted: 'preempted',
  'node lost': 'node lost',
  'disks failed': 'disks of its node failed',
  failed: 'failed',
  'launch failed': 'did not start',
  'lost contact': 'stopped answering',
};
const wanted = ['released', 'retired', 'finished'];

/** False for workers of a cluster that became smaller, and for those that ended by themselves without an error. */
export function isUnexpected({ kind }: EndedWorker): boolean {
  return !wanted.includes(kind);
}

export function renderWaiting(number: number): RowView {
  const text = `${count(number, 'worker')} ${number === 1 ? 'waits' : 'wait'} for YARN`;
  return {
    label: text,
    tooltip: [
      text,
      'YARN has not given them a container yet.',
      'Where that takes long, the machines have no room: memory, cores or the share of the queue are used up.',
      'They start by themselves when other work ends there, or when machines are added.',
    ].join('\n'),
    icon: 'watch',
    contextValue: 'waiting;',
  };
}

export function renderEnded(worker: EndedWorker, now: number): RowView {
  const how = endText(worker);
  const age = formatAge(worker.at, now);
  return {
    label: worker.name,
    description: `${how} · ${age}`,
    tooltip: [
      worker.name,
      worker.reason,
      `Ended: ${new Date(worker.at).toLocaleString()}`,
      worker.node && `Node: ${worker.node}`,
      worker.container && `Container: ${worker.container}`,
      worker.exitStatus !== undefined && `Exit status: ${worker.exitStatus}`,
    ]
      .filter((line) => typeof line === 'string' && line !== '')
      .join('\n'),
    icon: 'error',
    color: 'list.warningForeground',
    contextValue: 'endedWorker;',
    spoken: `${worker.name} has ended, ${how}, ${age}`,
  };
}

export function renderEndedBefore(workers: readonly EndedWorker[]): RowView {
  const text = `${workers.length} more ended before`;
  return {
    label: text,
    tooltip: [text, ...workers.map((worker) => `${worker.name}: ${endText(worker)}`)].join('\n'),
    contextValue: 'endedBefore;',
  };
}

function endText({ kind, exitStatus }: EndedWorker): string {
  return kind === 'failed' && exitStatus !== undefined && exitStatus > 0
    ? `failed with exit code ${exitStatus}`
    : (words[kind] ?? (kind === '' ? 'ended' : kind));
}
