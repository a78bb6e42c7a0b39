import { mkdirSync, watch, type FSWatcher } from 'node:fs';
import { isCancelled } from '../core/errors';
import { Emitter, type Disposable, type Event } from '../core/event';
import type { SchedulerEndpoint } from '../core/cluster';
import type { SchedulerClient } from '../core/ports';
import type { Attached, AttachedStore } from './attachedStore';
import type { SchedulerCommands } from './schedulerCommands';

/** Between two looks at a scheduler that answers over HTTP. */
const usualMilliseconds = 5000;
/** Asking by Python starts a process: it is done less often. */
const processMilliseconds = 30_000;
const longestMilliseconds = 60_000;
const answerMilliseconds = 5000;
const probeMilliseconds = 30_000;

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
    const answer = await this.#answers(attached, signal);
    this.note(attached, answer !== 'none', answer === 'protocol');
    return answer !== 'none';
  }

  /** Something else has found out. `byProcess`: only a process of its own gets an answer. */
  note(attached: Attached, reachable: boolean, byProcess = attached.httpUrl === undefined): void {
    const before = this.#known.get(attached.id);
    const failures = reachable ? 0 : (before?.failures ?? 0) + 1;
    const usual = byProcess || attached.httpUrl === undefined ? processMilliseconds : usualMilliseconds;
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

  /** A dashboard that is closed says nothing of the scheduler: Dask's own protocol does. */
  async #answers(attached: Attached, signal: AbortSignal): Promise<'http' | 'protocol' | 'none'> {
    const endpoint = endpointOf(attached);
    const snapshot = (limit: AbortSignal): Promise<unknown> => this.#client.snapshot(endpoint, limit);
    if (endpoint.httpUrl !== undefined && (await succeeds(snapshot, answerMilliseconds, signal))) {
      return 'http';
    }
    const probe = (limit: AbortSignal): Promise<unknown> => this.#commands.probe(attached, limit);
    return (await succeeds(probe, probeMilliseconds, signal)) ? 'protocol' : 'none';
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

/** How an attached scheduler is reached. */
export function endpointOf(
  attached: Pick<Attached, 'address' | 'httpUrl' | 'dashboard' | 'dashboardProblem' | 'tls'>,
): SchedulerEndpoint {
  const { address, httpUrl, dashboard, dashboardProblem, tls } = attached;
  return {
    address,
    httpUrl,
    dashboard,
    ...(dashboardProblem === undefined ? {} : { dashboardProblem }),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** Throws where `signal` ended it; every other failure is a no. */
async function succeeds(
  ask: (limit: AbortSignal) => Promise<unknown>,
  milliseconds: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await ask(AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]));
    return true;
  } catch (error) {
    if (isCancelled(error) && signal.aborted) {
      throw error;
    }
    return false;
  }
}
