import { createRequire } from 'node:module';

import type { Checkouts } from './commands/commandParts';
import type { Disposable } from './core/event';
import type { DashboardAccess, DashboardProxy, Logger } from './core/ports';
import type { EnvironmentBuilder } from './host/interpreterSource';
import type { GitCheckouts } from './machine/gitCheckouts';
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

/** Code of git repositories, for those who run it. `git` is a path, or a name on `PATH`. */
export function checkoutsOnDemand(storage: string, git: () => string): Checkouts {
  const load = (): GitCheckouts => new (onDemand().GitCheckouts)(storage, git);
  return {
    fetch: (...args) => load().fetch(...args),
    pythonFiles: (...args) => load().pythonFiles(...args),
    remoteOf: (...args) => load().remoteOf(...args),
    problemOfRepository: (text) => onDemand().problemOfRepository(text),
    problemOfRef: (text) => onDemand().problemOfRef(text),
  };
}

/** Managed environments, which few installations ever need. */
export function environmentsOnDemand(storage: string, interpreters: Interpreters): EnvironmentBuilder {
  const load = (): EnvironmentBuilder => new (onDemand().ManagedEnvironment)(storage, interpreters);
  return {
    ensure: (...args) => load().ensure(...args),
    installInto: (...args) => load().installInto(...args),
  };
}
