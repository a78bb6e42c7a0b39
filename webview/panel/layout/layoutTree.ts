import { mostTiles, type Direction, type Layout, type LayoutNode, type Tile } from '../../../src/protocol/layout';

export type Edge = 'left' | 'right' | 'top' | 'bottom';

type Split = Extract<LayoutNode, { kind: 'split' }>;

const none: Room = { width: 0, height: 0 };

/** Smallest share of a split that a tile can be given. */
const leastShare = 0.05;

/** In the order in which they are read: left to right, top to bottom. */
export function tilesOf(layout: Layout): Tile[] {
  const tiles: Tile[] = [];
  const visit = (node: LayoutNode): void => {
    if (node.kind === 'tile') {
      tiles.push(node.tile);
    } else {
      node.children.forEach(visit);
    }
  };
  if (layout.root) {
    visit(layout.root);
  }
  return tiles;
}

/** Pixels of a tile. */
export interface Room {
  width: number;
  height: number;
}

/** Less of it, and a plot is not put at the side of another but under it. Pixels for each. */
const roomyWidth = 240;

/**
 * A plot shares the room of the largest plot, or goes on top where there is none; a log goes under everything.
 *
 * @param roomOf what each tile has now
 */
export function addTile(layout: Layout, tile: Tile, roomOf: (id: string) => Room | undefined): Layout {
  const tiles = tilesOf(layout);
  if (tiles.length >= mostTiles || tiles.some(({ id }) => id === tile.id)) {
    return layout;
  }
  const node: LayoutNode = { kind: 'tile', tile };
  if (!layout.root) {
    return { root: node };
  }
  const plots = tiles.filter(({ kind }) => kind === 'plot').map(({ id }) => ({ id, ...(roomOf(id) ?? none) }));
  const [largest] = plots.sort((one, other) => other.width * other.height - one.width * one.height);
  if (tile.kind === 'plot' && largest) {
    const edge = largest.width >= 2 * roomyWidth || largest.width === 0 ? 'right' : 'bottom';
    return { root: insertBeside(layout.root, largest.id, node, edge) };
  }
  const children = tile.kind === 'plot' ? [node, layout.root] : [layout.root, node];
  return { root: tidy({ kind: 'split', direction: 'column', children, sizes: [0.5, 0.5] }) };
}

export function closeTile(layout: Layout, id: string): Layout {
  return { root: layout.root && without(layout.root, id) };
}

/** Drops the tiles that `keep` refuses. */
export function filterTiles(layout: Layout, keep: (tile: Tile) => boolean): Layout {
  return tilesOf(layout)
    .filter((tile) => !keep(tile))
    .reduce((rest, tile) => closeTile(rest, tile.id), layout);
}

/** Puts a tile at an edge of another one. */
export function dropTile(layout: Layout, id: string, target: string, edge: Edge): Layout {
  const tile = tilesOf(layout).find((one) => one.id === id);
  const rest = layout.root && without(layout.root, id);
  if (!tile || !rest || id === target) {
    return layout;
  }
  return { root: insertBeside(rest, target, { kind: 'tile', tile }, edge) };
}

/**
 * Moves a tile one step. It changes places with its neighbour in that direction; where it has none, it
 * leaves its row or column for the one around. The same layout comes back when there is nowhere to go.
 */
export function moveTile(layout: Layout, id: string, edge: Edge): Layout {
  const { root } = layout;
  const path = root && pathTo(root, id);
  if (!root || !path || path.length === 0) {
    return layout;
  }
  const direction = directionOf(edge);
  const step = isBefore(edge) ? -1 : 1;
  for (let depth = path.length - 1; depth >= 0; depth -= 1) {
    const split = nodeAt(root, path.slice(0, depth)) as Split;
    const at = path[depth] as number;
    const direct = depth === path.length - 1;
    if (split.direction !== direction || (direct && !split.children[at + step])) {
      continue;
    }
    return {
      root: direct
        ? replaceAt(root, path.slice(0, depth), swapped(split, at, at + step))
        : pulledOut(root, path, depth, step),
    };
  }
  const tile = nodeAt(root, path);
  const rest = without(root, id);
  const parent = nodeAt(root, path.slice(0, -1)) as Split;
  if (!rest || parent.direction === direction) {
    return layout;
  }
  const children = step < 0 ? [tile, rest] : [rest, tile];
  return { root: tidy({ kind: 'split', direction, children, sizes: [0.5, 0.5] }) };
}

/** Moves the border after child `index` of the split at `path` by a share of the split's length. */
export function resizeSplit(layout: Layout, path: readonly number[], index: number, delta: number): Layout {
  const split = layout.root && nodeAt(layout.root, path);
  if (!layout.root || split?.kind !== 'split') {
    return layout;
  }
  const before = split.sizes[index];
  const after = split.sizes[index + 1];
  if (before === undefined || after === undefined) {
    return layout;
  }
  const least = Math.min(leastShare, before, after);
  const moved = Math.max(least - before, Math.min(delta, after - least));
  const sizes = split.sizes.with(index, before + moved).with(index + 1, after - moved);
  return { root: replaceAt(layout.root, path, { ...split, sizes }) };
}

