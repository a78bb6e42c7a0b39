import { liveRows } from '../../protocol/logLine';
import type { Cells, CellsText } from './cells';
import { RecentLines } from './recentLines';
import { RowRegion } from './rowRegion';
import { Screen } from './screen';
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
  /** Where lines are written over: the block's lines are rows of a screen, which are drawn. */
  region?: RowRegion;
}

/** Is told what becomes of rows, in order, as bytes are fed. */
export interface RowSink {
  /** From this row on, rows are written over; its line starts at the offset. */
  drawing(row: number, offset: number): void;
  /** A row that was written over is final. */
  drawn(row: number, cells: Cells): void;
  /** From this row on, each row is a line again. */
  plain(row: number, offset: number): void;
}

const initialLines = 512;
const initialBytes = 64 * 1024;
const mostCheckpoints = 32_768;
const longestParameters = 64;
/** Beyond so many, what moves its cursor up is shown as lines. */
const mostRegions = 4_000;
/** Characters of screens that are kept to begin reading from. */
const mostKept = 4_000_000;

/**
 * Where lines start in a file that only grows, in memory that does not grow with it: a byte offset is kept
 * for each 512th line, or each 64 KiB, whichever comes first; both double when there would be more than
 * 32,768 (under 1 MB). Bytes are fed in order. The colour state at each kept line is remembered, so that a
 * colour set far above a window still shows in it.
 *
 * Output that moves its cursor up writes over rows: from the first row that may change on, lines are drawn on a
 * {@link Screen}, until so many plain lines have come that nothing can change any more.
 */
export class LineIndex {
  #lines = new Float64Array(256);
  #offsets = new Float64Array(256);
  #states: Sgr[] = [''];
  #count = 1;
  #maxLines = initialLines;
  #maxBytes = initialBytes;

  /** Number of the row that is being written. */
  #row = 0;
  /** First row that is a line since rows were drawn last. */
  #plainFrom = 0;
  #size = 0;
  #lastLineStart = 0;
  #sgr: Sgr = '';
  /** Where the escape sequence that a chunk may cut stands. */
  #escape: 'none' | 'escape' | 'parameters' = 'none';
  #parameters = '';

  readonly #recent = new RecentLines();
  readonly #sink: RowSink | undefined;
  /** By byte offset. */
  readonly #regions = new Map<number, RowRegion>();
  #drawing: { region: RowRegion; screen: Screen } | undefined;
  #kept = 0;
  #keepInterval = initialBytes;

  constructor(sink?: RowSink) {
    this.#sink = sink;
  }

  /** Bytes seen. */
  get size(): number {
    return this.#size;
  }

  /** Lines so far; one that has no newline yet counts when it has a byte. */
  get lineCount(): number {
    return this.#drawing?.screen.rowCount ?? this.#row + (this.#size > this.#lastLineStart ? 1 : 0);
  }

  /** The rows that may still change, where output has moved its cursor up. */
  get screen(): { first: number; rows: CellsText[] } | undefined {
    const screen = this.#drawing?.screen;
    return screen && { first: screen.base, rows: screen.rows() };
  }

  get checkpointCount(): number {
    return this.#count;
  }

  /** All lines of a block start within so many bytes of its start. */
  get blockBytes(): number {
    return this.#maxBytes;
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      at = this.#drawing ? this.#draw(bytes, at, this.#drawing) : this.#scan(bytes, at);
    }
    this.#size += bytes.length;
    this.#recent.append(bytes, this.#size);
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
    const region = this.#regions.get(this.#offsets[low] as number);
    return {
      line: first,
      lineCount: (last ? this.lineCount : (this.#lines[low + 1] as number)) - first,
      start: this.#offsets[low] as number,
      end: last ? this.#size : (this.#offsets[low + 1] as number),
      sgr: this.#states[low] ?? '',
      ...(region === undefined ? {} : { region }),
    };
  }

  /** Plain lines. Stops where the cursor moves up; gives where. */
  #scan(bytes: Uint8Array, from: number): number {
    let escape = bytes.indexOf(0x1b, from);
    for (let at = from; at < bytes.length;) {
      const newline = bytes.indexOf(0x0a, at);
      const end = newline === -1 ? bytes.length : newline + 1;
      if (this.#escape !== 'none' || (escape !== -1 && escape < end)) {
        const stop = this.#scanEscapes(bytes, at, end);
        if (stop !== undefined) {
          return stop;
        }
        escape = bytes.indexOf(0x1b, end);
      }
      if (newline !== -1) {
        this.#row += 1;
        this.#lastLineStart = this.#size + end;
        this.#recent.line(this.#lastLineStart, this.#sgr);
        this.#checkpoint(this.#row, this.#lastLineStart, this.#sgr);
      }
      at = end;
    }
    return bytes.length;
  }

