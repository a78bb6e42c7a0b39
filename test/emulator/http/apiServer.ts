import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Readable, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Faults } from '../faults';
import { ApiError } from './apiError';
import type { Answer, ApiRequest, Call, Service } from './call';
import type { Tokens } from './tokens';

export interface ApiServerParts {
  readonly services: readonly Service[];
  /** Without a token check and without faults. */
  readonly control: Service;
  readonly faults: Faults;
  /** Undefined where every request is let in. */
  readonly tokens: Tokens | undefined;
  /** Takes all WebSockets. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** All APIs on one port of the loopback address. */
export class ApiServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Requests by call, since the start. */
  readonly counts = new Map<string, number>();

  constructor(private readonly parts: ApiServerParts) {
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (message, response) => {
      void this.#serve(message, response);
    });
    this.#server.on('upgrade', parts.upgrade);
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** Resolves with the port. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    // Also of one that never listened.
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await closed;
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(`http://127.0.0.1${message.url ?? '/'}`);
    const request: ApiRequest = {
      method: message.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: message.headers,
      message,
    };
    const control = this.parts.control.route(request);
    try {
      const answer = control === undefined ? await this.#answer(request) : await control.run();
      if (answer === undefined) {
        message.socket.destroy();
      } else {
        await send(response, answer);
      }
    } catch (error) {
      await send(response, errorAnswer(error)).catch(() => message.socket.destroy());
    }
    // What was not read of a request would be taken for the next one.
    message.resume();
  }

  /** Undefined when the connection is to break instead. */
  async #answer(request: ApiRequest): Promise<Answer | undefined> {
    const call = this.#find(request);
    this.counts.set(call.name, (this.counts.get(call.name) ?? 0) + 1);
    this.parts.tokens?.check(request.headers.authorization);
    const fault = this.parts.faults.take(call.name);
    await fault?.wait();
    if (fault?.lose === 'request') {
      return undefined;
    }
    if (fault?.error !== undefined) {
      throw fault.error;
    }
    let answer: Answer;
    try {
      answer = await call.run();
    } catch (error) {
      answer = errorAnswer(error);
    }
    if (fault?.lose !== 'response') {
      return answer;
    }
    if (answer.body instanceof Readable) {
      drop(answer.body);
    }
    return undefined;
  }

  #find(request: ApiRequest): Call {
    for (const service of this.parts.services) {
      const call = service.route(request);
      if (call !== undefined) {
        return call;
      }
    }
    throw new ApiError('NOT_FOUND', `The emulator has no method ${request.method} ${request.path}.`);
  }
}

function errorAnswer(error: unknown): Answer {
  const known =
    error instanceof ApiError ? error : new ApiError('INTERNAL', error instanceof Error ? (error.stack ?? '') : '');
  return { status: known.httpStatus, body: known.body() as object };
}

/** Ends what nobody reads any more. Its file may be gone before it is opened, which is told after the end. */
function drop(body: Readable): void {
  body.on('error', () => undefined).destroy();
}

async function send(response: ServerResponse, { status, headers = {}, body }: Answer): Promise<void> {
  if (body instanceof Readable) {
    response.writeHead(status, headers);
    try {
      await pipeline(body, response);
    } catch (error) {
      drop(body);
      throw error;
    }
    return;
  }
  const raw = typeof body === 'string' || Buffer.isBuffer(body) || body === undefined;
  const content = raw ? (body ?? '') : JSON.stringify(body, null, 2);
  const type = raw ? {} : { 'Content-Type': 'application/json; charset=UTF-8' };
  const length = status === 204 ? {} : { 'Content-Length': String(Buffer.byteLength(content)) };
  response.writeHead(status, { ...type, ...length, ...headers });
  await new Promise<void>((resolve) => response.end(content, resolve));
}
