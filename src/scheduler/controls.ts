import type { WorkerRange } from '../core/cluster';
import { isCancelled, UserError } from '../core/errors';
import { asRecord, recordField, stringField, textsOf, type JsonRecord } from '../core/jsonValue';
import { HttpJson } from './httpJson';

const limitMilliseconds = 60_000;

/** Of a gateway before the cluster. */
type Headers = Readonly<Record<string, string>>;

/** The routes that the cluster process of our own adds to its scheduler; see docs/architecture.md. */
export class ClusterControls {
  readonly #http = new HttpJson();

  /** Resolves once the cluster aims at that many workers. Throws UserErrors `clusterUnreachable`, `clusterRefused`. */
  async scale(httpUrl: string, workers: WorkerRange, signal: AbortSignal, headers?: Headers): Promise<void> {
    await this.#post(httpUrl, 'scale', workers, signal, headers);
  }

  /** Resolves when the workers have been restarted. Throws as {@link scale}. */
  async restart(httpUrl: string, signal: AbortSignal, headers?: Headers): Promise<void> {
    await this.#post(httpUrl, 'restart', {}, signal, headers);
  }

  /** Resolves once closing has begun. Throws as {@link scale}. */
  async shutdown(httpUrl: string, reason: string, signal: AbortSignal): Promise<void> {
    await this.#post(httpUrl, 'shutdown', { reason }, signal);
  }

  /** What the scheduler and its workers keep of their logs, by `scheduler` and `worker-NAME`. Throws as {@link scale}. */
  async logs(httpUrl: string, signal: AbortSignal, headers?: Headers): Promise<Record<string, string>> {
    return textsOf(recordField(await this.#send('GET', httpUrl, 'logs', undefined, signal, headers), 'logs'));
  }

  dispose(): void {
    this.#http.dispose();
  }

  async #post(httpUrl: string, route: string, body: unknown, signal: AbortSignal, headers?: Headers): Promise<void> {
    await this.#send('POST', httpUrl, route, body, signal, headers);
  }

  async #send(
    method: 'GET' | 'POST',
    httpUrl: string,
    route: string,
    body: unknown,
    signal: AbortSignal,
    headers: Headers = {},
  ): Promise<JsonRecord | undefined> {
    let answer;
    try {
      answer = await this.#http.send(method, `${httpUrl}/dask-runner/${route}`, {
        body,
        limitMilliseconds,
        signal,
        headers,
      });
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      throw new UserError({
        code: 'clusterUnreachable',
        what: 'The cluster does not answer.',
        next: 'Look into its log, or shut it down.',
        cause: error,
      });
    }
    if (answer.status < 200 || answer.status > 299) {
      throw new UserError({
        code: 'clusterRefused',
        what: 'The cluster could not do that.',
        why: stringField(asRecord(answer.body), 'error') ?? `It answered with HTTP status ${answer.status}.`,
        next: 'Look into its log.',
      });
    }
    return asRecord(answer.body);
  }
}
