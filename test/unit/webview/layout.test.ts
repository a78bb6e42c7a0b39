import assert from 'node:assert/strict';
import { defaultLayout, parseLayout, type Layout, type LayoutNode, type Tile } from '../../../src/protocol/layout';
import { layoutRects } from '../../../webview/panel/layout/layoutRects';
import {
  addTile,
  closeTile,
  dropTile,
  evenSplit,
  filterTiles,
  moveTile,
  resizeSplit,
  tilesOf,
  type Edge,
} from '../../../webview/panel/layout/layoutTree';
import { randomFrom } from '../panel/tempFolder';

/** `[a b]` is a row, `(a b)` a column. */
function drawn(layout: Layout): string {
  const draw = (node: LayoutNode): string => {
    if (node.kind === 'tile') {
      return node.tile.id;
    }
    const inner = node.children.map(draw).join(' ');
    return node.direction === 'row' ? `[${inner}]` : `(${inner})`;
  };
  return layout.root ? draw(layout.root) : '';
}

/** Adds a tile as in a panel of this width. */
function added(layout: Layout, tile: Tile, width = 800): Layout {
  const { tiles } = layoutRects(layout, width, 700);
  return addTile(layout, tile, (id) => tiles.find((one) => one.tile.id === id)?.rect);
}

const plot = (id: string): Tile => ({ kind: 'plot', id, path: 'individual-x', title: id });

describe('The layout of tiles', () => {
  it('has the log under task stream and progress by default', () => {
    assert.equal(drawn(defaultLayout), '([task-stream progress] log)');
  });

  it('adds plots where the largest one is, beside or under it as there is room, and logs underneath', () => {
    assert.equal(drawn(added(defaultLayout, plot('cpu'), 1200)), '([task-stream cpu progress] log)');
    assert.equal(drawn(added(defaultLayout, plot('cpu'), 600)), '([(task-stream cpu) progress] log)');
    assert.equal(drawn(added(defaultLayout, { kind: 'log', id: 'log-2' })), '([task-stream progress] log log-2)');
    assert.equal(drawn(added({ root: undefined }, plot('cpu'))), 'cpu');
    const log: Layout = { root: { kind: 'tile', tile: { kind: 'log', id: 'log' } } };
    assert.equal(drawn(added(log, plot('cpu'))), '(cpu log)');
    assert.equal(added(defaultLayout, plot('progress')), defaultLayout);
  });

  it('makes a sliver of no plot, however many are added', () => {
    for (const width of [420, 515, 800, 1600]) {
      let layout = defaultLayout;
      for (let count = 0; count < 8; count += 1) {
        layout = added(layout, plot(`p${count}`), width);
        const { tiles } = layoutRects(layout, width, 700);
        const least = tiles.filter(({ rect }) => rect.width < 180 || rect.height < 120);
        assert.deepEqual(least, [], `${width} px, ${count + 1} more: ${drawn(layout)}`);
      }
    }
  });

  it('closes tiles, and the splits that they leave', () => {
    assert.equal(drawn(closeTile(defaultLayout, 'progress')), '(task-stream log)');
    assert.equal(drawn(closeTile(defaultLayout, 'log')), '[task-stream progress]');
    assert.equal(drawn(filterTiles(defaultLayout, ({ kind }) => kind === 'log')), 'log');
    assert.equal(drawn(filterTiles(defaultLayout, () => false)), '');
  });

  const moves: [id: string, edge: Edge, result: string][] = [
    ['log', 'top', '(log [task-stream progress])'],
    ['task-stream', 'right', '([progress task-stream] log)'],
    ['progress', 'bottom', '(task-stream progress log)'],
    ['progress', 'top', '(progress task-stream log)'],
    ['log', 'left', '[log task-stream progress]'],
    ['log', 'right', '[task-stream progress log]'],
  ];
  for (const [id, edge, result] of moves) {
    it(`moves ${id} to the ${edge}`, () => assert.equal(drawn(moveTile(defaultLayout, id, edge)), result));
  }

  it('stays as it is where there is nowhere to go', () => {
    assert.equal(moveTile(defaultLayout, 'task-stream', 'left'), defaultLayout);
    assert.equal(moveTile(defaultLayout, 'log', 'bottom'), defaultLayout);
    assert.equal(moveTile(defaultLayout, 'none', 'top'), defaultLayout);
    const single: Layout = { root: { kind: 'tile', tile: plot('a') } };
    assert.equal(moveTile(single, 'a', 'top'), single);
  });

  const drops: [id: string, target: string, edge: Edge, result: string][] = [
    ['log', 'task-stream', 'left', '[log task-stream progress]'],
    ['progress', 'log', 'top', '(task-stream progress log)'],
    ['progress', 'log', 'right', '(task-stream [log progress])'],
    ['log', 'progress', 'bottom', '[task-stream (progress log)]'],
  ];
  for (const [id, target, edge, result] of drops) {
    it(`drops ${id} at the ${edge} of ${target}`, () =>
      assert.equal(drawn(dropTile(defaultLayout, id, target, edge)), result));
  }

  it('moves a border, but not beyond what a tile needs', () => {
    const sizes = (layout: Layout): readonly number[] => (layout.root?.kind === 'split' ? layout.root.sizes : []);
    const moved = sizes(resizeSplit(defaultLayout, [], 0, 0.1));
    assert.ok(Math.abs((moved[0] ?? 0) - 0.55) < 1e-9 && Math.abs((moved[1] ?? 0) - 0.45) < 1e-9);
    assert.ok((sizes(resizeSplit(defaultLayout, [], 0, 5))[1] ?? 0) >= 0.05);
    assert.deepEqual(sizes(evenSplit(defaultLayout, [])), [0.5, 0.5]);
    assert.equal(resizeSplit(defaultLayout, [0, 0], 0, 0.1), defaultLayout);
  });

  it('keeps all tiles and stays one that can be saved, whatever is done to it', () => {
    const random = randomFrom(5);
    const edges: Edge[] = ['left', 'right', 'top', 'bottom'];
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    let layout = defaultLayout;
    for (let step = 0; step < 3_000; step += 1) {
      const tiles = tilesOf(layout);
      const before = new Set(tiles.map(({ id }) => id));
      const id = tiles.length > 0 ? pick(tiles).id : '';
      const kind = random();
      if (kind < 0.1 && tiles.length < 12) {
        layout = added(layout, plot(`p${step}`), 300 + random() * 1500);
        before.add(`p${step}`);
      } else if (kind < 0.15) {
        layout = closeTile(layout, id);
        before.delete(id);
      } else if (kind < 0.6) {
        layout = moveTile(layout, id, pick(edges));
      } else if (kind < 0.9 && tiles.length > 0) {
        layout = dropTile(layout, id, pick(tiles).id, pick(edges));
      } else {
        layout = resizeSplit(layout, [], 0, random() - 0.5);
      }
      assert.deepEqual(new Set(tilesOf(layout).map((tile) => tile.id)), before, `step ${step}`);
      const parsed = parseLayout(JSON.parse(JSON.stringify(layout)));
      assert.ok(parsed, `step ${step}: ${drawn(layout)}`);
      assert.equal(drawn(parsed), drawn(layout));
    }
  });
});

