import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { SchedulerEndpoint } from '../core/cluster';
import { UserError } from '../core/errors';
import type { Disposable } from '../core/event';
import type { DashboardAccess, DashboardProxy, Logger } from '../core/ports';
import { DashboardRoute, refuse, refusePage } from './dashboardRoute';
import { belowSecret, isAllowedHost } from './proxyRules';

interface Shared {
  route: DashboardRoute;
  users: number;
}

/**
 * One loopback listener for all dashboards, each below a secret of its own. Its port is known before any cluster
 * is, and so to the policy of a page that will frame one.
 */
export class DashboardProxyServer implements DashboardAccess, Disposable {
  readonly #logger: Logger;
  readonly #hosts = new Set<string>();
  readonly #shared = new Map<string, Shared>();
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  #port: Promise<number> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#server = createServer({ noDelay: true }, (request, response) => this.#answer(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  listen(): Promise<number> {
    this.#port ??= this.#listen().catch((error: unknown) => {
      this.#port = undefined;
      throw error;
    });
    return this.#port;
  }

  allowHost(host: string): void {
    this.#hosts.add(host.toLowerCase());
  }

  /** Throws the UserError `noDashboard` for a scheduler without an HTTP side. */
  async open(endpoint: SchedulerEndpoint): Promise<DashboardProxy> {
    const { httpUrl } = endpoint;
    if (httpUrl === undefined) {
      throw new UserError({
        code: 'noDashboard',
        what: `The scheduler at ${endpoint.address} has no dashboard that is known.`,
        ...(endpoint.dashboardProblem === undefined ? {} : { why: endpoint.dashboardProblem }),
        next:
          endpoint.dashboardProblem === undefined
            ? 'Give its address in the setting dashboardUrl of the profile.'
            : 'Runs need none.',
      });
    }
    const port = await this.listen();
    const key = JSON.stringify([httpUrl, endpoint.tls?.ca]);
    const shared = this.#shared.get(key) ?? {
      route: new DashboardRoute({ ...endpoint, httpUrl }, this.#logger),
      users: 0,
    };
    this.#shared.set(key, shared);
    shared.users += 1;
    let open = true;
    return {
      port,
      secret: shared.route.secret,
      dispose: () => {
        if (open) {
          open = false;
          this.#release(key, shared);
        }
      },
    };
  }

  dispose(): void {
    this.#shared.forEach(({ route }) => route.close());
    this.#shared.clear();
    this.#server.close();
    this.#sockets.forEach((socket) => socket.destroy());
  }

  #listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  #release(key: string, shared: Shared): void {
    shared.users -= 1;
    if (shared.users === 0) {
      shared.route.close();
      if (this.#shared.get(key) === shared) {
        this.#shared.delete(key);
      }
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const found = this.#find(request);
    if (found === undefined) {
      refusePage(response, 403);
    } else {
      void found.route.answer(request, response, found.below);
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const found = this.#find(request);
    if (found === undefined) {
      refuse(socket, '403 Forbidden');
    } else {
      void found.route.upgrade(request, socket, head, found.below);
    }
  }

  /** The dashboard whose secret a request knows, and what it asks of it. */
  #find(request: IncomingMessage): { route: DashboardRoute; below: string } | undefined {
    if (!isAllowedHost(request.headers.host, this.#hosts)) {
      return undefined;
    }
    for (const { route } of this.#shared.values()) {
      const below = belowSecret(request.url ?? '', route.secret);
      if (below !== undefined) {
        return { route, below };
      }
    }
    return undefined;
  }
}
