import { join } from 'node:path';
import type { Disposable } from '../core/event';
import type { Logger } from '../core/ports';
import type { RunnerPackage } from '../machine/runnerPackage';
import { ClusterEnd } from './clusterEnd';
import type { ClusterRecords } from './clusterRecords';
import { ClusterStart } from './clusterStart';
import type { GoogleApi } from './google/googleApi';
import { MasterTunnels } from './iap/masterTunnels';
import { JobFollow } from './jobFollow';
import { JobSubmit } from './jobSubmit';
import { Staging } from './staging';

export interface AccountOptions {
  /** The extension's global storage folder. */
  storage: string;
  runner: RunnerPackage;
  logger: Logger;
  /** Google's services, as a service account where one is named. One object for each account. */
  google: (impersonate: string | undefined) => GoogleApi;
  /** Identity-Aware Proxy's relay: `wss://…`. */
  relay: string;
  /** Of this machine's extension: a label value. */
  installation: string;
}

/** What works for one account. */
interface Services {
  google: GoogleApi;
  start: ClusterStart;
  end: ClusterEnd;
  submit: JobSubmit;
  follow: JobFollow;
  tunnels: MasterTunnels;
}

/** What starts, ends and uses clusters, for each account that Google is asked as. */
export class AccountServices implements Disposable {
  readonly #options: AccountOptions;
  readonly #records: ClusterRecords;
  readonly #services = new Map<string | undefined, Promise<Services>>();

  constructor(options: AccountOptions, records: ClusterRecords) {
    this.#options = options;
    this.#records = records;
  }

  /** @param impersonate the service account; undefined for the user's own */
  of(impersonate: string | undefined): Promise<Services> {
    let services = this.#services.get(impersonate);
    if (services === undefined) {
      services = this.#make(impersonate);
      this.#services.set(impersonate, services);
      services.catch(() => this.#services.delete(impersonate));
    }
    return services;
  }

  dispose(): void {
    for (const services of this.#services.values()) {
      void services.then(({ tunnels }) => tunnels.dispose()).catch(() => undefined);
    }
  }

  async #make(impersonate: string | undefined): Promise<Services> {
    const { logger, storage, installation, runner } = this.#options;
    const google = this.#options.google(impersonate);
    const staging = new Staging(google.storage, join(await runner.ensure(), 'dask_runner'));
    const end = new ClusterEnd({ google, records: this.#records, logger });
    const submit = new JobSubmit({ google, staging, logger, storage });
    return {
      google,
      end,
      start: new ClusterStart({ google, records: this.#records, staging, end, submit, logger, installation }),
      submit,
      follow: new JobFollow({ google, logger }),
      tunnels: new MasterTunnels({
        origin: this.#options.relay,
        token: () => google.token(AbortSignal.timeout(30_000)),
        logger,
      }),
    };
  }
}
