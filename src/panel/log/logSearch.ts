import { Worker } from 'node:worker_threads';
import type { SearchQuery } from '../../protocol/logLine';
import type { SearchBatch } from './fileSearch';
import type { SearchAnswer, SearchOrder } from './searchWorker';

export interface SearchSink {
  batch(batch: SearchBatch): void;
  failed(message: string): void;
}

/** A pattern that needs longer than this for one megabyte, or one line of it, is stopped. Milliseconds. */
const defaultBudget = 3_000;

/**
 * One search of one file in a thread of its own: a pattern that explodes cannot hold up anybody, and ends
 * with the thread.
 */
export class LogSearch {
  readonly #sink: SearchSink;
  readonly #budget: number;
  readonly #worker: Worker;
  #watchdog: NodeJS.Timeout | undefined;
  #searching = false;
  #wanted = 0;
  #asked = 0;
  #line = 0;
  #over = false;

  constructor(workerPath: string, path: string, query: SearchQuery, sink: SearchSink, budget = defaultBudget) {
    this.#sink = sink;
    this.#budget = budget;
    const order: SearchOrder = { path, query };
    this.#worker = new Worker(workerPath, {
      workerData: order,
      resourceLimits: { maxOldGenerationSizeMb: 128 },
      stdout: false,
      execArgv: [],
    });
    this.#worker.unref();
    this.#worker.on('message', (answer: SearchAnswer) => this.#answer(answer));
    this.#worker.on('error', (error: Error) => this.#fail(`The search failed: ${error.message}`));
  }

  /** Searches what there is up to byte `size`: called first, and as the file grows. */
  extend(size: number): void {
    if (size <= this.#wanted || this.#over) {
      return;
    }
    this.#wanted = size;
    if (!this.#searching) {
      this.#next();
    }
  }

  dispose(): void {
    this.#over = true;
    clearTimeout(this.#watchdog);
    void this.#worker.terminate();
  }

  #next(): void {
    this.#searching = true;
    this.#asked = this.#wanted;
    this.#watch();
    this.#worker.postMessage(this.#asked);
  }

  #watch(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      const near = (this.#line + 1).toLocaleString('en');
      this.#fail(
        `The pattern takes too long on the lines from ${near} on. Make it simpler, for example without nested repeats.`,
      );
    }, this.#budget);
  }

  #answer(answer: SearchAnswer): void {
    if (this.#over) {
      return;
    }
    if (answer.kind === 'failed') {
      this.#fail(`The search failed: ${answer.message}`);
      return;
    }
    this.#line = answer.batch.line;
    this.#watch();
    if (answer.batch.done) {
      clearTimeout(this.#watchdog);
      this.#searching = false;
      if (answer.batch.capped) {
        this.dispose();
      } else if (this.#wanted > this.#asked) {
        this.#next();
      }
    }
    this.#sink.batch(answer.batch);
  }

  #fail(message: string): void {
    if (!this.#over) {
      this.dispose();
      this.#sink.failed(message);
    }
  }
}
