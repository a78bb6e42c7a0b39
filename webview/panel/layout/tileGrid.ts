import type { Layout, Tile } from '../../../src/protocol/layout';
import { element } from '../shared/dom';
import { layoutRects, type Splitter } from './layoutRects';
import { closeTile, dropTile, evenSplit, moveTile, resizeSplit, tilesOf, type Edge } from './layoutTree';
import { SplitterBar } from './splitterBar';
import { TileDrag } from './tileDrag';
import { TileFrame, type TileContent } from './tileFrame';

export interface GridOwner {
  makeContent(tile: Tile): TileContent;
  /** The user has changed the layout. */
  changed(layout: Layout): void;
}

/**
 * Shows a layout. All tiles are children of one element, placed by numbers: a frame in a tile that moves to
 * another row stays where it is in the page, and so does not load again.
 */
export class TileGrid {
  readonly element = element('main', { class: 'grid' });
  readonly #canvas = element('div', { class: 'grid-canvas' });
  readonly #empty = element('div', {
    class: 'grid-empty',
    text: 'All tiles are closed. Add a plot or the log from the menu above.',
    attributes: { role: 'status' },
  });
  readonly #owner: GridOwner;
  readonly #frames = new Map<string, TileFrame>();
  readonly #drag: TileDrag;
  #splitters: SplitterBar[] = [];
  #layout: Layout = { root: undefined };

  constructor(owner: GridOwner) {
    this.#owner = owner;
    this.element.append(this.#canvas, this.#empty);
    this.#empty.hidden = true;
    this.#drag = new TileDrag(this.#canvas, {
      rects: () => this.#rects().tiles,
      drop: (id, target, edge) => this.#change(dropTile(this.#layout, id, target, edge)),
    });
    new ResizeObserver(() => this.#place()).observe(this.element);
  }

  get frames(): ReadonlyMap<string, TileFrame> {
    return this.#frames;
  }

  /** The room that a tile has; undefined where it is not there. Pixels. */
  roomOf(id: string): { width: number; height: number } | undefined {
    return this.#rects().tiles.find(({ tile }) => tile.id === id)?.rect;
  }

  show(layout: Layout): void {
    this.#layout = layout;
    const tiles = tilesOf(layout);
    this.#empty.hidden = tiles.length > 0;
    for (const [id, frame] of this.#frames) {
      if (!tiles.some((tile) => tile.id === id)) {
        frame.dispose();
        this.#frames.delete(id);
      }
    }
    for (const tile of tiles) {
      if (!this.#frames.has(tile.id)) {
        this.#frames.set(tile.id, this.#makeFrame(tile));
      }
    }
    this.#order(tiles);
    this.#place();
  }

  #makeFrame(tile: Tile): TileFrame {
    const title = tile.kind === 'log' ? 'Log' : tile.title;
    return new TileFrame(tile.id, title, this.#owner.makeContent(tile), {
      move: (id, edge) => this.#move(id, edge),
      canMove: (id, edge) => moveTile(this.#layout, id, edge) !== this.#layout,
      close: (id) => this.#close(id),
      dragStart: (id, event) => this.#drag.start(id, event),
    });
  }

  #move(id: string, edge: Edge): void {
    this.#change(moveTile(this.#layout, id, edge));
    this.#frames.get(id)?.focusMenu();
  }

  #close(id: string): void {
    this.#change(closeTile(this.#layout, id));
    this.#frames.values().next().value?.focusMenu();
  }

  #change(layout: Layout): void {
    if (layout !== this.#layout) {
      this.show(layout);
      this.#owner.changed(layout);
    }
  }

  /** Tab goes through tiles as they are read. Moving a frame loads it again where the browser cannot avoid it. */
  #order(tiles: readonly Tile[]): void {
    let previous: Element | null = null;
    for (const tile of tiles) {
      const own = this.#frames.get(tile.id)?.element;
      const next: ChildNode | null = previous ? previous.nextSibling : this.#canvas.firstChild;
      if (own && own !== next) {
        if (!own.isConnected) {
          this.#canvas.insertBefore(own, next);
        } else if ('moveBefore' in this.#canvas) {
          this.#canvas.moveBefore(own, next);
        }
      }
      previous = own ?? previous;
    }
  }

  #rects(): ReturnType<typeof layoutRects> {
    return layoutRects(this.#layout, this.element.clientWidth, this.element.clientHeight);
  }

  #place(): void {
    const { tiles, splitters, height } = this.#rects();
    this.#canvas.style.height = `${height}px`;
    for (const { tile, rect } of tiles) {
      this.#frames.get(tile.id)?.place(rect);
    }
    this.#placeSplitters(splitters);
  }

  #placeSplitters(splitters: readonly Splitter[]): void {
    while (this.#splitters.length > splitters.length) {
      this.#splitters.pop()?.element.remove();
    }
    while (this.#splitters.length < splitters.length) {
      const bar = new SplitterBar({
        resize: (splitter, pixels) => this.#resize(splitter, pixels),
        even: (splitter) => this.#change(evenSplit(this.#layout, splitter.path)),
        ended: () => this.#owner.changed(this.#layout),
      });
      this.#splitters.push(bar);
      this.#canvas.append(bar.element);
    }
    for (const [at, splitter] of splitters.entries()) {
      this.#splitters[at]?.show(splitter);
    }
  }

  #resize({ path, index, length }: Splitter, pixels: number): void {
    if (length > 0) {
      this.#layout = resizeSplit(this.#layout, path, index, pixels / length);
      this.#place();
    }
  }
}
