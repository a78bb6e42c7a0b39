import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { SecureContext } from 'node:tls';
import { CancelledError } from '../core/errors';

export interface HttpAnswer {
  status: number;
  /** Parsed JSON; undefined when the body is something else. */
  body: unknown;
  text: string;
}

export interface HttpOptions {
  body?: unknown;
  headers?: Record<string, string>;
  /** Of an HTTPS server that the usual authorities do not vouch for. */
  secureContext?: SecureContext | undefined;
  limitMilliseconds: number;
  signal: AbortSignal;
}

const maximumBytes = 64 * 1024 * 1024;

const agentOptions = { keepAlive: true, maxSockets: 8 };

/** Sends JSON requests over connections that are kept open between them. */
export class HttpJson {
  readonly #http = new HttpAgent(agentOptions);
  readonly #https = new HttpsAgent(agentOptions);
  readonly #private = new Map<SecureContext, HttpsAgent>();

  /** Rejects with Node's own error when there is no answer within the limit, with CancelledError on abort. */
  send(method: 'GET' | 'POST', url: string, options: HttpOptions): Promise<HttpAnswer> {
    const payload = options.body === undefined ? undefined : JSON.stringify(options.body);
    const limit = AbortSignal.timeout(options.limitMilliseconds);
    const secure = url.startsWith('https:');
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        const timedOut = limit.aborted ? new Error(`No answer within ${options.limitMilliseconds} ms`) : error;
        reject(options.signal.aborted ? new CancelledError() : (timedOut as Error));
      };
      const request = (secure ? httpsRequest : httpRequest)(
        url,
        {
          method,
          agent: secure ? this.#secure(options.secureContext) : this.#http,
          ...(options.secureContext === undefined ? {} : { secureContext: options.secureContext }),
          signal: AbortSignal.any([options.signal, limit]),
          headers: {
            accept: 'application/json',
            ...(payload === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
            ...options.headers,
          },
        },
        (response) => {
          const parts: Buffer[] = [];
          let length = 0;
          response.on('data', (part: Buffer) => {
            length += part.length;
            if (length > maximumBytes) {
              response.destroy(new Error('The answer is too long'));
            }
            parts.push(part);
          });
          response.on('error', fail);
          response.on('end', () => {
            const text = Buffer.concat(parts).toString('utf8');
            resolve({ status: response.statusCode ?? 0, body: parse(text), text });
          });
        },
      );
      request.on('error', fail);
      request.end(payload);
    });
  }

  dispose(): void {
    this.#http.destroy();
    this.#https.destroy();
    this.#private.forEach((agent) => agent.destroy());
  }

  /** Connections are shared only by those who believe the same servers. */
  #secure(context: SecureContext | undefined): HttpsAgent {
    if (context === undefined) {
      return this.#https;
    }
    const agent = this.#private.get(context) ?? new HttpsAgent(agentOptions);
    this.#private.set(context, agent);
    return agent;
  }
}

/** JSON as Python writes it: also with NaN and Infinity, which become null. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    try {
      return JSON.parse(text.replace(/([:[,]\s*)(?:-?Infinity|NaN)(?=\s*[,\]}])/g, '$1null')) as unknown;
    } catch {
      return undefined;
    }
  }
}
