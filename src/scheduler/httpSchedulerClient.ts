import type { SchedulerEndpoint, SchedulerSnapshot, WorkerInfo, WorkerSupply } from '../core/cluster';
import { isCancelled, schedulerNotRunning, UserError } from '../core/errors';
import type { Disposable } from '../core/event';
import { asRecord, numberField, recordField, type JsonRecord } from '../core/jsonValue';
import type { SchedulerClient } from '../core/ports';
import { HttpJson, type HttpAnswer } from './httpJson';
import { plotTitles } from './plotTitles';
import { hasGpu, workersInIdentity } from './workerIdentity';
import { Trust } from './trust';
import { workerSupply } from './workerSupply';
import { workersInTable } from './workerTable';

const limitMilliseconds = 5000;
/** Ends of workers are asked for no more often. Milliseconds. */
const supplyMilliseconds = 3000;

/** Where a scheduler tells of its workers: Dask's own route, then that of clusters of ours. */
const identityRoutes = ['json/identity.json', 'dask-runner/workers'] as const;

/** Asks schedulers over their HTTP side: the JSON routes that every Dask scheduler has. */
export class HttpSchedulerClient implements SchedulerClient, Disposable {
  readonly #http = new HttpJson();
  readonly #trust = new Trust();
  /**
   * How many of the routes have failed, by scheduler: Dask 2026.8 cannot write the metrics of running tasks as JSON, and
   * schedulers of others have no route of ours.
   */
  readonly #failedRoutes = new Map<string, number>();
  /** What was told last of workers that wait or have ended, and when. */
  readonly #supplies = new Map<string, { at: number; supply: WorkerSupply | undefined }>();

  async snapshot(endpoint: SchedulerEndpoint, signal: AbortSignal): Promise<SchedulerSnapshot> {
    const [counts, identity, supply] = await Promise.all([
      this.#get(endpoint, 'json/counts.json', signal),
      this.#identity(endpoint, signal),
      endpoint.containers === true ? this.#supply(endpoint, signal) : undefined,
    ]);
    const record = asRecord(counts.body);
    if (endpoint.containers === true && counts.status >= 500) {
      throw notRunning();
    }
    if (counts.status !== 200 || record === undefined) {
      throw noScheduler(endpoint, new Error(`It is not a scheduler's: HTTP status ${counts.status}`));
    }
    const count = (key: string): number => numberField(record, key) ?? 0;
    const started = numberField(identity, 'started');
    const desired = numberField(record, 'desired_workers');
    return {
      workers: identity === undefined ? await this.#table(endpoint, signal) : workersInIdentity(identity),
      desiredWorkers: desired,
      tasks: {
        total: count('tasks'),
        processing: count('processing'),
        memory: count('memory'),
        waiting: count('waiting'),
        erred: count('erred'),
      },
      // One of them is the scheduler's own, for tasks that nobody waits for.
      clients: Math.max(0, count('clients') - 1),
      startedAt: started === undefined ? 0 : started * 1000,
      ...(supply === undefined ? {} : { supply }),
    };
  }

  async plots(endpoint: SchedulerEndpoint, signal: AbortSignal): Promise<readonly { path: string; title: string }[]> {
    const [plots, identity] = await Promise.all([
      this.#get(endpoint, 'individual-plots.json', signal),
      this.#identity(endpoint, signal),
    ]);
    const record = asRecord(plots.body);
    if (plots.status !== 200 || record === undefined) {
      // Without bokeh there are no plots, and the route is not there.
      return [];
    }
    return plotTitles(record, identity !== undefined && hasGpu(identity));
  }

  dispose(): void {
    this.#http.dispose();
  }

  /** Undefined where no route tells of the workers. */
  async #identity(endpoint: SchedulerEndpoint, signal: AbortSignal): Promise<JsonRecord | undefined> {
    const key = endpoint.httpUrl ?? endpoint.address;
    for (const route of identityRoutes.slice(this.#failedRoutes.get(key) ?? 0)) {
      const answer = await this.#get(endpoint, route, signal);
      const record = asRecord(answer.body);
      if (answer.status === 200 && recordField(record, 'workers') !== undefined) {
        return record;
      }
      // What a gateway says says nothing of the scheduler.
      if (answer.status > 500) {
        return undefined;
      }
      this.#failedRoutes.set(key, identityRoutes.indexOf(route) + 1);
    }
    return undefined;
  }

  /** Undefined where the cluster's process has no such route. */
  async #supply(endpoint: SchedulerEndpoint, signal: AbortSignal): Promise<WorkerSupply | undefined> {
    const key = endpoint.httpUrl ?? endpoint.address;
    const known = this.#supplies.get(key);
    if (known !== undefined && Date.now() - known.at < supplyMilliseconds) {
      return known.supply;
    }
    const answer = await this.#get(endpoint, 'dask-runner/state', signal);
    const record = asRecord(answer.body);
    const supply = answer.status === 200 && record !== undefined ? workerSupply(record) : undefined;
    this.#supplies.set(key, { at: Date.now(), supply });
    return supply;
  }

  async #table(endpoint: SchedulerEndpoint, signal: AbortSignal): Promise<WorkerInfo[]> {
    const answer = await this.#get(endpoint, 'info/main/workers.html', signal);
    return answer.status === 200 ? workersInTable(answer.text, Date.now()) : [];
  }

  async #get(endpoint: SchedulerEndpoint, path: string, signal: AbortSignal): Promise<HttpAnswer> {
    if (endpoint.httpUrl === undefined) {
      throw noScheduler(endpoint);
    }
    try {
      const [headers, secureContext] = await Promise.all([
        endpoint.headers?.() ?? {},
        this.#trust.context(endpoint.httpUrl, endpoint.tls),
      ]);
      const options = { headers, secureContext, limitMilliseconds, signal };
      return await this.#http.send('GET', `${endpoint.httpUrl}/${path}`, options);
    } catch (error) {
      throw isCancelled(error) ? error : noScheduler(endpoint, error);
    }
  }
}

/** A gateway answers, and nothing behind it: the scheduler ends with its application when it has been idle. */
function notRunning(): UserError {
  return new UserError({
    code: schedulerNotRunning,
    what: 'Dask is not running on this cluster.',
    why: 'It ends when it has had nothing to do for the idle time.',
    next: 'The next run starts it again.',
  });
}

function noScheduler(endpoint: SchedulerEndpoint, cause?: unknown): UserError {
  return new UserError({
    code: 'schedulerUnreachable',
    what: `The scheduler at ${endpoint.address} does not answer.`,
    ...(endpoint.httpUrl === undefined ? { why: 'It has no HTTP side that is known.' } : {}),
    next: 'Check that it runs and that this machine can reach it.',
    cause,
  });
}
