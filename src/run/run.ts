import type { ErrorRecord } from '../core/errors';
import type { Event } from '../core/event';
import { Emitter } from '../core/event';
import type { RunRecord, RunState } from '../core/run';
import { Settlement } from './settlement';

export interface RunResult {
  state: 'succeeded' | 'failed' | 'cancelled';
  /** 0 to 255; undefined when a signal ended it, and when it never began. */
  exitCode: number | undefined;
  /** From the start of the script to its end; 0 when it never began. */
  durationMs: number;
  error?: ErrorRecord;
}

/** One run, as the exported API hands it out. */
export interface Run {
  readonly id: string;
  readonly state: RunState;
  readonly clusterId: string | undefined;
  /** Everything that is known now: replaced at each change, never changed itself. */
  readonly record: RunRecord;
  readonly onDidChange: Event<void>;
  /** The output as text, from its first byte to the end of the run. Characters are never split. */
  output(signal?: AbortSignal): AsyncIterable<string>;
  /** Resolves at `succeeded`, `failed` or `cancelled`; never rejects. */
  readonly completed: Promise<RunResult>;
  /** Resolves when the cluster is released as well. */
  readonly ended: Promise<RunRecord>;
  /** Resolves when the cancel is on its way: see `completed` for the end. Nothing happens to a run that is over. */
  cancel(): Promise<void>;
}

/** What a {@link Run} asks of the service that holds it. */
export interface RunHolder {
  output(run: TrackedRun, signal: AbortSignal): AsyncIterable<string>;
  cancel(run: TrackedRun): Promise<void>;
}

/** A run that is followed in this window. */
export class TrackedRun implements Run {
  readonly #holder: RunHolder;
  readonly #emitter = new Emitter<void>();
  readonly #completed = new Settlement<RunResult>();
  readonly #ended = new Settlement<RunRecord>();
  #record: RunRecord;

  constructor(record: RunRecord, holder: RunHolder) {
    this.#record = record;
    this.#holder = holder;
    this.#settle();
  }

  readonly onDidChange = this.#emitter.event;

  get id(): string {
    return this.#record.id;
  }

  get state(): RunState {
    return this.#record.state;
  }

  get clusterId(): string | undefined {
    return this.#record.cluster?.id;
  }

  get record(): RunRecord {
    return this.#record;
  }

  get completed(): Promise<RunResult> {
    return this.#completed.promise;
  }

  get ended(): Promise<RunRecord> {
    return this.#ended.promise;
  }

  output(signal: AbortSignal = new AbortController().signal): AsyncIterable<string> {
    return this.#holder.output(this, signal);
  }

  cancel(): Promise<void> {
    return this.#record.endedAt === undefined ? this.#holder.cancel(this) : Promise.resolve();
  }

  /** True when that changed anything. */
  replace(record: RunRecord): boolean {
    if (JSON.stringify(record) === JSON.stringify(this.#record)) {
      return false;
    }
    this.#record = record;
    this.#settle();
    this.#emitter.fire();
    return true;
  }

  #settle(): void {
    const result = runResult(this.#record);
    if (result) {
      this.#completed.resolve(result);
      if (this.#record.released) {
        this.#ended.resolve(this.#record);
      }
    }
  }
}

function runResult(record: RunRecord): RunResult | undefined {
  const { state, startedAt, endedAt, exitCode, error } = record;
  if (state !== 'succeeded' && state !== 'failed' && state !== 'cancelled') {
    return undefined;
  }
  return {
    state,
    exitCode,
    durationMs: startedAt === undefined || endedAt === undefined ? 0 : Math.max(0, endedAt - startedAt),
    ...(error ? { error } : {}),
  };
}
