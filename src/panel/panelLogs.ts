import type { LogSource } from '../core/cluster';
import { isCancelled } from '../core/errors';
import { Emitter, type Disposable, type Event } from '../core/event';
import type { Logger } from '../core/ports';

export interface PanelLogsOptions {
  /** Lists the logs. Where they are `fetched` this copies them here, by a process of its own. */
  find: (signal: AbortSignal) => Promise<readonly LogSource[]>;
  fetched: boolean;
  /** True while one of the cluster's own logs is on the screen: only then are fetched ones fetched again. */
  reading: () => boolean;
  /** Least time from the end of one look to the next; milliseconds. */
  pause: number;
  log: Logger;
}

/** The logs that a cluster keeps besides its runs' output. They are looked for one at a time. */
export class PanelLogs implements Disposable {
  readonly #options: PanelLogsOptions;
  readonly #changed = new Emitter<void>();
  readonly onDidChange: Event<void> = this.#changed.event;
  #sources: readonly LogSource[] = [];
  #known = false;
  #looked = false;
  #asking: AbortController | undefined;
  #next: NodeJS.Timeout | undefined;
  /** Milliseconds since 1970: when the last look ended. */
  #asked = 0;

  constructor(options: PanelLogsOptions) {
    this.#options = options;
  }

  /** True once they were looked for, with or without success. */
  get looked(): boolean {
    return this.#looked;
  }

  get sources(): readonly LogSource[] {
    return this.#sources;
  }

  /** Something has changed: looks now, or as soon as it may. */
  look(): void {
    if (this.#wanted && !this.#asking) {
      const wait = this.#asked + this.#options.pause - Date.now();
      this.#next ??= setTimeout(() => void this.#ask(), Math.max(0, wait));
    }
  }

  /** Nobody sees it: a look that is under way ends. */
  stop(): void {
    clearTimeout(this.#next);
    this.#next = undefined;
    this.#asking?.abort();
    this.#asking = undefined;
  }

  dispose(): void {
    this.stop();
    this.#changed.dispose();
  }

  get #wanted(): boolean {
    const { fetched, reading } = this.#options;
    return !fetched || !this.#known || reading();
  }

  async #ask(): Promise<void> {
    this.#next = undefined;
    if (!this.#wanted) {
      return;
    }
    const { find, fetched, reading, log } = this.#options;
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const sources = await find(asking.signal);
      if (!asking.signal.aborted) {
        this.#known = true;
        this.#show(sources);
      }
    } catch (error) {
      if (!asking.signal.aborted && !isCancelled(error)) {
        log.warn('The logs of the cluster could not be listed', error);
        this.#show(this.#sources);
      }
    } finally {
      if (!asking.signal.aborted) {
        this.#asked = Date.now();
      }
      if (this.#asking === asking) {
        this.#asking = undefined;
        if (fetched && reading()) {
          this.look();
        }
      }
    }
  }

  #show(sources: readonly LogSource[]): void {
    const same = this.#looked && JSON.stringify(sources) === JSON.stringify(this.#sources);
    this.#looked = true;
    if (!same) {
      this.#sources = sources;
      this.#changed.fire();
    }
  }
}
