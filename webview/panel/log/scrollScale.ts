/** Browsers cannot make elements much taller than 17 million pixels (Firefox) or 33 million (Chromium). */
const tallest = 10_000_000;

/**
 * Maps a place in the whole log, in pixels, to a scroll bar of a limited length and back. Below the limit
 * both are the same, and the browser scrolls by itself; above it, a wheel turn is taken over so that it moves
 * as many lines as elsewhere.
 */
export class ScrollScale {
  #content = 0;
  #view = 0;

  /** Pixels: the height of all lines, and of the part in view. */
  set(content: number, view: number): void {
    this.#content = content;
    this.#view = view;
  }

  get view(): number {
    return this.#view;
  }

  /** Height that the scrolled element gets. */
  get height(): number {
    return Math.min(this.#content, tallest);
  }

  get scaled(): boolean {
    return this.#content > tallest;
  }

  /** Largest place. */
  get end(): number {
    return Math.max(0, this.#content - this.#view);
  }

  clamp(place: number): number {
    return Math.max(0, Math.min(place, this.end));
  }

  toScrollTop(place: number): number {
    return this.scaled ? (this.clamp(place) / this.end) * (tallest - this.#view) : this.clamp(place);
  }

  toPlace(scrollTop: number): number {
    return this.scaled ? this.clamp((scrollTop / (tallest - this.#view)) * this.end) : this.clamp(scrollTop);
  }
}
