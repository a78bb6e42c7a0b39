/** Holds the next arrival at a step until it is opened. */
export class Gate {
  readonly reached: Promise<void>;
  readonly #opened: Promise<void>;
  #arrive: () => void = () => undefined;
  #open: () => void = () => undefined;

  constructor() {
    this.reached = new Promise((resolve) => (this.#arrive = resolve));
    this.#opened = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#open();
  }

  /** Resolves when the gate is open; rejects on abort. */
  async pass(signal: AbortSignal): Promise<void> {
    this.#arrive();
    await Promise.race([
      this.#opened,
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        if (signal.aborted) {
          reject(signal.reason as Error);
        }
      }),
    ]);
  }
}

/** Never settles: what a call of a killed process looks like from inside. */
export function forever(): Promise<never> {
  return new Promise<never>(() => undefined);
}
