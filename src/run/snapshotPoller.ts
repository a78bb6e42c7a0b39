import type { ClusterRef, SchedulerSnapshot } from '../core/cluster';
import { schedulerNotRunning, UserError } from '../core/errors';
import { abortable } from '../machine/wait';

/** What a scheduler says, or why it says nothing: `asleep` where a run would start it. */
export type SnapshotAnswer = { snapshot: SchedulerSnapshot } | { problem: string; asleep: boolean };

export interface SnapshotSource {
  ask(ref: ClusterRef, signal: AbortSignal): Promise<SchedulerSnapshot>;
  answered(ref: ClusterRef, answer: SnapshotAnswer): void;
}

interface Watched {
  ref: ClusterRef;
  /** Milliseconds since 1970. */
  due: number;
  failures: number;
  asking: boolean;
}

/** A question that has no answer by then counts as failed, whatever it hangs on, and is asked again. Milliseconds. */
const usualPatience = 15_000;

/** Schedulers asked at the same time: many clusters are asked more seldom, not all at once. */
const inParallel = 8;

/** Asks schedulers again and again, and those that fail less and less often. One timer for all; none when stopped. */
export class SnapshotPoller {
  readonly #source: SnapshotSource;
  readonly #interval: number;
  readonly #maximum: number;
  readonly #patience: number;
  #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #asking = 0;
  #abort = new AbortController();

  /** @param patience milliseconds that an answer may take */
  constructor(source: SnapshotSource, interval: number, maximum: number, patience = usualPatience) {
    this.#source = source;
    this.#interval = interval;
    this.#maximum = maximum;
    this.#patience = patience;
  }

  /** From now on exactly these are asked; those that are new at once. */
  watch(refs: readonly ClusterRef[]): void {
    const before = this.#watched;
    this.#watched = new Map(
      refs.map((ref) => {
        const key = `${ref.backend}/${ref.id}`;
        return [
          key,
          before.get(key) ?? { ref: { backend: ref.backend, id: ref.id }, due: 0, failures: 0, asking: false },
        ];
      }),
    );
    this.#schedule();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#watched.clear();
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#asking >= inParallel) {
      return;
    }
    const dues = [...this.#watched.values()].filter(({ asking }) => !asking).map(({ due }) => due);
    if (dues.length > 0) {
      const next = dues.reduce((least, due) => Math.min(least, due));
      this.#timer = setTimeout(() => this.#askDue(), Math.max(0, next - Date.now()));
    }
  }

  #askDue(): void {
    const now = Date.now();
    const due = [...this.#watched.values()]
      .filter((one) => !one.asking && one.due <= now)
      .sort((a, b) => a.due - b.due);
    for (const one of due.slice(0, inParallel - this.#asking)) {
      void this.#ask(one, this.#abort.signal);
    }
    this.#schedule();
  }

  async #inTime(ref: ClusterRef, signal: AbortSignal): Promise<SchedulerSnapshot> {
    const late = AbortSignal.timeout(this.#patience);
    const limit = AbortSignal.any([signal, late]);
    try {
      return await abortable(this.#source.ask(ref, limit), limit);
    } catch (error) {
      throw late.aborted ? new Error(`No answer came in ${this.#patience / 1000} s.`, { cause: error }) : error;
    }
  }

  async #ask(one: Watched, signal: AbortSignal): Promise<void> {
    one.asking = true;
    this.#asking++;
    let answer: SnapshotAnswer;
    try {
      answer = { snapshot: await this.#inTime(one.ref, signal) };
      one.failures = 0;
    } catch (error) {
      const asleep = error instanceof UserError && error.code === schedulerNotRunning;
      answer = { problem: error instanceof Error ? error.message : String(error), asleep };
      one.failures++;
    }
    this.#asking--;
    one.asking = false;
    one.due = Date.now() + Math.min(this.#interval * 2 ** one.failures, this.#maximum);
    if (!signal.aborted) {
      this.#source.answered(one.ref, answer);
    }
    // Also after an abort: one that waits for its turn since then has no other timer.
    this.#schedule();
  }
}
