import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { CancelledError } from '../../core/errors';
import type { Logger } from '../../core/ports';
import type { Access } from '../access/access';
import { quotaProjectMissing } from '../access/signInErrors';
import { GoogleError } from './googleApi';
import { networkFailure, wasLost } from './networkFailure';
import { serviceFailure } from './serviceFailure';

/** A connection on which nothing moves for so long is given up. Milliseconds. */
const silence = 60_000;
/** A question is given up sooner, and asked again: views and runs wait for the answer. Milliseconds. */
const questionSilence = 20_000;
/** Before the second and the third try. Milliseconds. */
const pauses = [250, 1_000];

export interface HttpRequest {
  method: string;
  url: string;
  headers?: Readonly<Record<string, string>>;
  /** A function is asked once for each try. */
  body?: Uint8Array | string | (() => Readable);
  /** Statuses that are answers, beside 2xx. */
  accept?: readonly number[];
  /**
   * How often it may be made in all. 3 for what does no harm when it is done twice; 1 for what does, and for what its
   * caller makes again by itself.
   */
  tries: 1 | 3;
  signal: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

/**
 * All calls of Google go through here, also those of Google's own clients (`callContext.ts`).
 *
 * Calls are made by `http.request` and `https.request` without an agent: this is what VS Code's extension host patches
 * in place (`createPatchedModules` in its `proxyResolver.ts`, read in its source; `require('node:https')` is that same
 * object), so that `http.proxy`, `http.noProxy`, `http.proxySupport`, `http.systemCertificates` and proxies that want a
 * sign-in hold. With an agent of one's own, `http.proxySupport: on` and `fallback` would not; Google's clients bring
 * such agents, and read `HTTPS_PROXY` by themselves.
 *
 * What is made again: a call with `tries: 3`, when its connection broke off or its status is 500, 502, 503 or 504; and
 * any call once with another token when its status is 401. Nothing else: 429 is for whoever asks too often.
 */
export class Transport {
  constructor(
    private readonly access: Access,
    private readonly log: Logger,
  ) {}

  token(signal: AbortSignal): Promise<string> {
    return this.access.token(signal);
  }

  /** Resolves with the whole answer. Rejects with a GoogleError, a UserError of the access, or a CancelledError. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    return this.#tries(request, async () => {
      const { response, token } = await this.#once(request);
      const body = await read(response, request);
      return this.#judge(request, { status: response.statusCode ?? 0, headers: response.headers, body }, token);
    });
  }

  async json(request: HttpRequest): Promise<Readonly<Record<string, unknown>>> {
    const { body } = await this.send({ ...request, headers: { Accept: 'application/json', ...request.headers } });
    try {
      return (body.length === 0 ? {} : JSON.parse(body.toString('utf8'))) as Record<string, unknown>;
    } catch (error) {
      // Somebody on the way: a proxy, or a network that wants a sign-in.
      throw new GoogleError(`${new URL(request.url).host} was answered for by something else`, { cause: error });
    }
  }

  /** The answer as it comes; nothing for an accepted status that is not 2xx. */
  async *stream(request: HttpRequest): AsyncGenerator<Uint8Array> {
    const response = await this.#tries(request, async () => {
      const { response: begun, token } = await this.#once(request);
      const status = begun.statusCode ?? 0;
      if (status >= 200 && status < 300) {
        return begun;
      }
      this.#judge(request, { status, headers: begun.headers, body: await read(begun, request) }, token);
      return undefined;
    });
    if (response === undefined) {
      return;
    }
    try {
      for await (const bytes of response) {
        yield bytes as Uint8Array;
      }
    } catch (error) {
      throw failure(request, error);
    } finally {
      response.destroy();
    }
  }

  async #tries<T>(request: HttpRequest, once: () => Promise<T>): Promise<T> {
    let renewed = false;
    for (let failures = 0; ;) {
      try {
        return await once();
      } catch (error) {
        if (error instanceof Refused && !renewed) {
          renewed = true;
          this.access.refused(error.token);
          continue;
        }
        const told = error instanceof Refused ? error.failure : error;
        if (told instanceof CancelledError) {
          throw told;
        }
        const text = `${request.method} ${placeOf(request)}: ${told instanceof Error ? told.message : String(told)}`;
        // What is looked for may not be there: that is an answer.
        const expected = request.method === 'GET' && told instanceof GoogleError && told.status === 404;
        this.log[expected ? 'info' : 'warn'](text);
        if (error instanceof Refused) {
          throw this.access.unaccepted?.(error.failure) ?? error.failure;
        }
        if (failures >= request.tries - 1 || !passes(told)) {
          throw told;
        }
        await wait(pauses[failures] ?? 0, request.signal);
        failures += 1;
      }
    }
  }

  async #once(request: HttpRequest): Promise<{ response: IncomingMessage; token: string }> {
    throwIfCancelled(request.signal);
    const token = await this.access.token(request.signal);
    throwIfCancelled(request.signal);
    const payer = this.access.quotaProject;
    const headers = {
      ...request.headers,
      Authorization: `Bearer ${token}`,
      ...(payer === undefined ? {} : { 'X-Goog-User-Project': payer }),
    };
    return { response: await begin(request, headers), token };
  }

  #judge(request: HttpRequest, answer: HttpAnswer, token: string): HttpAnswer {
    const { status, body } = answer;
    if ((status >= 200 && status < 300) || request.accept?.includes(status) === true) {
      return answer;
    }
    // Whatever a service or a proxy repeats of what it was sent.
    const failed = serviceFailure(status, body.toString('utf8').replaceAll(token, '(token)'));
    if (status === 403 && /requires a quota project/i.test(failed.message)) {
      throw quotaProjectMissing(/\/projects\/([^/]+)/.exec(request.url)?.[1] ?? 'PROJECT', failed);
    }
    throw status === 401 ? new Refused(failed, token) : failed;
  }
}

