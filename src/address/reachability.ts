import { mkdirSync, watch, type FSWatcher } from 'node:fs';
import { isCancelled } from '../core/errors';
import { Emitter, type Disposable, type Event } from '../core/event';
import type { SchedulerClient } from '../core/ports';
import type { Attached, AttachedStore } from './attachedStore';
import type { SchedulerCommands } from './schedulerCommands';

/** Between two looks at a scheduler that answers over HTTP. */
const usualMilliseconds = 5000;
/** Asking by Python starts a process: it is done less often. */
const processMilliseconds = 30_000;
const longestMilliseconds = 60_000;
const answerMilliseconds = 5000;

interface Known {
  reachable: boolean;
  /** Failures in a row. */
  failures: number;
  /** Milliseconds since 1970. */
  nextLook: number;
}

/** Whether attached schedulers answer. Looks again and again only while somebody listens, ever less often on failure. */
export class Reachability implements Disposable {
  readonly #emitter = new Emitter<void>();
  readonly #store: AttachedStore;
  readonly #client: SchedulerClient;
  readonly #commands: SchedulerCommands;
  readonly #known = new Map<string, Known>();
  #timer: NodeJS.Timeout | undefined;
  #watcher: FSWatcher | undefined;
  #stop = new AbortController();

  constructor(store: AttachedStore, client: SchedulerClient, commands: SchedulerCommands) {
    this.#store = store;
    this.#client = client;
    this.#commands = commands;
  }

  readonly event: Event<void> = (listener) => {
    const first = !this.#emitter.observed;
    const subscription = this.#emitter.event(listener);
    if (first) {
      this.#start();
    }
    return {
      dispose: () => {
        subscription.dispose();
        if (!this.#emitter.observed) {
          this.#end();
        }
      },
    };
  };

  /** As far as it is known; asked now when it is not. */
  async isReachable(attached: Attached, signal: AbortSignal): Promise<boolean> {
    const known = this.#known.get(attached.id);
    return known !== undefined && Date.now() < known.nextLook ? known.reachable : this.look(attached, signal);
  }

  /** Asks now. */
  async look(attached: Attached, signal: AbortSignal): Promise<boolean> {
    const reachable = await this.#answers(attached, signal);
    this.note(attached, reachable);
    return reachable;
  }

  /** Something else has found out. */
  note(attached: Attached, reachable: boolean): void {
    const before = this.#known.get(attached.id);
    const failures = reachable ? 0 : (before?.failures ?? 0) + 1;
    const usual = attached.httpUrl === undefined ? processMilliseconds : usualMilliseconds;
    const wait = Math.min(usual * 2 ** Math.max(0, failures - 1), longestMilliseconds);
    this.#known.set(attached.id, { reachable, failures, nextLook: Date.now() + wait });
    if (before?.reachable !== reachable) {
      this.fire();
    }
  }

  fire(): void {
    this.#emitter.fire();
  }

  dispose(): void {
    this.#emitter.dispose();
    this.#end();
  }

  async #answers(attached: Attached, signal: AbortSignal): Promise<boolean> {
    const limit = AbortSignal.any([
      signal,
      AbortSignal.timeout(attached.httpUrl === undefined ? 30_000 : answerMilliseconds),
    ]);
    try {
      if (attached.httpUrl === undefined) {
        await this.#commands.probe(attached, limit);
      } else {
        const { address, httpUrl, dashboard } = attached;
        await this.#client.snapshot({ address, httpUrl, dashboard }, limit);
      }
      return true;
    } catch (error) {
      if (isCancelled(error) && signal.aborted) {
        throw error;
      }
      return false;
    }
  }

  #start(): void {
    this.#stop = new AbortController();
    try {
      mkdirSync(this.#store.folder, { recursive: true, mode: 0o700 });
      // Another window attaches and detaches in the same folder.
      this.#watcher = watch(this.#store.folder, (_event, name) => {
        if (name?.endsWith('.json') === true) {
          this.fire();
          this.#schedule();
        }
      });
      this.#watcher.on('error', () => undefined);
    } catch {
      this.#watcher = undefined;
    }
    this.#schedule();
  }

  #end(): void {
    this.#stop.abort();
    this.#watcher?.close();
    this.#watcher = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** One timer for all, and none when nothing is attached. */
  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { signal } = this.#stop;
    void this.#store
      .all()
      .then((all) => {
        if (signal.aborted || all.length === 0) {
          return;
        }
        const due = Math.min(...all.map(({ id }) => this.#known.get(id)?.nextLook ?? 0));
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => void this.#round(signal), Math.max(0, due - Date.now()));
      })
      .catch(() => undefined);
  }

  async #round(signal: AbortSignal): Promise<void> {
    const all = await this.#store.all().catch(() => []);
    const due = all.filter(({ id }) => (this.#known.get(id)?.nextLook ?? 0) <= Date.now());
    await Promise.all(due.map((attached) => this.look(attached, signal).catch(() => false)));
    if (!signal.aborted) {
      this.#schedule();
    }
  }
}
