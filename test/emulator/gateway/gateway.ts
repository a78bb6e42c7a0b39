import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Faults } from '../faults';
import type { Tokens } from '../http/tokens';
import type { WebService } from '../machines/clusterMachines';
import { WebsocketShim } from './websocketShim';

export interface GatewayParts {
  readonly tokens: Tokens | undefined;
  readonly faults: Faults;
  /** Base URL of a web interface, or of its websockets; undefined while it is not served. */
  readonly service: (name: WebService, websocket: boolean) => Promise<string | undefined>;
}

/** Web interfaces by their paths. */
const paths: readonly (readonly [string, WebService])[] = [
  ['/gateway/default/dask/', 'dask'],
  ['/gateway/default/yarn/', 'yarn'],
  ['/gateway/default/jupyter/', 'jupyter'],
  ['/yarn/', 'yarn'],
  ['/jobhistory/', 'jobhistory'],
  ['/sparkhistory/', 'sparkhistory'],
  ['/hdfs/', 'hdfs'],
];

/** What `endpointConfig.httpPorts` names. There is none for Dask: clients know its path. */
const ports: Readonly<Record<string, string>> = {
  'YARN ResourceManager': '/yarn/',
  'MapReduce Job History': '/jobhistory/',
  'Spark History Server': '/sparkhistory/',
  'HDFS NameNode': '/hdfs/dfshealth.html',
  'YARN Application Timeline': '/apphistory/',
};

interface Target {
  readonly url: URL;
  readonly prefix: string;
}

/** The Component Gateway of one cluster: as in the real one, each cluster has an origin of its own. */
export class Gateway {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #shim = new WebsocketShim(async (path) => {
    const target = await this.#target(path, true);
    return target === undefined ? undefined : { url: target.url, headers: { host: target.url.host } };
  });

  constructor(private readonly parts: GatewayParts) {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      void this.#upgrade(request, socket, head);
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
    });
  }

  /** Resolves with the addresses of the web interfaces, by their names. */
  async listen(): Promise<Record<string, string>> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return Object.fromEntries(Object.entries(ports).map(([name, path]) => [name, origin + path]));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#shim.close();
    this.#sockets.forEach((socket) => socket.destroy());
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = this.#refusal(request);
    if (refused !== undefined) {
      response.writeHead(refused.status, refused.headers).end();
      return;
    }
    const action = this.#shim.actionOf(request);
    if (action !== undefined) {
      await this.#shim.act(action, request, response).catch(() => response.destroy());
      return;
    }
    const target = await this.#target(request.url, false);
    if (target === undefined) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not served on this cluster.\n');
      return;
    }
    // A page that is to be changed must not be compressed.
    const shimmed = !this.parts.faults.websockets;
    const sent = { ...innerHeaders(request, target), ...(shimmed ? { 'accept-encoding': 'identity' } : {}) };
    const inner = httpRequest(target.url, { method: request.method, headers: sent }, (answer) => {
      const { location } = answer.headers;
      const headers = { ...answer.headers };
      if (location?.startsWith('/') === true) {
        headers.location = target.prefix + location.slice(1);
      }
      const isPage = shimmed && /html/i.test(headers['content-type'] ?? '') && request.method !== 'HEAD';
      if (isPage) {
        delete headers['content-length'];
      }
      response.writeHead(answer.statusCode ?? 502, headers);
      (isPage ? answer.pipe(this.#shim.into()) : answer).pipe(response);
    });
    inner.on('error', () => {
      if (!response.headersSent) {
        response.writeHead(502);
      }
      response.end();
    });
    response.on('close', () => inner.destroy());
    request.pipe(inner);
  }

  async #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const refused = this.#refusal(request);
    if (refused !== undefined || !this.parts.faults.websockets) {
      const status = refused === undefined ? '400 Bad Request' : `${refused.status} Refused`;
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const target = await this.#target(request.url, true);
    if (target === undefined) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const { url } = target;
    const inner = connect(Number(url.port), url.hostname, () => {
      const headers = Object.entries({ ...innerHeaders(request, target), connection: 'Upgrade', upgrade: 'websocket' });
      const lines = headers.map(([name, value]) => `${name}: ${[value].flat().join(', ')}\r\n`).join('');
      inner.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines}\r\n`);
      inner.write(head);
      inner.pipe(socket).pipe(inner);
    });
    inner.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => inner.destroy());
  }

  /** How a request is turned away: without a token to the sign-in page, as browsers are; PUT is not let through. */
  #refusal({ headers, method }: IncomingMessage): { status: number; headers: Record<string, string> } | undefined {
    const header = headers['proxy-authorization'] ?? headers.authorization;
    try {
      if (this.parts.tokens !== undefined && header === undefined) {
        return { status: 302, headers: { Location: 'https://accounts.google.com/ServiceLogin' } };
      }
      this.parts.tokens?.check(header);
    } catch {
      return { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } };
    }
    return method === 'PUT' ? { status: 405, headers: {} } : undefined;
  }

  async #target(url = '/', websocket: boolean): Promise<Target | undefined> {
    const found = paths.find(([prefix]) => url.startsWith(prefix));
    const base = found === undefined ? undefined : await this.parts.service(found[1], websocket);
    return found === undefined || base === undefined
      ? undefined
      : {
          url: new URL(base.replace(/\/$/, '') + url.slice(found[0].length - 1).replace(/^\/+/, '/')),
          prefix: found[0],
        };
  }
}

/** Without what authenticates at the gateway, which stays there. */
function innerHeaders({ headers }: IncomingMessage, { url }: Target): Record<string, string | string[] | undefined> {
  const { 'proxy-authorization': proxy, authorization, ...rest } = headers;
  // Who authenticates with the other one may send this to the machine.
  const inner = proxy === undefined || authorization === undefined ? {} : { authorization };
  return { ...rest, ...inner, host: url.host };
}
