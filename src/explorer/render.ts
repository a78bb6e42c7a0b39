import { dayLabel } from '../core/age';
import type { WorkerInfo } from '../core/cluster';
import { count } from './count';
import { renderCluster, workersText } from './renderCluster';
import { renderEnded, renderEndedBefore, renderWaiting } from './renderEnded';
import { renderJob, renderRun } from './renderRun';
import type { ExplorerNode } from './nodes';
import type { RowView } from './rowView';

/**
 * What a row looks like.
 *
 * @param now milliseconds since 1970
 */
export function render(node: ExplorerNode, now: number): RowView {
  switch (node.kind) {
    case 'cluster':
      return renderCluster(node, now);
    case 'workers': {
      const workers = workersText(node.range, node.count);
      const text = node.machines === undefined ? workers : `${workers} on ${count(node.machines, 'machine')}`;
      return {
        label: 'Workers',
        description: text.replace(/ workers?/, ''),
        collapsible: 'expanded',
        contextValue: 'workers;',
        spoken: `Workers: ${text}`,
      };
    }
    case 'worker':
      return renderWorker(node.worker);
    case 'waiting':
      return renderWaiting(node.count);
    case 'endedWorker':
      return renderEnded(node.worker, now);
    case 'endedBefore':
      return renderEndedBefore(node.workers);
    case 'jobs':
      return {
        label: 'Jobs',
        // Not how many of them run: VS Code draws all rows below one that it draws again.
        description: `${node.count}`,
        collapsible: 'expanded',
        contextValue: 'jobs;',
      };
    case 'job':
      return renderJob(node.job, now);
    case 'day':
      return {
        label: dayLabel(node.start, now),
        description: node.partial ? `${node.count}+ runs` : count(node.count, 'run'),
        collapsible: node.expanded ? 'expanded' : 'collapsed',
        contextValue: 'day;',
      };
    case 'run':
      return renderRun(node.run, now);
    case 'loading':
      return { label: node.text, icon: 'loading~spin', contextValue: 'loading;' };
    case 'empty':
      return { label: node.text, contextValue: 'empty;' };
    case 'error':
      return {
        label: node.text,
        tooltip: node.detail ?? node.text,
        icon: 'warning',
        color: 'list.warningForeground',
        contextValue: 'error;',
        spoken: `Problem: ${node.text}`,
      };
    case 'more':
      return {
        label: 'Show More',
        ...(node.remaining === undefined ? {} : { description: `${node.remaining} more` }),
        icon: 'ellipsis',
        contextValue: 'more;',
        opens: 'more',
      };
  }
}

function renderWorker(worker: WorkerInfo): RowView {
  const address = worker.address.replace(/^\w+:\/\//, '');
  const label =
    worker.name === worker.address ? address : /^\d+$/.test(worker.name) ? `Worker ${worker.name}` : worker.name;
  const memory =
    worker.memoryLimit > 0
      ? `${shortBytes(worker.memoryUsed)} of ${shortBytes(worker.memoryLimit)}`
      : shortBytes(worker.memoryUsed);
  const threads = count(worker.nthreads, 'thread');
  const state = worker.status === 'running' ? undefined : worker.status.replaceAll('_', ' ');
  const paused = state !== undefined;
  const parts = [state, worker.executing > 0 ? `${worker.executing} running` : undefined, memory, threads];
  return {
    label,
    description: parts.filter((part) => part !== undefined).join(' · '),
    tooltip: [
      label,
      `Address: ${worker.address}`,
      `State: ${worker.status.replaceAll('_', ' ')}`,
      `Threads: ${worker.nthreads}`,
      `Memory: ${memory}`,
      `On disk: ${shortBytes(worker.spilledBytes)}`,
      worker.cpu === undefined ? undefined : `CPU: ${Math.round(worker.cpu)} %`,
      `Tasks running: ${worker.executing}`,
    ]
      .filter((line) => line !== undefined)
      .join('\n'),
    icon: paused ? 'debug-pause' : 'server-process',
    ...(paused
      ? { color: 'list.warningForeground' as const }
      : worker.executing > 0
        ? { color: 'charts.green' as const }
        : {}),
    contextValue: 'worker;',
    spoken: `${label}, ${state ?? 'running'}, ${threads}, ${memory} of memory, ${count(worker.executing, 'task')} running`,
  };
}

/** `512 MiB`, `1.2 GiB`: no more digits than are worth painting a row again for. */
function shortBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${value < 10 && power > 2 ? Number(value.toFixed(1)) : Math.round(value)} ${units[power] ?? 'B'}`;
}
