import type { Disposable } from '../core/event';

/** How long a page may take to begin, at first; twice as long each time that another has to be made. Milliseconds. */
const usualPatience = 8_000;

/** So many webviews are tried for one panel. */
const attempts = 5;

/** What a busy extension host has not yet been told may be there already. Milliseconds. */
const lateWord = 250;

/**
 * Notices a page that never begins. VS Code loses pages: one that is made while another loads, and in a browser the first
 * one of all when the machine is slow (VS Code 1.139: its webview waits for a service worker to take over, which has
 * happened by then). Such a webview stays blank for good, whatever page it is given: only another one helps.
 */
export class PageWatch implements Disposable {
  readonly #stalled: () => void;
  readonly #attempt: number;
  #timer: NodeJS.Timeout | undefined;

  /** `attempt`: how many webviews of this panel have been given up before. */
  constructor(attempt: number, stalled: () => void) {
    this.#attempt = attempt;
    this.#stalled = stalled;
  }

  /** A page begins to load. */
  loading(): void {
    this.stop();
    if (this.#attempt < attempts - 1) {
      this.#timer = setTimeout(
        () => {
          this.#timer = setTimeout(this.#stalled, lateWord);
        },
        usualPatience * 2 ** this.#attempt,
      );
    }
  }

  /** It has begun, or is not wanted for now. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  dispose(): void {
    this.stop();
  }
}
