import { CancelledError } from '../../core/errors';
import { GoogleError } from '../google/googleApi';
import type { Token } from './tokenSource';

/** A token is renewed so long before its end. Milliseconds. */
const margin = 5 * 60_000;
/** A way to a token that takes longer is given up. Milliseconds. */
const patience = 60_000;

interface Fetch {
  result: Promise<Token>;
  stop: AbortController;
  waiting: number;
}

/** Keeps a token in memory alone. Who asks while one is fetched waits for the same. */
export class TokenCache {
  #token: Token | undefined;
  #fetching: Fetch | undefined;

  constructor(
    private readonly fetch: (signal: AbortSignal) => Promise<Token>,
    private readonly now: () => number = Date.now,
  ) {}

  async token(signal: AbortSignal): Promise<string> {
    if (signal.aborted) {
      throw new CancelledError();
    }
    if (this.#token !== undefined && this.#token.endsAt - margin > this.now()) {
      return this.#token.value;
    }
    const fetching = (this.#fetching ??= this.#begin());
    fetching.waiting += 1;
    try {
      return (await raced(fetching.result, signal)).value;
    } finally {
      fetching.waiting -= 1;
      if (fetching.waiting === 0) {
        this.#end(fetching);
      }
    }
  }

  refused(token: string): void {
    if (this.#token?.value === token) {
      this.#token = undefined;
    }
  }

  #begin(): Fetch {
    const stop = new AbortController();
    return { result: this.#fetch(stop.signal), stop, waiting: 0 };
  }

  /** Nobody waits for it any more: it has come, or all were cancelled. */
  #end(fetching: Fetch): void {
    if (this.#fetching === fetching) {
      this.#fetching = undefined;
    }
    fetching.stop.abort();
  }

  async #fetch(stop: AbortSignal): Promise<Token> {
    const late = AbortSignal.timeout(patience);
    try {
      this.#token = await this.fetch(AbortSignal.any([stop, late]));
      return this.#token;
    } catch (error) {
      throw late.aborted
        ? new GoogleError(`No token was given in ${patience / 1000} s`, { code: 'UNAVAILABLE', cause: error })
        : error;
    }
  }
}

function raced<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new CancelledError());
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
