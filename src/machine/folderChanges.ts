import { watch, type FSWatcher } from 'node:fs';

/**
 * Wakes whoever waits for something to change in one folder. The operating system tells at once; a slow
 * poll stands in where it cannot (network file systems, a folder that is not there yet, too many watches).
 */
export class FolderChanges {
  readonly #folder: string;
  readonly #pollMilliseconds: number;
  readonly #concerns: (name: string) => boolean;
  #watcher: FSWatcher | undefined;
  #changed = false;
  #wake: (() => void) | undefined;

  /** @param concerns picks the file names that matter; a change whose name is not known always does. */
  constructor(folder: string, pollMilliseconds: number, concerns: (name: string) => boolean = () => true) {
    this.#folder = folder;
    this.#pollMilliseconds = pollMilliseconds;
    this.#concerns = concerns;
    this.#start();
  }

  /** Resolves at the next change, also when it came since the last call, after the poll's time, or on abort. */
  async next(signal: AbortSignal): Promise<void> {
    if (this.#watcher === undefined) {
      this.#start();
    }
    if (!this.#changed && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          this.#wake = undefined;
          resolve();
        };
        const timer = setTimeout(done, this.#pollMilliseconds);
        signal.addEventListener('abort', done, { once: true });
        this.#wake = done;
      });
    }
    this.#changed = false;
  }

  /** Wakes the one who waits, for a reason outside of the folder. */
  poke(): void {
    this.#changed = true;
    this.#wake?.();
  }

  dispose(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #start(): void {
    try {
      const watcher = watch(this.#folder, (_event, name) => {
        if (name === null || this.#concerns(name)) {
          this.poke();
        }
      });
      watcher.on('error', () => {
        watcher.close();
        this.#watcher = undefined;
      });
      this.#watcher = watcher;
      // What happened before the watch began would not be told.
      this.#changed = true;
    } catch {
      this.#watcher = undefined;
    }
  }
}