describe('Where tiles are placed', () => {
  it('fills the grid without gaps or overlaps, save the splitters', () => {
    const { tiles, splitters, height } = layoutRects(defaultLayout, 905, 605);
    assert.equal(height, 605);
    assert.deepEqual(
      tiles.map(({ tile, rect }) => [tile.id, rect.left, rect.top, rect.width, rect.height]),
      [
        ['task-stream', 0, 0, 540, 270],
        ['progress', 545, 0, 360, 270],
        ['log', 0, 275, 905, 330],
      ],
    );
    const area = [...tiles, ...splitters].reduce((sum, { rect }) => sum + rect.width * rect.height, 0);
    assert.equal(area, 905 * 605);
  });

  it('stacks tiles where it is narrow, and scrolls where it is low', () => {
    const { tiles, height } = layoutRects(defaultLayout, 320, 200);
    assert.ok(tiles.every(({ rect }) => rect.left === 0 && rect.width === 320));
    assert.ok(height > 200 && tiles.every(({ rect }) => rect.height > 80));
  });

  it('gives a plot room for more than its title, in a low window too', () => {
    const { tiles, height } = layoutRects(defaultLayout, 380, 380);
    assert.equal(height, 200 + 200 + 120 + 10, 'the rest is scrolled to');
    assert.ok(tiles.every(({ tile, rect }) => rect.height >= (tile.kind === 'plot' ? 200 : 120)));
  });

  it('shows a row as a column where its tiles would be slivers, as one that was saved by a wide window', () => {
    const tile = (id: string): LayoutNode => ({ kind: 'tile', tile: plot(id) });
    const row: LayoutNode = {
      kind: 'split',
      direction: 'row',
      sizes: [0.7, 0.2, 0.1],
      children: ['a', 'b', 'c'].map(tile),
    };
    const widths = (width: number): number[] =>
      layoutRects({ root: row }, width, 700).tiles.map(({ rect }) => rect.width);
    assert.deepEqual(widths(549), [549, 549, 549]);
    assert.deepEqual(widths(560), [190, 180, 180]);
    assert.deepEqual(widths(2010), [1400, 400, 200]);
  });
});
