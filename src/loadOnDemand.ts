import { createRequire } from 'node:module';

import type { Disposable } from './core/event';
import type { DashboardAccess, DashboardProxy, Logger } from './core/ports';
import type { EnvironmentBuilder } from './host/interpreterSource';
import type { Interpreters } from './machine/interpreter';
import type * as OnDemand from './onDemand';
import type { DashboardProxyServer } from './scheduler/dashboardProxyServer';

/** The third bundle. Node keeps it once it is loaded. */
export function onDemand(): typeof OnDemand {
  return createRequire(__filename)('./onDemand.js') as typeof OnDemand;
}

/** Dashboards, whose proxy is loaded with the first of them. */
export class DashboardsOnDemand implements DashboardAccess, Disposable {
  #server: DashboardProxyServer | undefined;

  constructor(private readonly log: Logger) {}

  listen(): Promise<number> {
    return this.#loaded.listen();
  }

  allowHost(host: string): void {
    this.#loaded.allowHost(host);
  }

  open(...args: Parameters<DashboardAccess['open']>): Promise<DashboardProxy> {
    return this.#loaded.open(...args);
  }

  get #loaded(): DashboardProxyServer {
    this.#server ??= new (onDemand().DashboardProxyServer)(this.log);
    return this.#server;
  }

  dispose(): void {
    this.#server?.dispose();
  }
}

/** Managed environments, which few installations ever need. */
export function environmentsOnDemand(storage: string, interpreters: Interpreters): EnvironmentBuilder {
  const load = (): EnvironmentBuilder => new (onDemand().ManagedEnvironment)(storage, interpreters);
  return {
    ensure: (...args) => load().ensure(...args),
    installInto: (...args) => load().installInto(...args),
  };
}
