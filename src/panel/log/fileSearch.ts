import { readSync } from 'node:fs';
import { liveRows, mostMatches } from '../../protocol/logLine';
import { LineIndex } from './lineIndex';
import { matchesIn } from './matcher';
import { displayRow, displayText, longLineBytes, type LineBytes } from './rawLine';

const chunkBytes = 1024 * 1024;

/** What a stretch of searching found. */
export interface SearchBatch {
  /** Matches on this line and after it, sent before, no longer hold: the line has grown. */
  dropFrom: number;
  /** `line, start, end` for each match, in order. */
  matches: number[];
  /** Line that is being searched. */
  line: number;
  /** True at the end of the file as it is now. */
  done: boolean;
  /** True when there are more matches than are kept. */
  capped: boolean;
}

/** What an index tells of rows that are written over, in order. */
type RowEvent =
  { kind: 'drawing' | 'plain'; row: number; offset: number } | { kind: 'drawn'; row: number; text: string };

/**
 * Searches a file line by line, in the text as it is shown, and goes on from where it stopped when the
 * file has grown. Reads synchronously, and so belongs in a thread of its own.
 */
export class FileSearch {
  readonly #file: number;
  readonly #pattern: RegExp;
  readonly #buffer = Buffer.allocUnsafe(chunkBytes);
  /** Knows which rows are written over: those are searched as they are drawn. */
  readonly #index = new LineIndex({
    drawing: (row, offset) => this.#events.push({ kind: 'drawing', row, offset }),
    drawn: (row, cells) => this.#events.push({ kind: 'drawn', row, text: displayRow(cells.finish()).text }),
    plain: (row, offset) => this.#events.push({ kind: 'plain', row, offset }),
  });
  #events: RowEvent[] = [];
  /** Row that is searched next. */
  #line = 0;
  /** Byte offset where it starts, where it is a line. */
  #offset = 0;
  #drawing = false;
  #found = 0;
  /** Matches before each of the last rows, which may still be written over. */
  readonly #foundBefore: number[] = [];

  constructor(file: number, pattern: RegExp) {
    this.#file = file;
    this.#pattern = pattern;
  }

  /** Searches up to byte `size`. Yields after each megabyte or 3,000 matches: signs of life. */
  *search(size: number): Generator<SearchBatch, void, undefined> {
    let batch = this.#batch();
    while (this.#index.size < size && this.#found < mostMatches) {
      const start = this.#index.size;
      const length = readSync(this.#file, this.#buffer, 0, Math.min(chunkBytes, size - start), start);
      if (length === 0) {
        break;
      }
      const bytes = this.#buffer.subarray(0, length);
      this.#index.append(bytes);
      for (const event of this.#events.splice(0)) {
        yield* this.#plainLines(bytes, start, event.kind === 'drawing' ? event.offset : start, batch);
        this.#handle(event, batch);
        if (event.kind === 'plain' && event.offset < start) {
          const missed = this.#read(event.offset, start - event.offset);
          yield* this.#plainLines(missed, event.offset, start, batch);
        }
      }
      yield* this.#plainLines(bytes, start, start + length, batch);
      yield this.#flush(batch);
      batch = this.#batch();
    }
    if (this.#found < mostMatches) {
      this.#searchOpen(size, batch);
    }
    yield { ...this.#flush(batch), done: true, capped: this.#found >= mostMatches };
  }

  /** Whole lines up to the byte `end`. */
  *#plainLines(bytes: Buffer, start: number, end: number, batch: SearchBatch): Generator<SearchBatch, void, undefined> {
    const limit = end - start;
    let from = Math.max(0, this.#offset - start);
    while (!this.#drawing && this.#found < mostMatches) {
      const newline = bytes.indexOf(0x0a, from);
      if (newline === -1 || newline >= limit) {
        return;
      }
      this.#foundBefore[this.#line % liveRows] = this.#found;
      this.#searchLine(bytes, start, start + newline, batch);
      this.#line += 1;
      this.#offset = start + newline + 1;
      from = newline + 1;
      if (batch.matches.length > 9_000) {
        yield this.#flush(batch);
        batch.dropFrom = this.#line;
        batch.matches = [];
      }
    }
  }

  #handle(event: RowEvent, batch: SearchBatch): void {
    if (event.kind === 'drawn') {
      if (this.#drawing) {
        this.#line = event.row;
        this.#match(event.text, batch);
        this.#line = event.row + 1;
      }
      return;
    }
    this.#drawing = event.kind === 'drawing';
    if (event.row < this.#line) {
      // Searched as lines before it was known that they are written over.
      this.#found = this.#foundBefore[event.row % liveRows] ?? this.#found;
      batch.dropFrom = Math.min(batch.dropFrom, event.row);
      const kept = batch.matches.findIndex((value, at) => at % 3 === 0 && value >= event.row);
      batch.matches = kept === -1 ? batch.matches : batch.matches.slice(0, kept);
    }
    this.#line = event.row;
    this.#offset = event.offset;
  }

  /** What may still change is searched again next time: a last line without a newline, or the rows of a screen. */
  #searchOpen(size: number, batch: SearchBatch): void {
    const before = { found: this.#found, line: this.#line };
    const { screen } = this.#index;
    if (screen) {
      for (const [at, row] of screen.rows.entries()) {
        this.#line = screen.first + at;
        this.#match(displayRow(row).text, batch);
      }
    } else if (this.#offset < size) {
      this.#searchLine(Buffer.alloc(0), 0, size, batch);
    }
    this.#line = before.line;
    this.#found = before.found;
  }

  #batch(): SearchBatch {
    return { dropFrom: this.#line, matches: [], line: this.#line, done: false, capped: false };
  }

  #flush(batch: SearchBatch): SearchBatch {
    return { ...batch, line: this.#line };
  }

  #searchLine(bytes: Buffer, bytesStart: number, end: number, batch: SearchBatch): void {
    this.#match(displayText(this.#lineBytes(bytes, bytesStart, end)), batch);
  }

  #match(text: string, batch: SearchBatch): void {
    matchesIn(this.#pattern, text, (start, stop) => {
      if (this.#found < mostMatches) {
        batch.matches.push(this.#line, start, stop);
        this.#found += 1;
      }
    });
  }

  #lineBytes(bytes: Buffer, bytesStart: number, end: number): LineBytes {
    const length = end - this.#offset;
    if (length > longLineBytes) {
      return {
        head: this.#read(this.#offset, longLineBytes),
        tail: this.#read(end - longLineBytes, longLineBytes),
        length,
      };
    }
    const inside = this.#offset >= bytesStart && end <= bytesStart + bytes.length;
    const head = inside
      ? bytes.subarray(this.#offset - bytesStart, end - bytesStart)
      : this.#read(this.#offset, length);
    return { head, length };
  }

  #read(position: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length);
    return buffer.subarray(0, readSync(this.#file, buffer, 0, length, position));
  }
}
