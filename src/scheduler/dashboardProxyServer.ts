import type { SchedulerEndpoint } from '../core/cluster';
import { UserError } from '../core/errors';
import type { Disposable } from '../core/event';
import type { DashboardAccess, DashboardProxy, Logger } from '../core/ports';
import { ProxyListener } from './proxyListener';

interface Shared {
  listener: ProxyListener;
  port: Promise<number>;
  users: number;
}

/** Opens one loopback proxy for each dashboard, shared by all who show it. */
export class DashboardProxyServer implements DashboardAccess, Disposable {
  readonly #logger: Logger;
  readonly #shared = new Map<string, Shared>();

  constructor(logger: Logger) {
    this.#logger = logger;
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
    const key = JSON.stringify([httpUrl, endpoint.tls?.ca]);
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      const listener = new ProxyListener({ ...endpoint, httpUrl }, this.#logger);
      shared = { listener, port: listener.listen(), users: 0 };
      this.#shared.set(key, shared);
    }
    const used = shared;
    used.users += 1;
    try {
      const port = await used.port;
      return this.#handle(key, used, port);
    } catch (error) {
      this.#release(key, used);
      throw error;
    }
  }

  dispose(): void {
    this.#shared.forEach(({ listener }) => listener.close());
    this.#shared.clear();
  }

  #handle(key: string, shared: Shared, port: number): DashboardProxy {
    let open = true;
    return {
      port,
      secret: shared.listener.secret,
      allowHost: (host) => shared.listener.allowHost(host),
      dispose: () => {
        if (open) {
          open = false;
          this.#release(key, shared);
        }
      },
    };
  }

  #release(key: string, shared: Shared): void {
    shared.users -= 1;
    if (shared.users === 0) {
      shared.listener.close();
      if (this.#shared.get(key) === shared) {
        this.#shared.delete(key);
      }
    }
  }
}
