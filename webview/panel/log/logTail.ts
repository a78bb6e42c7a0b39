import type { LogStatus } from '../../../src/protocol/messages';
import type { LineCache } from './lineCache';

/** What it needs of the view (`LogViewport`). */
export interface TailView {
  readonly follow: boolean;
  readonly pageLines: number;
  readonly element: { scrollLeft: number };
  setLineCount(count: number): void;
  scrollToLine(line: number): void;
  clear(): void;
  invalidate(): void;
}

/** How a log grows in view: at its end while that is followed, and where it was left when it is opened again. */
export class LogTail {
  readonly #cache: LineCache;
  readonly #viewport: TailView;
  /** Lines that there are but that wait until their text is here, so that following never shows empty rows. */
  #pending: number | undefined;
  /** Place that a restored view goes to as soon as it is indexed. */
  #restore: { line: number; left: number } | undefined;

  constructor(cache: LineCache, viewport: TailView) {
    this.#cache = cache;
    this.#viewport = viewport;
  }

  /** Another log, at its beginning or at a place where it was left. */
  reset(restore: { line: number; left: number } | undefined): void {
    this.#pending = undefined;
    this.#restore = restore;
    this.#cache.reset();
    this.#viewport.clear();
  }

  grown({ lineCount }: LogStatus): void {
    if (this.#restore !== undefined && lineCount > this.#restore.line) {
      const { line, left } = this.#restore;
      this.#restore = undefined;
      this.#viewport.setLineCount(lineCount);
      this.#viewport.scrollToLine(line);
      this.#viewport.element.scrollLeft = left;
    } else if (this.#viewport.follow && lineCount > 0) {
      this.#pending = lineCount;
      this.#showPending();
    } else {
      this.#pending = undefined;
      this.#viewport.setLineCount(lineCount);
    }
  }

  linesArrived(): void {
    this.#showPending();
    this.#viewport.invalidate();
  }

  /** The user has gone elsewhere. */
  left(): void {
    if (this.#pending !== undefined) {
      this.#viewport.setLineCount(this.#pending);
      this.#pending = undefined;
    }
    this.#restore = undefined;
  }

  #showPending(): void {
    const count = this.#pending;
    if (count === undefined) {
      return;
    }
    // Each time: the view, which is still elsewhere, has asked for its own lines meanwhile.
    this.#cache.want(Math.max(0, count - this.#viewport.pageLines - 1), count - 1, -1);
    if (this.#cache.has(Math.max(0, count - this.#viewport.pageLines), count - 1)) {
      this.#pending = undefined;
      this.#viewport.setLineCount(count);
    }
  }
}
