import { readSync } from 'node:fs';
import { mostMatches } from '../../protocol/logLine';
import { matchesIn } from './matcher';
import { displayText, longLineBytes, type LineBytes } from './rawLine';

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

/**
 * Searches a file line by line, in the text as it is shown, and goes on from where it stopped when the
 * file has grown. Reads synchronously, and so belongs in a thread of its own.
 */
export class FileSearch {
  readonly #file: number;
  readonly #pattern: RegExp;
  readonly #buffer = Buffer.allocUnsafe(chunkBytes);
  #line = 0;
  /** Byte offset where `#line` starts. */
  #offset = 0;
  #found = 0;

  constructor(file: number, pattern: RegExp) {
    this.#file = file;
    this.#pattern = pattern;
  }

  /** Searches up to byte `size`. Yields after each megabyte or 3,000 matches: signs of life. */
  *search(size: number): Generator<SearchBatch, void, undefined> {
    let batch = this.#batch();
    let scanned = this.#offset;
    while (scanned < size && this.#found < mostMatches) {
      const length = readSync(this.#file, this.#buffer, 0, Math.min(chunkBytes, size - scanned), scanned);
      if (length === 0) {
        break;
      }
      const bytes = this.#buffer.subarray(0, length);
      for (let newline = bytes.indexOf(0x0a); newline !== -1; newline = bytes.indexOf(0x0a, newline + 1)) {
        this.#searchLine(bytes, scanned, scanned + newline, batch);
        this.#line += 1;
        this.#offset = scanned + newline + 1;
        if (this.#found >= mostMatches) {
          break;
        }
        if (batch.matches.length > 9_000) {
          yield this.#close(batch);
          batch = this.#batch();
        }
      }
      scanned += length;
      yield this.#close(batch);
      batch = this.#batch();
    }
    if (this.#offset < size && this.#found < mostMatches) {
      // A last line without a newline may still grow: it is searched again next time.
      const before = this.#found;
      this.#searchLine(Buffer.alloc(0), 0, size, batch);
      this.#found = before;
    }
    yield { ...this.#close(batch), done: true, capped: this.#found >= mostMatches };
  }

  #batch(): SearchBatch {
    return { dropFrom: this.#line, matches: [], line: this.#line, done: false, capped: false };
  }

  #close(batch: SearchBatch): SearchBatch {
    return { ...batch, line: this.#line };
  }

  #searchLine(bytes: Buffer, bytesStart: number, end: number, batch: SearchBatch): void {
    const text = displayText(this.#lineBytes(bytes, bytesStart, end));
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
