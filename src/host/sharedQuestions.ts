import { CancelledError } from '../core/errors';

interface Question<T> {
  answer: Promise<T>;
  waiting: number;
  withdraw: AbortController;
}

/** Questions that several may have at the same time: each is asked once, and withdrawn when nobody waits any more. */
export class SharedQuestions<T> {
  readonly #open = new Map<string, Question<T>>();

  /** Throws CancelledError when this one's signal is aborted; the others go on waiting. */
  async ask(key: string, signal: AbortSignal, put: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (signal.aborted) {
      throw new CancelledError();
    }
    const question = this.#open.get(key) ?? this.#put(key, put);
    question.waiting++;
    let leave: (() => void) | undefined;
    const left = new Promise<never>((_resolve, reject) => {
      leave = () => reject(new CancelledError());
      signal.addEventListener('abort', leave, { once: true });
    });
    try {
      return await Promise.race([question.answer, left]);
    } finally {
      if (leave) {
        signal.removeEventListener('abort', leave);
      }
      question.waiting--;
      if (question.waiting === 0) {
        this.#close(key, question);
        question.withdraw.abort();
      }
    }
  }

  #put(key: string, put: (signal: AbortSignal) => Promise<T>): Question<T> {
    const withdraw = new AbortController();
    const question = { answer: put(withdraw.signal), waiting: 0, withdraw };
    this.#open.set(key, question);
    // Whoever comes after the answer asks anew.
    const close = (): void => this.#close(key, question);
    question.answer.then(close, close);
    return question;
  }

  #close(key: string, question: Question<T>): void {
    if (this.#open.get(key) === question) {
      this.#open.delete(key);
    }
  }
}
