import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import type { SchedulerEndpoint } from '../core/cluster';
import type { Logger } from '../core/ports';
import { relocated, themed, themeIn, withoutTheme, type ThemeChoice } from './dashboardTheme';
import { GatewayShim, textOf, type ShimAnswer, type ShimCall } from './gatewayShim';
import { downstreamHeaders, upstreamHeaders } from './proxyHeaders';
import { sendPage } from './proxyPage';
import { StaticCache } from './staticCache';
import { isAllowedPath } from './proxyRules';
import { reconnecting } from './reconnectScript';
import { Trust } from './trust';

const gone = 'The scheduler no longer answers.';
const secretBytes = 32;

/** For what is changed on its way. */
const identity = { 'accept-encoding': 'identity' };

/** What a request asks for, once it has passed all checks. */
interface Passed {
  path: string;
  query: string;
  theme: ThemeChoice | undefined;
}

/** One scheduler's dashboard behind the loopback listener: what stands below its secret. */
export class DashboardRoute {
  readonly secret = randomBytes(secretBytes).toString('base64url');
  readonly #endpoint: SchedulerEndpoint & { httpUrl: string };
  readonly #logger: Logger;
  readonly #cache = new StaticCache();
  readonly #agent: HttpAgent;
  readonly #trust = new Trust();
  readonly #shim: GatewayShim;
  /** Both ends of each WebSocket. */
  readonly #sockets = new Set<Duplex>();

  constructor(endpoint: SchedulerEndpoint & { httpUrl: string }, logger: Logger) {
    this.#endpoint = endpoint;
    this.#logger = logger;
    const options = { keepAlive: true, maxSockets: 32, noDelay: true };
    this.#agent = endpoint.httpUrl.startsWith('https:') ? new HttpsAgent(options) : new HttpAgent(options);
    this.#shim = new GatewayShim(this.#basePath(), this.secret);
  }

  close(): void {
    this.#sockets.forEach((socket) => socket.destroy());
    this.#agent.destroy();
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  /** Undefined when the request is refused. One answer for all reasons: it tells nothing. */
  #check(below: string): Passed | undefined {
    const [path = '', query = ''] = below.split(/\?(.*)/s);
    return isAllowedPath(path) ? { path, query: withoutTheme(query), theme: themeIn(query) } : undefined;
  }

  /** @param below path and query below the secret */
  async answer(request: IncomingMessage, response: ServerResponse, below: string): Promise<void> {
    const act = this.#shim.actOf(below);
    if (act !== undefined && request.method === 'POST') {
      await this.#answerShim(act, request, response);
      return;
    }
    const passed = this.#check(below);
    if (passed === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) {
      refusePage(response, passed === undefined ? 403 : 405);
      return;
    }
    const cached = request.method === 'GET' ? this.#cache.get(`${passed.path}?${passed.query}`) : undefined;
    if (cached !== undefined) {
      response.writeHead(200, cached.headers);
      response.end(cached.body);
      return;
    }
    const page = isPage(passed.path);
    try {
      const upstream = await this.#request(request, passed, page ? identity : {});
      response.on('close', () => upstream.destroy());
      upstream.on('error', (error) => {
        this.#logger.warn('The dashboard could not be reached', error);
        sendPage(response, 502, gone, passed.theme);
      });
      upstream.on('response', (answer) => void this.#pass(passed, answer, response, page));
      upstream.end();
    } catch (error) {
      this.#logger.warn('The dashboard could not be asked', error);
      sendPage(response, 502, gone, passed.theme);
    }
  }

  /** A message of a WebSocket that the gateway carries by requests. */
  async #answerShim(
    act: NonNullable<ReturnType<GatewayShim['actOf']>>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    try {
      const answer = await this.#shim.answer(act, await textOf(request), (call) => this.#askShim(request, call));
      if (answer === undefined) {
        refusePage(response, 403);
        return;
      }
      const { status, text } = answer;
      const type = status === 200 && text.startsWith('[') ? 'application/json' : 'text/plain; charset=utf-8';
      response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
      response.end(text);
    } catch (error) {
      this.#logger.warn('The dashboard could not be asked', error);
      sendPage(response, 502, gone, undefined);
    }
  }

  async #askShim(request: IncomingMessage, call: ShimCall, again = false): Promise<ShimAnswer> {
    const url = new URL(call.path, this.#endpoint.httpUrl);
    const length = { 'content-length': String(Buffer.byteLength(call.body)) };
    const upstream = await this.#send(request, url, { ...identity, ...call.headers, ...length });
    upstream.end(call.body);
    try {
      const [answer] = (await once(upstream, 'response')) as [IncomingMessage];
      return { status: answer.statusCode ?? 502, text: await textOf(answer) };
    } catch (error) {
      // The gateway closed a kept connection in the moment that it was used: it has not seen this.
      const unseen = upstream.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
      if (unseen && !again) {
        return this.#askShim(request, call, true);
      }
      throw error;
    }
  }

