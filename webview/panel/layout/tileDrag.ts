import type { Tile } from '../../../src/protocol/layout';
import { element } from '../shared/dom';
import type { Rect } from './layoutRects';
import type { Edge } from './layoutTree';

export interface DragOwner {
  rects(): readonly { tile: Tile; rect: Rect }[];
  drop(id: string, target: string, edge: Edge): void;
}

/** Pixels that a header must be moved before it is a drag and not a click. */
const threshold = 5;

/** Dragging a tile by its header. Where it would go is shown; Escape gives up. */
export class TileDrag {
  readonly #canvas: HTMLElement;
  readonly #owner: DragOwner;
  readonly #mark = element('div', { class: 'drop-mark' });

  constructor(canvas: HTMLElement, owner: DragOwner) {
    this.#canvas = canvas;
    this.#owner = owner;
  }

  start(id: string, down: PointerEvent): void {
    const header = down.currentTarget as HTMLElement;
    const ended = new AbortController();
    const { signal } = ended;
    let active = false;
    let place: { target: string; edge: Edge } | undefined;
    header.setPointerCapture(down.pointerId);
    const end = (drop: boolean): void => {
      ended.abort();
      this.#mark.remove();
      document.body.classList.remove('dragging');
      if (drop && active && place) {
        this.#owner.drop(id, place.target, place.edge);
      }
    };
    header.addEventListener(
      'pointermove',
      (event) => {
        active ||= Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > threshold;
        if (active) {
          // Frames would swallow the pointer.
          document.body.classList.add('dragging');
          place = this.#placeAt(id, event);
        }
      },
      { signal },
    );
    header.addEventListener('pointerup', () => end(true), { signal });
    header.addEventListener('pointercancel', () => end(false), { signal });
    window.addEventListener('keydown', (event) => event.key === 'Escape' && end(false), { signal });
  }

  #placeAt(id: string, event: PointerEvent): { target: string; edge: Edge } | undefined {
    const origin = this.#canvas.getBoundingClientRect();
    const x = event.clientX - origin.left;
    const y = event.clientY - origin.top;
    const over = this.#owner
      .rects()
      .find(({ rect }) => x >= rect.left && x < rect.left + rect.width && y >= rect.top && y < rect.top + rect.height);
    if (!over || over.tile.id === id) {
      this.#mark.remove();
      return undefined;
    }
    const edge = nearestEdge(over.rect, x, y);
    this.#show(over.rect, edge);
    return { target: over.tile.id, edge };
  }

  #show(rect: Rect, edge: Edge): void {
    const half = halfOf(rect, edge);
    Object.assign(this.#mark.style, {
      left: `${half.left}px`,
      top: `${half.top}px`,
      width: `${half.width}px`,
      height: `${half.height}px`,
    });
    this.#canvas.append(this.#mark);
  }
}

export function nearestEdge(rect: Rect, x: number, y: number): Edge {
  const across = (x - rect.left) / rect.width;
  const down = (y - rect.top) / rect.height;
  const distances: [Edge, number][] = [
    ['left', across],
    ['right', 1 - across],
    ['top', down],
    ['bottom', 1 - down],
  ];
  return distances.reduce((best, one) => (one[1] < best[1] ? one : best))[0];
}

function halfOf({ left, top, width, height }: Rect, edge: Edge): Rect {
  switch (edge) {
    case 'left':
      return { left, top, width: width / 2, height };
    case 'right':
      return { left: left + width / 2, top, width: width / 2, height };
    case 'top':
      return { left, top, width, height: height / 2 };
    case 'bottom':
      return { left, top: top + height / 2, width, height: height / 2 };
  }
}
