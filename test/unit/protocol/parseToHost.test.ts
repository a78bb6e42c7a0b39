import assert from 'node:assert/strict';
import { defaultLayout, mostTiles, parseLayout } from '../../../src/protocol/layout';
import { parseToHost } from '../../../src/protocol/parseToHost';
import type { ToHost } from '../../../src/protocol/messages';

const query = { text: 'x', matchCase: false, wholeWord: true, regex: false };

describe('Messages from the webview', () => {
  const good: ToHost[] = [
    { type: 'ready' },
    { type: 'layout', layout: defaultLayout },
    { type: 'log.open', tile: 'log', source: 'run:1' },
    { type: 'log.close', tile: 'log' },
    { type: 'log.lines', tile: 'log', request: 1, first: 0, count: 100 },
    { type: 'log.search', tile: 'log', search: 2, query },
    { type: 'log.searchEnd', tile: 'log' },
    { type: 'log.copy', tile: 'log', from: { line: 1, column: 2 }, to: { line: 1, column: 3 } },
    { type: 'log.openInEditor', tile: 'log' },
    { type: 'log.save', tile: 'log' },
    { type: 'log.link', tile: 'log', path: '/a.py', line: 3 },
    { type: 'log.link', tile: 'log', path: '/a.py', line: 3, column: 7 },
    { type: 'run.location', runId: 'r' },
    { type: 'run', action: 'rerun', runId: 'r' },
    { type: 'dashboard.retry' },
    { type: 'dashboard.browser', path: 'individual-task-stream' },
    { type: 'showExtensionLog' },
  ];
  for (const message of good) {
    it(`takes ${message.type}`, () => assert.deepEqual(parseToHost(message), message));
  }

  const bad: [why: string, message: unknown][] = [
    ['no object', 'ready'],
    ['nothing', null],
    ['an array', [{ type: 'ready' }]],
    ['no type', {}],
    ['a type that is none', { type: 'delete' }],
    ['no tile', { type: 'log.close' }],
    ['an empty tile', { type: 'log.close', tile: '' }],
    ['a negative line', { type: 'log.lines', tile: 'l', request: 1, first: -1, count: 1 }],
    ['half a line', { type: 'log.lines', tile: 'l', request: 1, first: 0.5, count: 1 }],
    ['too many lines', { type: 'log.lines', tile: 'l', request: 1, first: 0, count: 1_000_000 }],
    ['no query', { type: 'log.search', tile: 'l', search: 1, query: { ...query, text: '' } }],
    [
      'a query that is too long',
      { type: 'log.search', tile: 'l', search: 1, query: { ...query, text: 'x'.repeat(1_001) } },
    ],
    ['an option that is no boolean', { type: 'log.search', tile: 'l', search: 1, query: { ...query, regex: 1 } }],
    [
      'a selection backwards',
      { type: 'log.copy', tile: 'l', from: { line: 2, column: 0 }, to: { line: 1, column: 0 } },
    ],
    ['a path with NUL', { type: 'log.link', tile: 'l', path: 'a\0.py', line: 1 }],
    ['line 0', { type: 'log.link', tile: 'l', path: 'a.py', line: 0 }],
    ['an action that is none', { type: 'run', action: 'delete', runId: 'r' }],
    ['a path with a slash', { type: 'dashboard.browser', path: '../status' }],
    ['an address', { type: 'dashboard.browser', path: 'http://example.org' }],
    ['a layout that is none', { type: 'layout', layout: { root: { kind: 'tile' } } }],
  ];
  for (const [why, message] of bad) {
    it(`refuses ${why}`, () => assert.equal(parseToHost(message), undefined));
  }

  it('passes on nothing that it does not know', () => {
    assert.deepEqual(parseToHost({ type: 'ready', more: 1 }), { type: 'ready' });
  });
});

describe('Layouts that were saved', () => {
  const tile = (id: string): unknown => ({ kind: 'tile', tile: { kind: 'log', id } });
  const row = (children: unknown[], sizes: number[]): unknown => ({
    root: { kind: 'split', direction: 'row', children, sizes },
  });

  it('come back as they were', () => {
    assert.deepEqual(parseLayout(JSON.parse(JSON.stringify(defaultLayout))), defaultLayout);
    assert.deepEqual(parseLayout(JSON.parse(JSON.stringify({ root: undefined }))), { root: undefined });
  });

  it('have sizes that sum to 1', () => {
    const layout = parseLayout(row([tile('a'), tile('b')], [1, 3]));
    assert.deepEqual(layout?.root?.kind === 'split' && layout.root.sizes, [0.25, 0.75]);
  });

  const bad: [why: string, layout: unknown][] = [
    ['the same tile twice', row([tile('a'), tile('a')], [1, 1])],
    ['a split of one', row([tile('a')], [1])],
    ['a size too few', row([tile('a'), tile('b')], [1])],
    ['a size of 0', row([tile('a'), tile('b')], [0, 1])],
    ['a size that is no number', row([tile('a'), tile('b')], [NaN, 1])],
    [
      'a direction that is none',
      { root: { kind: 'split', direction: 'up', children: [tile('a'), tile('b')], sizes: [1, 1] } },
    ],
    ['a plot with a slash', { root: { kind: 'tile', tile: { kind: 'plot', id: 'p', path: 'a/b', title: 'P' } } }],
    [
      'too many tiles',
      row(
        Array.from({ length: mostTiles + 1 }, (_, at) => tile(String(at))),
        Array(mostTiles + 1).fill(1) as number[],
      ),
    ],
    ['no object', 'root'],
  ];
  for (const [why, layout] of bad) {
    it(`are refused with ${why}`, () => assert.equal(parseLayout(layout), undefined));
  }

  it('are refused when they are nested without end', () => {
    let node: unknown = tile('end');
    for (let depth = 0; depth < 20; depth += 1) {
      node = { kind: 'split', direction: 'row', children: [tile(`t${depth}`), node], sizes: [1, 1] };
    }
    assert.equal(parseLayout({ root: node }), undefined);
  });
});