  async #pass(passed: Passed, answer: IncomingMessage, response: ServerResponse, page: boolean): Promise<void> {
    const status = answer.statusCode ?? 502;
    const headers = downstreamHeaders(answer.headers);
    if (!page || !(answer.headers['content-type'] ?? '').startsWith('text/html')) {
      response.writeHead(status, headers);
      if (response.req.method === 'GET') {
        this.#cache.collect(`${passed.path}?${passed.query}`, answer, headers);
      }
      pipeline(answer, response, () => undefined);
      return;
    }
    if (status >= 500) {
      answer.resume();
      sendPage(response, 502, 'The scheduler cannot show this page.', passed.theme);
      return;
    }
    try {
      const toRoot = '../'.repeat(passed.path.split('/').length - 1);
      const moved = this.#shim.relocated(relocated(await textOf(answer), this.#basePath(), toRoot), toRoot);
      const html = reconnecting(moved);
      const body = passed.theme === undefined ? html : themed(html, passed.theme);
      delete headers['content-length'];
      delete headers['etag'];
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
      response.end(response.req.method === 'HEAD' ? undefined : body);
    } catch (error) {
      this.#logger.warn('A page of the dashboard broke off', error);
      sendPage(response, 502, gone, passed.theme);
    }
  }

  /** @param below path and query below the secret */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, below: string): Promise<void> {
    const passed = this.#check(below);
    if (passed === undefined || !passed.path.endsWith('/ws')) {
      refuse(socket, '403 Forbidden');
      return;
    }
    try {
      const upstream = await this.#request(request, passed, { connection: 'Upgrade', upgrade: 'websocket' });
      socket.on('close', () => upstream.destroy());
      upstream.on('error', () => refuse(socket, '502 Bad Gateway'));
      upstream.on('response', (answer) => {
        answer.resume();
        refuse(socket, `${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}`);
      });
      upstream.on('upgrade', (answer, other, first) => {
        this.#keep(socket);
        this.#keep(other);
        // Two pipelines listen beside what sockets of HTTP and TLS have of their own.
        [socket, other].forEach((one) => one.setMaxListeners(20));
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${rawHeaders(answer)}\r\n`);
        socket.write(first);
        other.write(head);
        // Whichever side ends or breaks takes the other with it.
        pipeline(socket, other, () => other.destroy());
        pipeline(other, socket, () => socket.destroy());
      });
      upstream.end();
    } catch (error) {
      this.#logger.warn('The dashboard could not be asked', error);
      refuse(socket, '502 Bad Gateway');
    }
  }

  async #request(request: IncomingMessage, passed: Passed, own: Record<string, string>): Promise<ClientRequest> {
    const url = new URL(`${this.#endpoint.httpUrl}/${passed.path}`);
    url.search = passed.query;
    return this.#send(request, url, own);
  }

  async #send(request: IncomingMessage, url: URL, own: Record<string, string>): Promise<ClientRequest> {
    const { headers, tls } = this.#endpoint;
    const [asked, secureContext] = await Promise.all([headers?.(), this.#trust.context(url.protocol, tls)]);
    const added = { ...asked, ...own };
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return send(url, {
      method: request.method ?? 'GET',
      headers: upstreamHeaders(request.headers, url.host, added),
      ...(secureContext === undefined ? {} : { secureContext }),
      agent: own['upgrade'] === undefined ? this.#agent : false,
    });
  }

  #basePath(): string {
    return new URL(this.#endpoint.httpUrl).pathname.replace(/\/$/, '');
  }
}

/** Pages have links that must be put right; scripts, styles, pictures and data pass as they are. */
function isPage(path: string): boolean {
  return !/^statics?\/|^json\/.*\.json$|\.json$/.test(path);
}

/** The one answer to what may not be asked. */
export function refusePage(response: ServerResponse, status: 403 | 405): void {
  sendPage(response, status, 'This is not part of the dashboard.', undefined);
}

export function refuse(socket: Duplex, status: string): void {
  if (socket.writable) {
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }
}

/** As the other side wrote them: an answer to an upgrade must keep its own `Connection`. */
function rawHeaders(answer: IncomingMessage): string {
  const lines: string[] = [];
  for (let index = 0; index < answer.rawHeaders.length; index += 2) {
    lines.push(`${answer.rawHeaders[index] ?? ''}: ${answer.rawHeaders[index + 1] ?? ''}\r\n`);
  }
  return lines.filter((line) => !/^set-cookie:/i.test(line)).join('');
}
