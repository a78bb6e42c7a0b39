import { liveRows } from '../../protocol/logLine';
import { Cells, type CellsText } from './cells';
import { escape, special, visible } from './lineText';
import { longLineBytes, withoutCutCharacter } from './rawLine';
import { applySgr, type Sgr } from './sgr';

/** A screen between two lines of output, to go on from. */
export interface ScreenState {
  base: number;
  rows: readonly CellsText[];
  cursor: number;
  sgr: Sgr;
  fresh: boolean;
}

/** The beginning of a sequence whose rest has not come yet. */
// eslint-disable-next-line no-control-regex
const cutEscape = /\x1b(?:\[[\x30-\x3f]*[\x20-\x2f]*|[\x20-\x2f]*|[\]PX^_][^\x07\x1b]*\x1b?)$/y;
// eslint-disable-next-line no-control-regex
const openText = /^\x1b[\]PX^_][^\x07\x1b]*$/;
const longestHeld = 64 * 1024;

/**
 * The rows at the end of an output that moves its cursor up, as a terminal of {@link liveRows} rows shows them. A row
 * that leaves it at the top stays as it is.
 */
export class Screen {
  readonly #leave: ((row: number, cells: Cells) => void) | undefined;
  #rows: Cells[];
  #base: number;
  #cursor = 0;
  #sgr: Sgr;
  /** True while nothing has come since the last row began: it is none yet. */
  #fresh = true;
  #plainFrom: number;
  #partial: Buffer = Buffer.alloc(0);
  #held = '';

  /** @param leave is told of each row that leaves */
  constructor(base: number, sgr: Sgr, leave?: (row: number, cells: Cells) => void) {
    this.#base = base;
    this.#plainFrom = base;
    this.#sgr = sgr;
    this.#rows = [new Cells(longLineBytes)];
    this.#leave = leave;
  }

  static from(state: ScreenState, leave?: (row: number, cells: Cells) => void): Screen {
    const screen = new Screen(state.base, state.sgr, leave);
    screen.#rows = state.rows.map((row) => Cells.from(row, longLineBytes));
    screen.#cursor = state.cursor;
    screen.#row.column = 0;
    screen.#fresh = state.fresh;
    return screen;
  }

  /** Number of its first row. */
  get base(): number {
    return this.#base;
  }

  /** Number of its last row. */
  get bottom(): number {
    return this.#base + this.#rows.length - 1;
  }

  /** All rows from this one on are one line of output each, which nothing has written over. */
  get plainFrom(): number {
    return this.#plainFrom;
  }

  get rowCount(): number {
    return this.bottom + (this.#fresh ? 0 : 1);
  }

  get sgr(): Sgr {
    return this.#sgr;
  }

  /** Between two lines only. */
  get state(): ScreenState {
    const rows = this.#rows.map((row) => row.finish());
    return { base: this.#base, rows, cursor: this.#cursor, sgr: this.#sgr, fresh: this.#fresh };
  }

  /** Lines, and part of a line. */
  feed(bytes: Uint8Array): void {
    let from = 0;
    for (let newline = bytes.indexOf(0x0a); newline !== -1; newline = bytes.indexOf(0x0a, from)) {
      this.endLine(bytes.subarray(from, newline));
      from = newline + 1;
    }
    this.write(bytes.subarray(from));
  }

  /** Part of a line. */
  write(bytes: Uint8Array): void {
    if (bytes.length === 0) {
      return;
    }
    this.#fresh = false;
    const all = this.#partial.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#partial, bytes]);
    const whole = withoutCutCharacter(all);
    this.#partial = all.subarray(whole.length);
    this.#held = this.#draw(this.#held + whole.toString('utf8'), false);
  }

  /** The rest of a line, without its newline. */
  endLine(bytes: Uint8Array): void {
    this.#fresh = false;
    const all = this.#partial.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#partial, bytes]);
    this.#partial = Buffer.alloc(0);
    this.#draw(this.#held + all.toString('utf8'), true);
    this.#held = '';
    this.#newline();
  }

  /** Its rows as they are now, the first one being `base`. */
  rows(): CellsText[] {
    const rest = this.#held + this.#partial.toString('utf8');
    const rows = this.#rows.map((row) => row.finish());
    if (rest !== '') {
      // What is cut is shown as what it is so far.
      const copy = Screen.from({ ...this.state, rows });
      copy.#row.column = this.#row.column;
      copy.#draw(rest, true);
      return copy.rows().slice(0, this.rowCount - this.#base);
    }
    return rows.slice(0, this.rowCount - this.#base);
  }

  get #row(): Cells {
    return this.#rows[this.#cursor] as Cells;
  }

  /** Draws text without newlines; gives back a cut sequence at its end, unless the line ends there. */
  #draw(text: string, end: boolean): string {
    let at = 0;
    while (at < text.length) {
      special.lastIndex = at;
      const stop = special.exec(text)?.index ?? text.length;
      if (stop > at) {
        this.#row.write(text.slice(at, stop), this.#sgr);
      }
      if (stop === text.length) {
        break;
      }
      at = stop + 1;
      const code = text.charCodeAt(stop);
      if (code === 0x1b) {
        if (!end && isCut(text, stop)) {
          return text.slice(stop);
        }
        escape.lastIndex = stop;
        const match = escape.exec(text);
        if (match) {
          at = escape.lastIndex;
          this.#control(match[2], match[1] ?? '');
          continue;
        }
      }
      this.#character(code);
    }
    return '';
  }

  #character(code: number): void {
    if (code === 0x0d) {
      this.#row.column = 0;
    } else if (code === 0x08) {
      this.#row.column = Math.max(0, this.#row.column - 1);
    } else if (code !== 0x07) {
      this.#row.put(visible(code), this.#sgr);
    }
  }

  #control(final: string | undefined, parameters: string): void {
    const count = Math.max(1, Math.min(Number(parameters) || 0, liveRows));
    switch (final) {
      case 'm':
        this.#sgr = applySgr(this.#sgr, parameters);
        break;
      case 'A':
        this.#move(-count, this.#row.column);
        break;
      case 'F':
        this.#move(-count, 0);
        break;
      case 'B':
        this.#move(count, this.#row.column);
        break;
      case 'E':
        this.#move(count, 0);
        break;
      case 'J':
        if (parameters === '' || parameters === '0') {
          this.#row.control('K', '', this.#sgr);
          for (let below = this.#cursor + 1; below < this.#rows.length; below += 1) {
            this.#rows[below] = new Cells(longLineBytes);
          }
        }
        break;
      case undefined:
        break;
      default:
        this.#row.control(final, parameters, this.#sgr);
    }
  }

  #move(by: number, column: number): void {
    const cursor = Math.max(0, Math.min(this.#cursor + by, this.#rows.length - 1));
    if (cursor < this.#cursor) {
      this.#plainFrom = this.bottom + 1;
    }
    this.#cursor = cursor;
    this.#row.column = column;
  }

  #newline(): void {
    this.#cursor += 1;
    if (this.#cursor === this.#rows.length) {
      this.#rows.push(new Cells(longLineBytes));
      this.#fresh = true;
      if (this.#rows.length > liveRows) {
        this.#leave?.(this.#base, this.#rows[0] as Cells);
        this.#rows.shift();
        this.#base += 1;
        this.#cursor -= 1;
      }
    }
    this.#row.column = 0;
  }
}

function isCut(text: string, at: number): boolean {
  if (text.length - at > longestHeld) {
    return false;
  }
  cutEscape.lastIndex = at;
  return cutEscape.test(text) || openText.test(text.slice(at));
}
