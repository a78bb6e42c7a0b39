import { liveRows, type LogLine } from '../../../src/protocol/logLine';

const pageLines = 100;
const mostPages = 80;
const mostCharacters = 4_000_000;
const mostRequests = 2;

interface Page {
  lines: LogLine[];
  characters: number;
  /** True when the page may have changed or grown since it was read. It is shown until it comes again. */
  stale: boolean;
}

export type RequestLines = (request: number, first: number, count: number) => void;

/**
 * The lines near the view, in pages. Few requests are under way at a time, and what is asked next is
 * decided when one comes back: scrolling past something does not fetch it.
 */
export class LineCache {
  readonly #request: RequestLines;
  readonly #changed: () => void;
  /** In order of use: the first one goes first. */
  readonly #pages = new Map<number, Page>();
  readonly #asked = new Map<number, number>();
  #characters = 0;
  #generation = -1;
  #lineCount = 0;
  #nextRequest = 1;
  #wanted: readonly [first: number, last: number, ahead: number] = [0, 0, 0];

  constructor(request: RequestLines, changed: () => void) {
    this.#request = request;
    this.#changed = changed;
  }

  /** The log has so many lines now. Another generation means other lines. */
  setLineCount(generation: number, lineCount: number): void {
    if (generation !== this.#generation) {
      this.reset();
      this.#generation = generation;
    } else if (lineCount !== this.#lineCount) {
      this.touchLast();
    }
    this.#lineCount = lineCount;
  }

  /** The last line may have had no end yet, its page no more lines; and bars write over the rows above it. */
  touchLast(): void {
    const last = Math.floor(Math.max(0, this.#lineCount - 1) / pageLines);
    for (let number = Math.floor(Math.max(0, this.#lineCount - liveRows) / pageLines); number <= last; number += 1) {
      const page = this.#pages.get(number);
      if (page) {
        page.stale = true;
      }
    }
  }

  reset(): void {
    this.#pages.clear();
    this.#asked.clear();
    this.#characters = 0;
    this.#generation = -1;
    this.#lineCount = 0;
  }

  get(line: number): LogLine | undefined {
    return this.#pages.get(Math.floor(line / pageLines))?.lines[line % pageLines];
  }

  has(first: number, last: number): boolean {
    for (let page = Math.floor(first / pageLines); page <= Math.floor(last / pageLines); page += 1) {
      if (this.#needs(page)) {
        return false;
      }
    }
    return true;
  }

  /** Lines `first` to `last` are in view; `ahead` is -1 or 1, where the view is going, or 0. */
  want(first: number, last: number, ahead: number): void {
    this.#wanted = [first, last, ahead];
    this.#fetch();
  }

  receive(request: number, generation: number, first: number, lines: readonly LogLine[]): void {
    const number = this.#asked.get(request);
    if (number === undefined) {
      return;
    }
    this.#asked.delete(request);
    if (generation === this.#generation && lines.length > 0) {
      this.#store(number, first % pageLines, lines);
      this.#changed();
    }
    this.#fetch(lines.length === 0 ? number : undefined);
  }

  #store(number: number, at: number, lines: readonly LogLine[]): void {
    const before = this.#pages.get(number);
    const kept = at > 0 && before ? before.lines.slice(0, at) : [];
    const all = at === kept.length ? [...kept, ...lines] : [...lines];
    const characters = all.reduce((sum, line) => sum + line.text.length, 0);
    this.#characters += characters - (before?.characters ?? 0);
    this.#pages.delete(number);
    this.#pages.set(number, { lines: all, characters, stale: false });
    for (const [old, page] of this.#pages) {
      if (this.#pages.size <= mostPages && this.#characters <= mostCharacters) {
        break;
      }
      if (old !== number && !this.#inView(old)) {
        this.#pages.delete(old);
        this.#characters -= page.characters;
      }
    }
  }

  /** `failed` is a page that came back empty: asking at once again would go round in circles. */
  #fetch(failed?: number): void {
    for (const page of this.#wantedPages()) {
      if (this.#asked.size >= mostRequests) {
        return;
      }
      if (page !== failed && this.#needs(page) && ![...this.#asked.values()].includes(page)) {
        const held = this.#pages.get(page);
        const from = held && !held.stale ? held.lines.length : 0;
        const request = this.#nextRequest;
        this.#nextRequest += 1;
        this.#asked.set(request, page);
        this.#request(request, page * pageLines + from, pageLines - from);
      }
    }
  }

  #needs(number: number): boolean {
    const expected = Math.min(pageLines, this.#lineCount - number * pageLines);
    const page = this.#pages.get(number);
    return number >= 0 && expected > 0 && (page === undefined || page.stale || page.lines.length < expected);
  }

  #inView(page: number): boolean {
    const [first, last] = this.#wanted;
    return page >= Math.floor(first / pageLines) && page <= Math.floor(last / pageLines);
  }

  *#wantedPages(): Generator<number> {
    const [first, last, ahead] = this.#wanted;
    const from = Math.floor(first / pageLines);
    const to = Math.floor(last / pageLines);
    for (let page = from; page <= to; page += 1) {
      yield page;
    }
    for (let step = 1; step <= 2; step += 1) {
      if (ahead >= 0) {
        yield to + step;
      }
      if (ahead <= 0) {
        yield from - step;
      }
    }
  }
}