  /** Where the cursor moves up between two bytes; undefined where it does not. */
  #scanEscapes(bytes: Uint8Array, from: number, end: number): number | undefined {
    for (let at = from; at < end; at += 1) {
      const byte = bytes[at] as number;
      if (this.#escape !== 'none' && this.#inEscape(byte) && this.#beginDrawing(bytes, at)) {
        return at + 1;
      }
      if (byte === 0x1b) {
        this.#escape = 'escape';
      }
    }
    return undefined;
  }

  /** One line, or what there is of it, on the screen. */
  #draw(bytes: Uint8Array, from: number, { region, screen }: { region: RowRegion; screen: Screen }): number {
    const newline = bytes.indexOf(0x0a, from);
    if (newline === -1) {
      screen.write(bytes.subarray(from));
      return bytes.length;
    }
    screen.endLine(bytes.subarray(from, newline));
    this.#lastLineStart = this.#size + newline + 1;
    this.#recent.line(this.#lastLineStart, screen.sgr);
    if (screen.bottom - screen.plainFrom >= liveRows - 1) {
      this.#endDrawing(region, screen);
    } else {
      this.#kept += region.keep(screen, this.#lastLineStart, this.#keepInterval);
      while (this.#kept > mostKept) {
        this.#keepInterval *= 2;
        this.#kept = [...this.#regions.values()].reduce((sum, one) => sum + one.thin(this.#keepInterval), 0);
      }
    }
    return newline + 1;
  }

  /** False where there is no row above that it could go to. */
  #beginDrawing(bytes: Uint8Array, at: number): boolean {
    const rowsAbove = Math.min(liveRows - 1, this.#row - this.#plainFrom);
    const first = this.#recent.firstAbove(rowsAbove, this.#size + at);
    if (first === undefined || this.#regions.size >= mostRegions) {
      return false;
    }
    const row = this.#row - first.above;
    while (this.#count > 0 && (this.#offsets[this.#count - 1] as number) >= first.offset) {
      this.#count -= 1;
    }
    this.#states.length = this.#count;
    this.#push(row, first.offset, first.sgr);
    const region = new RowRegion(row, first.offset, first.sgr);
    const screen = new Screen(row, first.sgr, this.#sink && ((left, cells) => this.#sink?.drawn(left, cells)));
    this.#regions.set(first.offset, region);
    this.#sink?.drawing(row, first.offset);
    screen.feed(this.#recent.since(first.offset, this.#size, bytes.subarray(0, at + 1)));
    this.#drawing = { region, screen };
    return true;
  }

  #endDrawing(region: RowRegion, screen: Screen): void {
    const plain = this.#recent.last(screen.bottom - screen.plainFrom + 1);
    const start = plain[0]?.offset ?? this.#lastLineStart;
    this.#drawing = undefined;
    this.#row = screen.bottom;
    this.#plainFrom = screen.plainFrom;
    this.#sgr = screen.sgr;
    this.#escape = 'none';
    region.close(start);
    this.#push(screen.plainFrom, start, plain[0]?.sgr ?? '');
    for (const [at, { offset, sgr }] of plain.entries()) {
      this.#checkpoint(screen.plainFrom + at, offset, sgr);
    }
    this.#sink?.plain(screen.plainFrom, start);
  }

  /** True at the end of a sequence that moves the cursor up. */
  #inEscape(byte: number): boolean {
    if (this.#escape === 'escape') {
      this.#escape = byte === 0x5b ? 'parameters' : 'none';
      this.#parameters = '';
    } else if (byte >= 0x30 && byte <= 0x3b && this.#parameters.length < longestParameters) {
      this.#parameters += String.fromCharCode(byte);
    } else {
      this.#escape = 'none';
      if (byte === 0x6d) {
        this.#sgr = applySgr(this.#sgr, this.#parameters);
      }
      return byte === 0x41 || byte === 0x46;
    }
    return false;
  }

  #checkpoint(row: number, offset: number, sgr: Sgr): void {
    const last = this.#count - 1;
    if (
      row - (this.#lines[last] as number) >= this.#maxLines ||
      offset - (this.#offsets[last] as number) >= this.#maxBytes
    ) {
      this.#push(row, offset, sgr);
    }
  }

  #push(row: number, offset: number, sgr: Sgr): void {
    if (this.#count === mostCheckpoints) {
      this.#thin();
    }
    if (this.#count === this.#lines.length) {
      this.#lines = grown(this.#lines);
      this.#offsets = grown(this.#offsets);
    }
    this.#lines[this.#count] = row;
    this.#offsets[this.#count] = offset;
    this.#states[this.#count] = sgr;
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
        const spanLines = (next ? (this.#lines[at + 1] as number) : this.#row) - (this.#lines[kept - 1] as number);
        const spanBytes =
          (next ? (this.#offsets[at + 1] as number) : this.#lastLineStart) - (this.#offsets[kept - 1] as number);
        const border = this.#isBorder(at) || this.#isBorder(kept - 1);
        if (border || spanLines > this.#maxLines || spanBytes > this.#maxBytes) {
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

  /** True for a block that is drawn, which is joined to none. */
  #isBorder(at: number): boolean {
    return this.#regions.has(this.#offsets[at] as number);
  }
}

function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
