import { applySgr, type Sgr } from './sgr';

/** A stretch of whole lines, small enough to read at once save for a last line that may be of any length. */
export interface Block {
  /** 0-based number of its first line. */
  line: number;
  lineCount: number;
  /** Byte offsets, end excluded. */
  start: number;
  end: number;
  /** Colours that are still on where it starts. */
  sgr: Sgr;
}

const initialLines = 512;
const initialBytes = 64 * 1024;
const mostCheckpoints = 32_768;
const longestParameters = 64;

/**
 * Where lines start in a file that only grows, in memory that does not grow with it: a byte offset is kept
 * for each 512th line, or each 64 KiB, whichever comes first; both double when there would be more than
 * 32,768 (under 1 MB). Bytes are fed in order. The colour state at each kept line is remembered, so that a
 * colour set far above a window still shows in it.
 */
export class LineIndex {
  #lines = new Float64Array(256);
  #offsets = new Float64Array(256);
  #states: Sgr[] = [''];
  #count = 1;
  #maxLines = initialLines;
  #maxBytes = initialBytes;

  #newlines = 0;
  #size = 0;
  #lastLineStart = 0;
  #sgr: Sgr = '';
  /** Where the escape sequence that a chunk may cut stands. */
  #escape: 'none' | 'escape' | 'parameters' = 'none';
  #parameters = '';

  /** Bytes seen. */
  get size(): number {
    return this.#size;
  }

  /** Lines so far; one that has no newline yet counts when it has a byte. */
  get lineCount(): number {
    return this.#newlines + (this.#size > this.#lastLineStart ? 1 : 0);
  }

  /** Lines that end with a newline. */
  get completeLines(): number {
    return this.#newlines;
  }

  /** Byte offset where the line that is still being written starts. */
  get lastLineStart(): number {
    return this.#lastLineStart;
  }

  get checkpointCount(): number {
    return this.#count;
  }

  /** All lines of a block start within so many bytes of its start. */
  get blockBytes(): number {
    return this.#maxBytes;
  }

  append(bytes: Uint8Array): void {
    const base = this.#size;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (this.#escape !== 'none') {
        this.#inEscape(byte);
      }
      if (byte === 0x0a) {
        this.#newlines += 1;
        this.#lastLineStart = base + at + 1;
        this.#checkpoint();
      } else if (byte === 0x1b) {
        this.#escape = 'escape';
      }
    }
    this.#size = base + bytes.length;
  }

  /** The block that holds a line, 0 ≤ line < lineCount. */
  blockOf(line: number): Block {
    let low = 0;
    let high = this.#count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lines[middle] as number) <= line) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    const last = low === this.#count - 1;
    const first = this.#lines[low] as number;
    return {
      line: first,
      lineCount: (last ? this.lineCount : (this.#lines[low + 1] as number)) - first,
      start: this.#offsets[low] as number,
      end: last ? this.#size : (this.#offsets[low + 1] as number),
      sgr: this.#states[low] ?? '',
    };
  }

  #inEscape(byte: number): void {
    if (this.#escape === 'escape') {
      this.#escape = byte === 0x5b ? 'parameters' : 'none';
      this.#parameters = '';
    } else if (byte >= 0x30 && byte <= 0x3b && this.#parameters.length < longestParameters) {
      this.#parameters += String.fromCharCode(byte);
    } else {
      if (byte === 0x6d) {
        this.#sgr = applySgr(this.#sgr, this.#parameters);
      }
      this.#escape = 'none';
    }
  }

  #checkpoint(): void {
    const last = this.#count - 1;
    if (
      this.#newlines - (this.#lines[last] as number) < this.#maxLines &&
      this.#lastLineStart - (this.#offsets[last] as number) < this.#maxBytes
    ) {
      return;
    }
    if (this.#count === mostCheckpoints) {
      this.#thin();
    }
    if (this.#count === this.#lines.length) {
      this.#lines = grown(this.#lines);
      this.#offsets = grown(this.#offsets);
    }
    this.#lines[this.#count] = this.#newlines;
    this.#offsets[this.#count] = this.#lastLineStart;
    this.#states[this.#count] = this.#sgr;
    this.#count += 1;
  }

  /**
   * Doubles the limits and drops what they make needless. A block keeps its promise: only its last line
   * may lie beyond `maxBytes`, as a block is joined to the next only where that one starts early enough.
   */
  #thin(): void {
    do {
      this.#maxLines *= 2;
      this.#maxBytes *= 2;
      let kept = 1;
      for (let at = 1; at < this.#count; at += 1) {
        const next = at + 1 < this.#count;
        const spanLines = (next ? (this.#lines[at + 1] as number) : this.#newlines) - (this.#lines[kept - 1] as number);
        const spanBytes =
          (next ? (this.#offsets[at + 1] as number) : this.#lastLineStart) - (this.#offsets[kept - 1] as number);
        if (spanLines > this.#maxLines || spanBytes > this.#maxBytes) {
          this.#lines[kept] = this.#lines[at] as number;
          this.#offsets[kept] = this.#offsets[at] as number;
          this.#states[kept] = this.#states[at] ?? '';
          kept += 1;
        }
      }
      this.#count = kept;
      this.#states.length = kept;
    } while (this.#count > mostCheckpoints / 2 && this.#maxBytes < 2 ** 40);
  }
}

function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
