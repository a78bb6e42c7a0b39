import { element } from '../shared/dom';
import type { Splitter } from './layoutRects';

export interface SplitterOwner {
  /** Moves the border by so many pixels, down or to the right when positive. */
  resize(splitter: Splitter, pixels: number): void;
  /** Gives all tiles along it the same room. */
  even(splitter: Splitter): void;
  ended(): void;
}

const keyStep = 24;

/** The border between two tiles: dragged, moved with the arrow keys, evened out by a double click or Enter. */
export class SplitterBar {
  readonly element = element('div', { class: 'splitter', attributes: { role: 'separator', tabindex: '0' } });
  readonly #owner: SplitterOwner;
  #splitter: Splitter | undefined;
  #at: number | undefined;

  constructor(owner: SplitterOwner) {
    this.#owner = owner;
    this.element.addEventListener('pointerdown', (event) => this.#press(event));
    this.element.addEventListener('pointermove', (event) => this.#drag(event));
    this.element.addEventListener('lostpointercapture', () => this.#release());
    this.element.addEventListener('dblclick', () => this.#even());
    this.element.addEventListener('keydown', (event) => this.#key(event));
  }

  show(splitter: Splitter): void {
    this.#splitter = splitter;
    const { rect, direction, position } = splitter;
    const row = direction === 'row';
    Object.assign(this.element.style, {
      left: `${rect.left}px`,
      top: `${rect.top}px`,
      width: `${rect.width}px`,
      height: `${rect.height}px`,
    });
    this.element.classList.toggle('splitter-row', row);
    this.element.setAttribute('aria-orientation', row ? 'vertical' : 'horizontal');
    this.element.setAttribute('aria-label', row ? 'Resize tiles left and right' : 'Resize tiles above and below');
    this.element.setAttribute('aria-valuenow', String(Math.round(position * 100)));
  }

  #press(event: PointerEvent): void {
    if (event.button === 0) {
      this.#at = this.#along(event);
      this.element.setPointerCapture(event.pointerId);
      document.body.classList.add('dragging');
    }
  }

  #drag(event: PointerEvent): void {
    if (this.#at !== undefined && this.#splitter) {
      const now = this.#along(event);
      this.#owner.resize(this.#splitter, now - this.#at);
      this.#at = now;
    }
  }

  #release(): void {
    if (this.#at !== undefined) {
      this.#at = undefined;
      document.body.classList.remove('dragging');
      this.#owner.ended();
    }
  }

  #even(): void {
    if (this.#splitter) {
      this.#owner.even(this.#splitter);
    }
  }

  #key(event: KeyboardEvent): void {
    const row = this.#splitter?.direction === 'row';
    const steps: Record<string, number> = row
      ? { ArrowLeft: -keyStep, ArrowRight: keyStep }
      : { ArrowUp: -keyStep, ArrowDown: keyStep };
    const step = steps[event.key];
    if (step !== undefined && this.#splitter) {
      this.#owner.resize(this.#splitter, step);
      this.#owner.ended();
    } else if (event.key === 'Enter') {
      this.#even();
    } else {
      return;
    }
    event.preventDefault();
  }

  #along(event: PointerEvent): number {
    return this.#splitter?.direction === 'row' ? event.clientX : event.clientY;
  }
}
