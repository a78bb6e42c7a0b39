import type { Sgr } from './sgr';

/** `[start, end, sgr]`: columns in UTF-16 units, end excluded. Plain stretches are left out. */
export type StyleRun = readonly [start: number, end: number, sgr: Sgr];

export interface CellsText {
  text: string;
  styles: readonly StyleRun[];
  /** Characters that are not kept. */
  beyond: number;
}

/** One row of a terminal. */
export class Cells {
  column = 0;
  readonly #characters: string[] = [];
  readonly #states: Sgr[] = [];
  readonly #limit: number;
  /** Columns at most that were written beyond the limit. */
  #beyond = 0;

  /** Characters beyond `limit` columns are counted, and not kept. */
  constructor(limit = Infinity) {
    this.#limit = limit;
  }

  /** As {@link finish} gave it. */
  static from(row: CellsText, limit: number): Cells {
    const cells = new Cells(limit);
    let at = 0;
    let run = 0;
    for (const character of row.text) {
      while (run < row.styles.length && at >= (row.styles[run]?.[1] ?? 0)) {
        run += 1;
      }
      const style = row.styles[run];
      cells.put(character, style && at >= style[0] ? style[2] : '');
      at += character.length;
    }
    cells.#beyond = row.beyond;
    return cells;
  }

  write(text: string, sgr: Sgr): void {
    if (this.column >= this.#limit) {
      this.column += text.length;
      this.#beyond = Math.max(this.#beyond, this.column - this.#limit);
      return;
    }
    for (const character of text) {
      this.put(character, sgr);
    }
  }

  put(character: string, sgr: Sgr): void {
    if (this.column >= this.#limit) {
      this.column += 1;
      this.#beyond = Math.max(this.#beyond, this.column - this.#limit);
      return;
    }
    this.#pad(this.column);
    this.#characters[this.column] = character;
    this.#states[this.column] = sgr;
    this.column += 1;
  }

  /** The sequences that move or erase within a line; all others are for a whole screen, which a log is not. */
  control(final: string, parameters: string, sgr: Sgr): void {
    const count = Math.min(Number(parameters) || 0, 10_000);
    switch (final) {
      case 'K':
        this.#erase(count, sgr);
        break;
      case 'C':
        this.column = Math.min(this.column + Math.max(1, count), 10_000);
        break;
      case 'D':
        this.column = Math.max(0, this.column - Math.max(1, count));
        break;
      case 'G':
        this.column = Math.max(0, count - 1);
        break;
    }
  }

  finish(): CellsText {
    const styles: StyleRun[] = [];
    let text = '';
    let from = 0;
    for (let at = 0; at < this.#characters.length; at += 1) {
      const state = this.#states[at] ?? '';
      text += this.#characters[at] ?? ' ';
      if (state !== this.#states[at + 1]) {
        if (state !== '') {
          styles.push([from, text.length, state]);
        }
        from = text.length;
      }
    }
    return { text, styles, beyond: this.#beyond };
  }

  #erase(mode: number, sgr: Sgr): void {
    if (mode === 0 || mode === 2) {
      this.#beyond = mode === 2 ? 0 : Math.min(this.#beyond, Math.max(0, this.column - this.#limit));
      const length = mode === 2 ? 0 : Math.min(this.column, this.#characters.length);
      this.#characters.length = length;
      this.#states.length = length;
    } else if (mode === 1) {
      for (let at = 0; at <= this.column && at < this.#characters.length; at += 1) {
        this.#characters[at] = ' ';
        this.#states[at] = sgr;
      }
    }
  }

  #pad(length: number): void {
    while (this.#characters.length < length) {
      this.#characters.push(' ');
      this.#states.push('');
    }
  }
}
