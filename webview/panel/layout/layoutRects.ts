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

const leastTileHeight = 120;

/** Below this width, rows are shown as columns. Pixels. */
export const stackedBelow = 480;

/** Where everything goes in a grid of so many pixels. Whole pixels, so that lines are sharp. */
export function layoutRects(layout: Layout, width: number, height: number): LayoutRects {
  const stacked = width < stackedBelow;
  const result: LayoutRects = { tiles: [], splitters: [], height };
  if (!layout.root) {
    return result;
  }
  result.height = Math.max(height, leastHeight(layout.root, stacked));
  place(layout.root, { left: 0, top: 0, width, height: result.height }, [], stacked, result);
  return result;
}

function leastHeight(node: LayoutNode, stacked: boolean): number {
  if (node.kind === 'tile') {
    return leastTileHeight;
  }
  const heights = node.children.map((child) => leastHeight(child, stacked));
  if (node.direction === 'row' && !stacked) {
    return Math.max(...heights);
  }
  return heights.reduce((sum, one) => sum + one, 0) + splitterPixels * (heights.length - 1);
}

function place(node: LayoutNode, rect: Rect, path: readonly number[], stacked: boolean, result: LayoutRects): void {
  if (node.kind === 'tile') {
    result.tiles.push({ tile: node.tile, rect });
    return;
  }
  const direction: Direction = stacked ? 'column' : node.direction;
  const row = direction === 'row';
  const length = Math.max(0, (row ? rect.width : rect.height) - splitterPixels * (node.children.length - 1));
  const least = node.children.map((child) => (row ? 0 : leastHeight(child, stacked)));
  const sizes = distribute(node.sizes, least, length);
  let start = row ? rect.left : rect.top;
  let share = 0;
  for (const [at, child] of node.children.entries()) {
    share += node.sizes[at] as number;
    const size = sizes[at] as number;
    place(child, across(rect, direction, start, size), [...path, at], stacked, result);
    start += size;
    if (at < node.children.length - 1) {
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
