import type { LogPosition } from '../../../src/protocol/logLine';

/** What is selected in a log: two places, of any distance. The browser's own selection knows only rows in the page. */
export class LogSelection {
  #anchor: LogPosition | undefined;
  #focus: LogPosition | undefined;

  get empty(): boolean {
    return this.range === undefined;
  }

  /** In order; undefined when nothing is selected. */
  get range(): { from: LogPosition; to: LogPosition } | undefined {
    if (!this.#anchor || !this.#focus || compare(this.#anchor, this.#focus) === 0) {
      return undefined;
    }
    return compare(this.#anchor, this.#focus) < 0
      ? { from: this.#anchor, to: this.#focus }
      : { from: this.#focus, to: this.#anchor };
  }

  start(at: LogPosition): void {
    this.#anchor = at;
    this.#focus = at;
  }

  extend(to: LogPosition): void {
    this.#anchor ??= to;
    this.#focus = to;
  }

  set(from: LogPosition, to: LogPosition): void {
    this.#anchor = from;
    this.#focus = to;
  }

  clear(): void {
    this.#anchor = undefined;
    this.#focus = undefined;
  }

  /** Columns of one line that are selected; `end` is Infinity where the line break is, too. */
  onLine(line: number): { start: number; end: number } | undefined {
    const range = this.range;
    if (!range || line < range.from.line || line > range.to.line) {
      return undefined;
    }
    return {
      start: line === range.from.line ? range.from.column : 0,
      end: line === range.to.line ? range.to.column : Infinity,
    };
  }
}

function compare(a: LogPosition, b: LogPosition): number {
  return a.line - b.line || a.column - b.column;
}

/** The word around a column: letters, digits and `_`; else the one character there. */
export function wordAt(text: string, column: number): { start: number; end: number } {
  const word = /[\p{L}\p{N}_]/u;
  let start = Math.min(column, Math.max(0, text.length - 1));
  let end = start + 1;
  if (word.test(text[start] ?? '')) {
    while (start > 0 && word.test(text[start - 1] ?? '')) {
      start -= 1;
    }
    while (end < text.length && word.test(text[end] ?? '')) {
      end += 1;
    }
  }
  return { start, end: Math.min(end, text.length) };
}
