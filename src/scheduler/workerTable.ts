import type { WorkerInfo } from '../core/cluster';
import { byName, hostOf } from './workerIdentity';

/**
 * Workers in the page `/info/main/workers.html` (template `worker-table.html` of distributed): all that can be
 * had of somebody else's scheduler whose identity cannot be written as JSON. It has no cpu, no spilled bytes and no status,
 * and counts tasks that were given to a worker: no more of them run at a time than it has threads.
 * @param now milliseconds since 1970
 */
export function workersInTable(html: string, now: number): WorkerInfo[] {
  const heads = [...(/<thead>([\s\S]*?)<\/thead>/.exec(html)?.[1] ?? '').matchAll(/<th>([\s\S]*?)<\/th>/g)];
  const columns = heads.map((head) => textOf(head[1] ?? '').toLowerCase());
  const body = /<tbody>([\s\S]*?)<\/tbody>/.exec(html)?.[1] ?? '';
  return [...body.matchAll(/<tr[^>]*>([\s\S]*?)<\/tr>/g)]
    .map((row) => [...(row[1] ?? '').matchAll(/<td([^>]*)>([\s\S]*?)<\/td>/g)])
    .map((cells) => workerOf(columns, cells, now))
    .filter((worker) => worker !== undefined)
    .sort(byName);
}

function workerOf(columns: readonly string[], cells: readonly RegExpExecArray[], now: number): WorkerInfo | undefined {
  const cell = (column: string): { attributes: string; html: string } | undefined => {
    const found = cells[columns.indexOf(column)];
    return found === undefined ? undefined : { attributes: found[1] ?? '', html: found[2] ?? '' };
  };
  const sortKey = (column: string): number =>
    Number(/data-sort="([\d.e+-]+)"/.exec(cell(column)?.attributes ?? '')?.[1] ?? 0);
  const address = textOf(cell('worker')?.html ?? '');
  if (address === '') {
    return undefined;
  }
  const nthreads = Number(textOf(cell('cores')?.html ?? '')) || 0;
  return {
    address,
    name: textOf(cell('name')?.html ?? '') || address,
    host: hostOf(address),
    nthreads,
    memoryLimit: sortKey('memory'),
    memoryUsed: Number(/value="(\d+)"/.exec(cell('memory use')?.html ?? '')?.[1] ?? 0),
    spilledBytes: 0,
    cpu: undefined,
    executing: Math.min(nthreads, Number(textOf(cell('processing')?.html ?? '')) || 0),
    status: 'running',
    lastSeen: now - sortKey('last seen') * 1000,
  };
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" };

function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, '')
    .replace(/&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole)
    .trim();
}
