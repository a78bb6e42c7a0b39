/** A subscription that can be ended. Structurally the same as `vscode.Disposable`. */
export interface Disposable {
  dispose(): void;
}

/** Structurally the same as `vscode.Event`, so that models need not know VS Code. */
export type Event<T> = (listener: (value: T) => unknown) => Disposable;

/** The firing side of an {@link Event}. One failing listener does not keep the others from hearing. */
export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<(value: T) => unknown>();

  readonly event: Event<T> = (listener) => {
    const own = (value: T): unknown => listener(value);
    this.#listeners.add(own);
    return { dispose: () => this.#listeners.delete(own) };
  };

  /** True while somebody listens: sources of events need not run otherwise. */
  get observed(): boolean {
    return this.#listeners.size > 0;
  }

  fire(value: T): void {
    const errors: unknown[] = [];
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) {
      throw new AggregateError(errors, 'A listener failed');
    }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
