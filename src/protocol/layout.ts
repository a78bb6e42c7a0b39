import { array, isRecord, oneOf, shortText } from './shape';

/** A tile: the log, or one plot of the dashboard (`status` is the whole page). `id` is unique in a layout. */
export type Tile = { kind: 'log'; id: string } | { kind: 'plot'; id: string; path: string; title: string };

export type Direction = 'row' | 'column';

/** Sizes are shares of the split's length: one for each child, above 0, and 1 in sum. */
export type LayoutNode =
  | { kind: 'tile'; tile: Tile }
  | { kind: 'split'; direction: Direction; children: readonly LayoutNode[]; sizes: readonly number[] };

export interface Layout {
  root: LayoutNode | undefined;
}

export const mostTiles = 24;

const mostDepth = 12;

/** Task stream and progress side by side, the log under them. */
export const defaultLayout: Layout = {
  root: {
    kind: 'split',
    direction: 'column',
    sizes: [0.45, 0.55],
    children: [
      {
        kind: 'split',
        direction: 'row',
        sizes: [0.6, 0.4],
        children: [
          {
            kind: 'tile',
            tile: { kind: 'plot', id: 'task-stream', path: 'individual-task-stream', title: 'Task Stream' },
          },
          { kind: 'tile', tile: { kind: 'plot', id: 'progress', path: 'individual-progress', title: 'Progress' } },
        ],
      },
      { kind: 'tile', tile: { kind: 'log', id: 'log' } },
    ],
  },
};

/** A path of the dashboard: one segment of letters, digits, `-` and `_`. */
export function isPlotPath(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,100}$/.test(value);
}

/** Reads a layout that was saved or sent; undefined when it is none. */
export function parseLayout(value: unknown): Layout | undefined {
  if (!isRecord(value)) {
    return undefined;
  }
  if (value['root'] === undefined || value['root'] === null) {
    return { root: undefined };
  }
  const ids = new Set<string>();
  const root = parseNode(value['root'], ids, 0);
  return root && ids.size <= mostTiles ? { root } : undefined;
}

function parseNode(value: unknown, ids: Set<string>, depth: number): LayoutNode | undefined {
  if (!isRecord(value) || depth > mostDepth) {
    return undefined;
  }
  if (value['kind'] === 'tile') {
    const tile = parseTile(value['tile']);
    if (!tile || ids.has(tile.id)) {
      return undefined;
    }
    ids.add(tile.id);
    return { kind: 'tile', tile };
  }
  const direction = oneOf(value['direction'], ['row', 'column']);
  const children = array(value['children'], mostTiles, (child) => parseNode(child, ids, depth + 1));
  const sizes = array(value['sizes'], mostTiles, (size) => (isShare(size) ? size : undefined));
  if (value['kind'] !== 'split' || !direction || !children || !sizes || children.length < 2) {
    return undefined;
  }
  const sum = sizes.reduce((total, size) => total + size, 0);
  if (sizes.length !== children.length) {
    return undefined;
  }
  return { kind: 'split', direction, children, sizes: sizes.map((size) => size / sum) };
}

function parseTile(value: unknown): Tile | undefined {
  if (!isRecord(value)) {
    return undefined;
  }
  const id = shortText(value['id'], 100);
  if (!id) {
    return undefined;
  }
  if (value['kind'] === 'log') {
    return { kind: 'log', id };
  }
  const title = shortText(value['title'], 200);
  const path = value['path'];
  return value['kind'] === 'plot' && title && isPlotPath(path) ? { kind: 'plot', id, path, title } : undefined;
}

function isShare(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