/** The token was not taken. */
class Refused extends Error {
  constructor(
    readonly failure: Error,
    readonly token: string,
  ) {
    super(failure.message);
  }
}

/** Makes a request as it is, without a token of ours. Resolves with the head of the answer. */
export async function begin(
  request: Pick<HttpRequest, 'method' | 'url' | 'body' | 'signal'>,
  headers: Readonly<Record<string, string>>,
): Promise<IncomingMessage> {
  const { method, url, body, signal } = request;
  const scheme = url.startsWith('https:') ? https : http;
  let outgoing: http.ClientRequest | undefined;
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const length = body === undefined || typeof body === 'function' ? {} : { 'Content-Length': lengthOf(body) };
      const sending = scheme.request(url, { method, headers: { ...length, ...headers }, signal });
      outgoing = sending;
      sending.on('response', resolve).on('error', reject);
      const patience = method === 'GET' ? questionSilence : silence;
      sending.setTimeout(patience, () =>
        sending.destroy(Object.assign(new Error(`no answer in ${patience / 1000} s`), { code: 'ETIMEDOUT' })),
      );
      if (typeof body === 'function') {
        // The answer may come before all is sent, and says then why it is not wanted.
        pipeline(body(), sending).catch(reject);
      } else {
        sending.end(body);
      }
    });
  } catch (error) {
    outgoing?.destroy();
    throw failure(request, error);
  }
}

async function read(response: IncomingMessage, request: HttpRequest): Promise<Buffer> {
  try {
    const parts: Buffer[] = [];
    for await (const part of response) {
      parts.push(part as Buffer);
    }
    return Buffer.concat(parts);
  } catch (error) {
    throw failure(request, error);
  }
}

function failure({ url, signal }: Pick<HttpRequest, 'url' | 'signal'>, error: unknown): Error {
  return signal.aborted ? new CancelledError() : networkFailure(new URL(url).host, error);
}

function passes(error: unknown): boolean {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return wasLost(error) || (typeof status === 'number' && [500, 502, 503, 504].includes(status));
}

/** Without the query, which may hold the secret of an upload. */
function placeOf({ url }: HttpRequest): string {
  const { host, pathname } = new URL(url);
  return host + pathname;
}

function lengthOf(body: Uint8Array | string): string {
  return String(typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength);
}

/** Up to a quarter longer, so that many do not come back at once. */
async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  await pause(milliseconds * (1 + Math.random() / 4), undefined, { signal }).catch(() => {
    throw new CancelledError();
  });
}

export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) {
    throw new CancelledError();
  }
}
