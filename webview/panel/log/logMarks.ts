import type { TileHighlights } from './highlights';
import type { LogSearchView } from './logSearchView';
import type { RowView } from './rowView';
import type { LogSelection } from './selection';

/** Paints the selection and the matches over the rows in view. */
export class LogMarks {
  readonly #highlights: TileHighlights;
  readonly #selection: LogSelection;
  readonly #search: LogSearchView;

  constructor(highlights: TileHighlights, selection: LogSelection, search: LogSearchView) {
    this.#highlights = highlights;
    this.#selection = selection;
    this.#search = search;
  }

  paint(rows: readonly RowView[]): void {
    this.#highlights.clear();
    const { matches, current } = this.#search;
    const first = rows[0]?.line ?? 0;
    let index = this.#search.active ? matches.firstFrom(first, 0) : matches.count;
    let match = matches.at(index);
    for (const row of rows) {
      const selected = this.#selection.onLine(row.line);
      if (selected) {
        this.#highlights.add('log-selection', row, selected.start, Math.min(selected.end, row.length));
      }
      while (match && match.line <= row.line) {
        if (match.line === row.line) {
          const isCurrent = match.line === current?.line && match.start === current.start;
          this.#highlights.add(isCurrent ? 'log-match-current' : 'log-match', row, match.start, match.end);
        }
        index += 1;
        match = matches.at(index);
      }
    }
  }

  dispose(): void {
    this.#highlights.clear();
  }
}
