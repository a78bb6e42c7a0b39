import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { CancelledError } from '../core/errors';

export interface HttpAnswer {
  status: number;
  /** Parsed JSON; undefined when the body is something else. */
  body: unknown;
  text: string;
}

const maximumBytes = 64 * 1024 * 1024;

/** Sends JSON requests over connections that are kept open between them. */
export class HttpJson {
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 8 });
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: 8 });

  /** Rejects with Node's own error when there is no answer within the limit, with CancelledError on abort. */
  send(
    method: 'GET' | 'POST',
    url: string,
    options: { body?: unknown; headers?: Record<string, string>; limitMilliseconds: number; signal: AbortSignal },
  ): Promise<HttpAnswer> {
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
          agent: secure ? this.#https : this.#http,
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