/** Gives all children of a split the same room. */
export function evenSplit(layout: Layout, path: readonly number[]): Layout {
  const split = layout.root && nodeAt(layout.root, path);
  if (!layout.root || split?.kind !== 'split') {
    return layout;
  }
  const sizes = split.children.map(() => 1 / split.children.length);
  return { root: replaceAt(layout.root, path, { ...split, sizes }) };
}

function directionOf(edge: Edge): Direction {
  return edge === 'left' || edge === 'right' ? 'row' : 'column';
}

function isBefore(edge: Edge): boolean {
  return edge === 'left' || edge === 'top';
}

function pathTo(node: LayoutNode, id: string): number[] | undefined {
  if (node.kind === 'tile') {
    return node.tile.id === id ? [] : undefined;
  }
  for (const [at, child] of node.children.entries()) {
    const rest = pathTo(child, id);
    if (rest) {
      return [at, ...rest];
    }
  }
  return undefined;
}

export function nodeAt(node: LayoutNode, path: readonly number[]): LayoutNode {
  const [at, ...rest] = path;
  const child = at === undefined || node.kind === 'tile' ? undefined : node.children[at];
  return child ? nodeAt(child, rest) : node;
}

function replaceAt(node: LayoutNode, path: readonly number[], replacement: LayoutNode): LayoutNode {
  const [at, ...rest] = path;
  if (at === undefined || node.kind === 'tile') {
    return replacement;
  }
  const child = node.children[at];
  return child ? { ...node, children: node.children.with(at, replaceAt(child, rest, replacement)) } : node;
}

function swapped(split: Split, one: number, other: number): Split {
  const swap = <T>(items: readonly T[]): T[] => items.with(one, items[other] as T).with(other, items[one] as T);
  return { ...split, children: swap(split.children), sizes: swap(split.sizes) };
}

/** Takes a tile out of the branch at `depth` and puts it before or after that branch. */
function pulledOut(root: LayoutNode, path: readonly number[], depth: number, step: number): LayoutNode {
  const tile = nodeAt(root, path) as Extract<LayoutNode, { kind: 'tile' }>;
  const splitPath = path.slice(0, depth);
  const split = nodeAt(root, splitPath) as Split;
  const at = path[depth] as number;
  const branch = without(split.children[at] as LayoutNode, tile.tile.id) as LayoutNode;
  const share = (split.sizes[at] as number) / 2;
  const pair = step < 0 ? [tile, branch] : [branch, tile];
  return tidy(
    replaceAt(root, splitPath, {
      ...split,
      children: split.children.toSpliced(at, 1, ...pair),
      sizes: split.sizes.toSpliced(at, 1, share, share),
    }),
  );
}

function without(node: LayoutNode, id: string): LayoutNode | undefined {
  if (node.kind === 'tile') {
    return node.tile.id === id ? undefined : node;
  }
  const children: LayoutNode[] = [];
  const sizes: number[] = [];
  for (const [at, child] of node.children.entries()) {
    const kept = without(child, id);
    if (kept) {
      children.push(kept);
      sizes.push(node.sizes[at] as number);
    }
  }
  return children.length === 0 ? undefined : tidy({ ...node, children, sizes });
}

function insertBeside(node: LayoutNode, target: string, added: LayoutNode, edge: Edge): LayoutNode {
  if (node.kind === 'split') {
    return tidy({ ...node, children: node.children.map((child) => insertBeside(child, target, added, edge)) });
  }
  if (node.tile.id !== target) {
    return node;
  }
  const children = isBefore(edge) ? [added, node] : [node, added];
  return { kind: 'split', direction: directionOf(edge), children, sizes: [0.5, 0.5] };
}

/** A split of one is its child; a split in a split of the same direction is merged into it; sizes sum to 1. */
function tidy(node: LayoutNode): LayoutNode {
  if (node.kind === 'tile') {
    return node;
  }
  const children: LayoutNode[] = [];
  const sizes: number[] = [];
  for (const [at, child] of node.children.map(tidy).entries()) {
    const size = node.sizes[at] as number;
    if (child.kind === 'split' && child.direction === node.direction) {
      children.push(...child.children);
      sizes.push(...child.sizes.map((share) => share * size));
    } else {
      children.push(child);
      sizes.push(size);
    }
  }
  const [only] = children;
  if (only && children.length === 1) {
    return only;
  }
  const sum = sizes.reduce((total, size) => total + size, 0);
  return { ...node, children, sizes: sizes.map((size) => size / sum) };
}
