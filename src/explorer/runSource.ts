import type { Disposable } from '../core/event';
import type { RunRecord } from '../core/run';
import type { ExplorerSource } from './explorerView';
import type { ExplorerNode } from './nodes';
import { isOver } from './renderRun';

/** Runs that one "Show More" brings. */
const pageLength = 100;

/** Where runs come from: those known in memory, and the history on disk behind them. */
export interface RunHistory {
  /** Newest first; the newest 100 of the history among them. */
  recent(): readonly RunRecord[];
  /** The id of a run that changed; undefined when runs came or went. */
  onDidChange(listener: (id: string | undefined) => unknown): Disposable;
  /** Number of runs on disk. */
  count(): Promise<number>;
  page(offset: number, length: number): Promise<readonly RunRecord[]>;
  /** Resolves when the history has been read. */
  ready(): Promise<void>;
}

/** Rows of the runs view: runs by day, newest first. */
export class RunSource implements ExplorerSource {
  #older: readonly RunRecord[] = [];
  #limit = pageLength;
  #shown: ReadonlySet<string> = new Set();
  #total = 0;

  constructor(private readonly history: RunHistory) {}

  async load(): Promise<void> {
    await this.history.ready();
    await this.refresh();
  }

  children(node: ExplorerNode | undefined): readonly ExplorerNode[] {
    const runs = this.#runs();
    if (node?.kind === 'day') {
      return runs.filter((run) => dayOf(run) === node.start).map((run) => ({ kind: 'run', run }));
    }
    if (node !== undefined) {
      return [];
    }
    const days = new Map<number, number>();
    for (const run of runs) {
      days.set(dayOf(run), (days.get(dayOf(run)) ?? 0) + 1);
    }
    const remaining = this.#total - runs.length;
    const rows = [...days].map(([start, count], index): ExplorerNode => ({
      kind: 'day',
      start,
      count,
      partial: remaining > 0 && index === days.size - 1,
      expanded: index < 2,
    }));
    return remaining > 0 ? [...rows, { kind: 'more', parent: 'root', shown: runs.length, remaining }] : rows;
  }

  watch(onChange: (rowId: string | undefined) => void): Disposable {
    let watching = true;
    const changes = this.history.onDidChange((id) => {
      if (id !== undefined && this.#shown.has(id)) {
        onChange(`run:${id}`);
        return;
      }
      void this.refresh().then(() => {
        if (watching) {
          onChange(undefined);
        }
      });
    });
    return {
      dispose: () => {
        watching = false;
        changes.dispose();
      },
    };
  }

  /** Counts again, and reads again what "Show More" brought: a run may have been deleted. */
  async refresh(): Promise<void> {
    this.#total = await this.history.count();
    const needed = Math.min(this.#limit, this.#total);
    this.#older = needed > this.history.recent().length ? await this.history.page(0, needed) : [];
  }

  /** Runs that go on show their seconds; a day's label changes at midnight. */
  tick(): number | undefined {
    const runs = this.history.recent();
    return runs.some((run) => !isOver(run) && run.host === undefined) ? 1000 : runs.length > 0 ? 60_000 : undefined;
  }

  async loadMore(parent: string): Promise<boolean> {
    if (parent !== 'root') {
      return false;
    }
    this.#limit = this.#runs().length + pageLength;
    await this.refresh();
    return true;
  }

  #runs(): readonly RunRecord[] {
    const recent = this.history.recent();
    const ids = new Set(recent.map((run) => run.id));
    // Ids sort by time.
    const runs = [...recent, ...this.#older.filter((run) => !ids.has(run.id))].sort((a, b) => (a.id < b.id ? 1 : -1));
    this.#shown = new Set(runs.map((run) => run.id));
    return runs;
  }
}

/** Local midnight at the beginning of its day, in milliseconds since 1970. */
function dayOf(run: RunRecord): number {
  return new Date(run.createdAt).setHours(0, 0, 0, 0);
}
