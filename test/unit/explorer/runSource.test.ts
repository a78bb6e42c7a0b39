import assert from 'node:assert/strict';

import { Emitter } from '../../../src/core/event';
import type { RunRecord } from '../../../src/core/run';
import { RunSource, type RunHistory } from '../../../src/explorer/runSource';
import { noon, openRun, run } from './samples';

const day = 86_400_000;

/** A history of which the newest 100 are in memory. */
class History implements RunHistory {
  readonly changes = new Emitter<string | undefined>();
  readonly pages: number[] = [];
  inMemory = 100;

  constructor(public all: RunRecord[]) {}

  readonly onDidChange = this.changes.event;

  recent(): readonly RunRecord[] {
    return this.all.slice(0, this.inMemory);
  }

  count(): Promise<number> {
    return Promise.resolve(this.all.length);
  }

  page(offset: number, length: number): Promise<readonly RunRecord[]> {
    this.pages.push(offset);
    return Promise.resolve(this.all.slice(offset, offset + length));
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }
}

function history(count: number): History {
  return new History(
    Array.from({ length: count }, (_, index) =>
      run({ id: `r${String(9999 - index)}`, createdAt: noon - index * 60_000 }),
    ),
  );
}

function shown(source: RunSource): number {
  return source
    .children(undefined)
    .reduce((sum, node) => sum + (node.kind === 'day' ? source.children(node).length : 0), 0);
}

describe('RunSource', () => {
  it('is empty where nothing has run, so that the view says what to do', async () => {
    const source = new RunSource(history(0));
    await source.load();
    assert.deepEqual(source.children(undefined), []);
    assert.equal(source.tick(), undefined);
  });

  it('groups by day, newest first, and opens the newest two', async () => {
    const source = new RunSource(
      new History([
        run({ id: 'r4', createdAt: noon }),
        run({ id: 'r3', createdAt: noon - 3_600_000 }),
        run({ id: 'r2', createdAt: noon - day }),
        run({ id: 'r1', createdAt: noon - 9 * day }),
      ]),
    );
    await source.load();
    const days = source.children(undefined);
    assert.deepEqual(
      days.map((node) => node.kind === 'day' && [node.count, node.expanded]),
      [
        [2, true],
        [1, true],
        [1, false],
      ],
    );
    assert.deepEqual(
      source.children(days[0]).map((node) => node.kind === 'run' && node.run.id),
      ['r4', 'r3'],
    );
  });

  it('reads the rest of the history page by page, when asked', async () => {
    const past = history(250);
    const source = new RunSource(past);
    await source.load();
    assert.deepEqual(past.pages, []);
    assert.equal(shown(source), 100);
    const more = source.children(undefined).at(-1);
    assert.ok(more?.kind === 'more' && more.remaining === 150);
    await source.loadMore('root');
    assert.equal(shown(source), 200);
    await source.loadMore('root');
    assert.equal(shown(source), 250);
    assert.notEqual(source.children(undefined).at(-1)?.kind, 'more');
    assert.equal(await source.loadMore('day:1'), false);
  });

  it('fills the place of runs that were deleted', async () => {
    const past = history(250);
    const source = new RunSource(past);
    await source.load();
    past.all = past.all.slice(40);
    past.inMemory = 60;
    await source.refresh();
    assert.equal(shown(source), 100);
    await source.loadMore('root');
    assert.equal(shown(source), 200);
  });

  it('tells which run changed, and looks again when runs came or went', async () => {
    const past = history(150);
    const source = new RunSource(past);
    await source.load();
    const told: (string | undefined)[] = [];
    let wake: (() => void) | undefined;
    const watch = source.watch((id) => {
      told.push(id);
      wake?.();
    });
    source.children(undefined);
    past.changes.fire('r9998');
    assert.deepEqual(told, ['run:r9998']);
    const looked = new Promise<void>((resolve) => (wake = resolve));
    past.all = past.all.slice(1);
    past.changes.fire(undefined);
    await looked;
    assert.deepEqual(told, ['run:r9998', undefined]);
    const more = source.children(undefined).at(-1);
    assert.ok(more?.kind === 'more' && more.remaining === 49);
    watch.dispose();
    assert.equal(past.changes.observed, false);
  });

  it('ticks by the second only while something runs', async () => {
    const past = history(1);
    const source = new RunSource(past);
    await source.load();
    assert.equal(source.tick(), 60_000);
    past.all = [openRun({ id: 'r99999' }), ...past.all];
    assert.equal(source.tick(), 1000);
    past.all = [openRun({ id: 'r99999', host: 'node-b' })];
    assert.equal(source.tick(), 60_000, 'what another machine runs is not counted');
  });
});
