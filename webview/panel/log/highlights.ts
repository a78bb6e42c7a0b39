import type { RowView } from './rowView';

export type HighlightName = 'log-match' | 'log-match-current' | 'log-selection';

/**
 * Paints stretches of rows without touching them (CSS Custom Highlights). The names are the page's, so all
 * log tiles share one of these, each with ranges of its own.
 */
export class Highlights {
  readonly #highlights = new Map<HighlightName, Highlight>();

  constructor() {
    const names: HighlightName[] = ['log-match', 'log-match-current', 'log-selection'];
    for (const [priority, name] of names.entries()) {
      const highlight = new Highlight();
      highlight.priority = priority;
      this.#highlights.set(name, highlight);
      CSS.highlights.set(name, highlight);
    }
  }

  forTile(): TileHighlights {
    return new TileHighlights(this.#highlights);
  }
}

export class TileHighlights {
  readonly #highlights: ReadonlyMap<HighlightName, Highlight>;
  #ranges: [HighlightName, StaticRange][] = [];

  constructor(highlights: ReadonlyMap<HighlightName, Highlight>) {
    this.#highlights = highlights;
  }

  clear(): void {
    for (const [name, range] of this.#ranges) {
      this.#highlights.get(name)?.delete(range);
    }
    this.#ranges = [];
  }

  add(name: HighlightName, row: RowView, start: number, end: number): void {
    const from = row.place(start);
    const to = row.place(Math.min(end, row.length));
    if (!from || !to || start >= end) {
      return;
    }
    const range = new StaticRange({
      startContainer: from[0],
      startOffset: from[1],
      endContainer: to[0],
      endOffset: to[1],
    });
    this.#highlights.get(name)?.add(range);
    this.#ranges.push([name, range]);
  }
}
