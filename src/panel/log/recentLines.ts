import { liveRows } from '../../protocol/logLine';
import type { Sgr } from './sgr';

interface LineStart {
  /** Byte offset. */
  offset: number;
  sgr: Sgr;
}

/** Lines are drawn again from their bytes only so far back. */
const mostBytes = 256 * 1024;
const slots = 64;

/** The last lines of what was fed: where they start, and their bytes. */
export class RecentLines {
  readonly #offsets = new Float64Array(slots);
  readonly #states = new Array<Sgr>(slots).fill('');
  #line = 0;
  #bytes: Buffer = Buffer.alloc(0);

  /** Another line starts. */
  line(offset: number, sgr: Sgr): void {
    this.#line += 1;
    this.#offsets[this.#line % slots] = offset;
    this.#states[this.#line % slots] = sgr;
  }

  /** The last `count` lines, the one that is being written included; at most as many as a screen has rows. */
  last(count: number): LineStart[] {
    return Array.from({ length: count }, (_, at) => this.#start(count - 1 - at));
  }

  /** The line that is furthest above the one that is being written, and near enough; undefined where none is. */
  firstAbove(most: number, position: number): (LineStart & { above: number }) | undefined {
    for (let above = most; above > 0; above -= 1) {
      const start = this.#start(above);
      if (position - start.offset <= mostBytes) {
        return { ...start, above };
      }
    }
    return undefined;
  }

  /** Remembers bytes that were fed; `size` is the offset of their end. */
  append(bytes: Uint8Array, size: number): void {
    // A line that has become too long is never drawn: nothing of it is kept.
    const oldest = (this.firstAbove(Math.min(this.#line, liveRows - 1), size) ?? this.#start(0)).offset;
    const length = size - oldest > mostBytes ? 0 : size - oldest;
    const before = Math.max(0, Math.min(this.#bytes.length, length - bytes.length));
    this.#bytes = Buffer.concat([
      this.#bytes.subarray(this.#bytes.length - before),
      bytes.subarray(Math.max(0, bytes.length - length)),
    ]);
  }

  /** Bytes from an offset on, those after `size` being `more`. */
  since(offset: number, size: number, more: Uint8Array): Buffer {
    return offset >= size
      ? Buffer.from(more.subarray(offset - size))
      : Buffer.concat([this.#bytes.subarray(this.#bytes.length - (size - offset)), more]);
  }

  #start(above: number): LineStart {
    const slot = (this.#line - above + slots * 2) % slots;
    return { offset: this.#offsets[slot] ?? 0, sgr: this.#states[slot] ?? '' };
  }
}
