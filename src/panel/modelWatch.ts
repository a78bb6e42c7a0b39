import type { Disposable, Event } from '../core/event';

/** Changes come in bursts: they are told at most so often. Milliseconds. */
const updateEvery = 100;

/** How long a cluster that is not known is taken for one that will be: backends are asked only once a panel listens. Milliseconds. */
const settling = 3_000;

/** Listens to the model while a panel is seen, and tells it to look at it again. */
export class ModelWatch implements Disposable {
  readonly #changes: Event<void>;
  readonly #refresh: () => void;
  #listener: Disposable | undefined;
  /** Milliseconds since 1970. */
  #started = 0;
  #update: NodeJS.Timeout | undefined;
  #settled: NodeJS.Timeout | undefined;

  constructor(changes: Event<void>, refresh: () => void) {
    this.#changes = changes;
    this.#refresh = refresh;
  }

  get listening(): boolean {
    return this.#listener !== undefined;
  }

  /** True while what is not known may only not be known yet. */
  get settling(): boolean {
    return Date.now() - this.#started < settling;
  }

  start(): void {
    if (!this.#listener) {
      this.#started = Date.now();
      this.#listener = this.#changes(() => this.changed());
      this.#settled = setTimeout(() => this.changed(), settling);
    }
  }

  /** Something else that is shown has changed. */
  changed(): void {
    if (this.#listener) {
      this.#update ??= setTimeout(() => {
        this.#update = undefined;
        this.#refresh();
      }, updateEvery);
    }
  }

  stop(): void {
    this.#listener?.dispose();
    this.#listener = undefined;
    clearTimeout(this.#update);
    clearTimeout(this.#settled);
    this.#update = undefined;
  }

  dispose(): void {
    this.stop();
  }
}
