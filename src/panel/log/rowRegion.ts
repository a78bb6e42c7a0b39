import type { Screen, ScreenState } from './screen';
import type { Sgr } from './sgr';

/** Where reading of rows may begin. */
export interface RowStart {
  /** First row that leaves the screen from here on. */
  row: number;
  /** Byte offset of a line. */
  offset: number;
  state: ScreenState | { base: number; sgr: Sgr };
}

/** A stretch of a file whose rows are written over: lines of it are no rows. It begins and ends between two lines. */
export class RowRegion {
  /** Byte offset where it ends; undefined while it goes on. */
  end: number | undefined;
  #starts: [RowStart, ...RowStart[]];

  constructor(row: number, offset: number, sgr: Sgr) {
    this.#starts = [{ row, offset, state: { base: row, sgr } }];
  }

  /** The last place to begin at for a row. */
  startFor(row: number): RowStart {
    return this.#starts.findLast((start) => start.row <= row) ?? this.#starts[0];
  }

  /** Keeps a screen to begin from; gives what that takes, in characters. */
  keep(screen: Screen, offset: number, interval: number): number {
    if (offset - (this.#starts.at(-1)?.offset ?? 0) < interval) {
      return 0;
    }
    const { state } = screen;
    this.#starts.push({ row: screen.base, offset, state });
    return sizeOf(state);
  }

  /** Drops what is needless at a longer interval; gives what is left, in characters. */
  thin(interval: number): number {
    const [first, ...rest] = this.#starts;
    const kept: [RowStart, ...RowStart[]] = [first];
    for (const start of rest) {
      if (start.offset - (kept.at(-1)?.offset ?? 0) >= interval) {
        kept.push(start);
      }
    }
    this.#starts = kept;
    return kept.reduce((sum, { state }) => sum + ('rows' in state ? sizeOf(state) : 0), 0);
  }

  close(end: number): void {
    this.end = end;
    const [first, ...rest] = this.#starts;
    this.#starts = [first, ...rest.filter(({ offset }) => offset < end)];
  }
}

function sizeOf(state: ScreenState): number {
  return state.rows.reduce((sum, { text, styles }) => sum + 50 + text.length + 10 * styles.length, 0);
}
