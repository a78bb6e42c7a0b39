import type { Cluster, ClusterRef } from '../core/cluster';
import { isCancelled, UserError } from '../core/errors';
import { Emitter, type Disposable, type Event } from '../core/event';
import type { DashboardAccess, DashboardProxy, Logger, SchedulerClient } from '../core/ports';
import type { PanelDashboard } from '../protocol/panelState';
import type { PanelBackends } from './panelPorts';

/** An address on this machine as the user's browser reaches it; without a slash at the end. */
export interface ExternalAddress {
  /** `http://host:port`. */
  origin: string;
  authority: string;
  /** `` or `/proxy/1234`. */
  path: string;
}

export interface DashboardFramesOptions {
  ref: ClusterRef;
  backends: PanelBackends;
  dashboards: DashboardAccess;
  schedulerClient: SchedulerClient;
  /** `env.asExternalUri` of a port of this machine. */
  external: (port: number) => Promise<ExternalAddress>;
  log: Logger;
}

type Live = Exclude<PanelDashboard, { kind: 'ended' }>;

/**
 * The way to one cluster's dashboard. It is opened when the cluster runs, kept while the panel exists (an idle
 * listener does nothing), and closed when the cluster has ended.
 */
export class DashboardFrames implements Disposable {
  readonly #options: DashboardFramesOptions;
  readonly #changed = new Emitter<void>();
  readonly onDidChange: Event<void> = this.#changed.event;
  #state: Live = { kind: 'starting' };
  #proxy: DashboardProxy | undefined;
  #way: Promise<ExternalAddress> | undefined;
  #frames: string | undefined;
  #opening: AbortController | undefined;
  #version = 0;
  /** The cluster has said so: its next `running` opens the way again. A failure of another kind waits for the user. */
  #unreachable = false;

  constructor(options: DashboardFramesOptions) {
    this.#options = options;
  }

  get state(): Live {
    return this.#state;
  }

  /** What the page may frame, as a source of its content security policy; undefined until `prepare`. */
  get frames(): string | undefined {
    return this.#frames;
  }

  /** Finds where dashboards will be, for a page that is made before there is one. It never fails: opening does. */
  async prepare(): Promise<void> {
    await this.#reach().catch(() => undefined);
  }

  /** Follows the cluster: opens the way to a running one, closes it for one that has ended. */
  update(cluster: Cluster | undefined): void {
    switch (cluster?.state) {
      case 'running':
        if (this.#unreachable || (this.#state.kind === 'starting' && !this.#opening)) {
          void this.#open();
        }
        break;
      case 'unreachable':
        if (!this.#unreachable) {
          this.#close();
          this.#unreachable = true;
          const usual = 'The scheduler does not answer. Check that it runs, then try again.';
          this.#set({ kind: 'failed', message: cluster.error?.message ?? usual });
        }
        break;
      case 'starting':
      case 'closing':
        break;
      case 'stopped':
      case 'closed':
      case 'failed':
      case undefined:
        this.#close();
        this.#state = { kind: 'starting' };
        break;
    }
  }

  retry(): void {
    this.#close();
    void this.#open();
  }

  /** Address for a browser outside: one plot, or the whole page. */
  address(path: string): string | undefined {
    return this.#state.kind === 'ready' ? this.#state.base + path : undefined;
  }

  dispose(): void {
    this.#close();
    this.#changed.dispose();
  }

  async #open(): Promise<void> {
    const opening = new AbortController();
    this.#opening = opening;
    this.#unreachable = false;
    this.#set({ kind: 'starting' });
    try {
      const state = await this.#connect(opening.signal);
      if (!opening.signal.aborted) {
        this.#set(state);
      }
    } catch (error) {
      if (!opening.signal.aborted && !isCancelled(error)) {
        this.#options.log.error('The dashboard could not be opened', error);
        this.#set({ kind: 'failed', message: messageOf(error) });
      }
    } finally {
      if (this.#opening === opening) {
        this.#opening = undefined;
      }
    }
  }

  async #connect(signal: AbortSignal): Promise<Live> {
    const { ref, backends, dashboards, schedulerClient } = this.#options;
    const endpoint = await backends.scheduler(ref, signal);
    if (endpoint.httpUrl === undefined) {
      return {
        kind: 'noPlots',
        message:
          endpoint.dashboardProblem ??
          'No dashboard is known for this scheduler. Set dashboardUrl in its profile, and attach it again.',
      };
    }
    if (!endpoint.dashboard) {
      return {
        kind: 'noPlots',
        message:
          'The plots need bokeh, which the scheduler’s Python does not have. Install bokeh there and start the cluster again.',
      };
    }
    const plots = await schedulerClient.plots(endpoint, signal);
    const { origin, path } = await this.#reach();
    const proxy = await dashboards.open(endpoint);
    if (signal.aborted) {
      proxy.dispose();
      return { kind: 'starting' };
    }
    this.#proxy = proxy;
    this.#version += 1;
    return { kind: 'ready', base: `${origin}${path}/${proxy.secret}/`, version: this.#version, plots };
  }

  /** The listener's address as the user's browser reaches it. */
  #reach(): Promise<ExternalAddress> {
    this.#way ??= this.#findWay().catch((error: unknown) => {
      this.#way = undefined;
      throw error;
    });
    return this.#way;
  }

  async #findWay(): Promise<ExternalAddress> {
    const { dashboards, external } = this.#options;
    const address = await external(await dashboards.listen());
    dashboards.allowHost(address.authority);
    this.#frames = `${address.origin}${address.path}/`;
    return address;
  }

  #set(state: Live): void {
    this.#state = state;
    this.#changed.fire();
  }

  #close(): void {
    this.#opening?.abort();
    this.#opening = undefined;
    this.#proxy?.dispose();
    this.#proxy = undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof UserError
    ? error.message
    : `The dashboard could not be opened. ${error instanceof Error ? error.message : String(error)}`;
}
