import type { Direction, Layout, LayoutNode, Tile } from '../../../src/protocol/layout';

/** Pixels, from the top left corner of the grid. */
export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Splitter {
  /** Of the split, from the root. */
  path: readonly number[];
  /** It lies after this child. */
  index: number;
  /** Of the split: a splitter of a row is a vertical line. */
  direction: Direction;
  rect: Rect;
  /** Pixels that its split has for its children. */
  length: number;
  /** Share of the split before this border, 0 to 1. */
  position: number;
}

export interface LayoutRects {
  tiles: { tile: Tile; rect: Rect }[];
  splitters: Splitter[];
  /** May be more than there is: then the grid scrolls. */
  height: number;
}

export const splitterPixels = 5;

/** A plot needs room for its title and axes beside what it shows. Pixels. */
const leastHeights: Readonly<Record<Tile['kind'], number>> = { log: 120, plot: 200 };

/** Pixels. A row whose tiles would be narrower is shown as a column. */
const leastTileWidth = 180;

/** Below this width of the grid, all rows are shown as columns. Pixels. */
export const stackedBelow = 480;

/** A node with the direction in which it is shown, and the pixels that each child of a row gets. */
type Shown =
  | { kind: 'tile'; tile: Tile }
  | { kind: 'split'; shares: readonly number[]; children: readonly Shown[]; direction: Direction; widths: number[] };

/** Where everything goes in a grid of so many pixels. Whole pixels, so that lines are sharp. */
export function layoutRects(layout: Layout, width: number, height: number): LayoutRects {
  const result: LayoutRects = { tiles: [], splitters: [], height };
  if (!layout.root) {
    return result;
  }
  const root = shownIn(layout.root, width, width < stackedBelow);
  result.height = Math.max(height, leastHeight(root));
  place(root, { left: 0, top: 0, width, height: result.height }, [], result);
  return result;
}

function shownIn(node: LayoutNode, width: number, stacked: boolean): Shown {
  if (node.kind === 'tile') {
    return node;
  }
  const row = node.direction === 'row' && !stacked && leastWidth(node) <= width;
  const widths = row ? distribute(node.sizes, node.children.map(leastWidth), withoutSplitters(node, width)) : [];
  return {
    kind: 'split',
    shares: node.sizes,
    children: node.children.map((child, at) => shownIn(child, widths[at] ?? width, stacked)),
    direction: row ? 'row' : 'column',
    widths,
  };
}

function leastWidth(node: LayoutNode): number {
  if (node.kind === 'tile') {
    return leastTileWidth;
  }
  const widths = node.children.map(leastWidth);
  return node.direction === 'row' ? sumOf(widths) + splitterPixels * (widths.length - 1) : Math.max(...widths);
}

function leastHeight(node: Shown): number {
  if (node.kind === 'tile') {
    return leastHeights[node.tile.kind];
  }
  const heights = node.children.map(leastHeight);
  return node.direction === 'row' ? Math.max(...heights) : sumOf(heights) + splitterPixels * (heights.length - 1);
}

function place(node: Shown, rect: Rect, path: readonly number[], result: LayoutRects): void {
  if (node.kind === 'tile') {
    result.tiles.push({ tile: node.tile, rect });
    return;
  }
  const { direction, children, shares } = node;
  const row = direction === 'row';
  const length = withoutSplitters(node, row ? rect.width : rect.height);
  const sizes = row ? node.widths : distribute(shares, children.map(leastHeight), length);
  let start = row ? rect.left : rect.top;
  let share = 0;
  for (const [at, child] of children.entries()) {
    share += shares[at] as number;
    const size = sizes[at] as number;
    place(child, across(rect, direction, start, size), [...path, at], result);
    start += size;
    if (at < children.length - 1) {
      result.splitters.push({
        path,
        index: at,
        direction,
        rect: across(rect, direction, start, splitterPixels),
        length,
        position: share,
      });
      start += splitterPixels;
    }
  }
}

function withoutSplitters({ children }: { children: readonly unknown[] }, length: number): number {
  return Math.max(0, length - splitterPixels * (children.length - 1));
}

function sumOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Whole pixels for each child by its share, none below what it needs, `length` in sum. */
function distribute(shares: readonly number[], least: readonly number[], length: number): number[] {
  const fixed = new Set<number>();
  for (;;) {
    let room = length;
    let sum = 0;
    for (const [at, share] of shares.entries()) {
      room -= fixed.has(at) ? (least[at] as number) : 0;
      sum += fixed.has(at) ? 0 : share;
    }
    const wanted = shares.map((share, at) => (fixed.has(at) ? (least[at] as number) : (share / sum) * room));
    const short = wanted.findIndex((size, at) => !fixed.has(at) && size < (least[at] as number));
    if (short === -1 || fixed.size + 1 >= shares.length) {
      return wholePixels(wanted);
    }
    fixed.add(short);
  }
}

function wholePixels(sizes: readonly number[]): number[] {
  let end = 0;
  return sizes.map((size) => {
    const start = Math.round(end);
    end += size;
    return Math.round(end) - start;
  });
}

function across(rect: Rect, direction: Direction, start: number, size: number): Rect {
  return direction === 'row'
    ? { left: start, top: rect.top, width: size, height: rect.height }
    : { left: rect.left, top: start, width: rect.width, height: size };
}
