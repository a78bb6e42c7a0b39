import type { Cluster, ClusterRef, LogSource, SchedulerEndpoint, StartupStage } from '../core/cluster';
import { isCancelled, UserError } from '../core/errors';
import type { Disposable, Event } from '../core/event';
import { clusterFingerprint } from '../core/fingerprint';
import type { Job, JobSpec } from '../core/job';
import type { Backend, ClusterSpec, Logger, SchedulerClient } from '../core/ports';
import type { TlsFiles } from '../core/profile';
import { ActivatedEnvironments } from '../machine/activatedEnvironments';
import type { RunnerPackage } from '../machine/runnerPackage';
import { SupervisedBackend } from '../machine/supervisedBackend';
import { throwIfAborted } from '../machine/wait';
import { attachedId, AttachedStore, type Attached } from './attachedStore';
import { endpointOf, Reachability } from './reachability';
import { SchedulerCommands } from './schedulerCommands';

export interface AddressBackendOptions {
  /** The extension's global storage folder. */
  storage: string;
  runner: RunnerPackage;
  client: SchedulerClient;
  /** Shared by all that start processes for scripts; absent: its own. */
  environments?: ActivatedEnvironments;
  logger: Logger;
}

export interface AttachRequest {
  address: string;
  tls?: TlsFiles;
  dashboardUrl?: string;
  name?: string;
  profile?: string;
  environment?: Readonly<Record<string, string>>;
  /** False where the modules beside a script are not brought there. */
  localModules?: boolean;
  /** Python that speaks to the scheduler: its Dask should be the scheduler's. */
  interpreter: string;
}

/** Schedulers that somebody else runs: listed, watched and used, never shut down. */
export class AddressBackend extends SupervisedBackend<'address'> implements Backend, Disposable {
  readonly onDidChange: Event<void>;
  readonly #client: SchedulerClient;
  readonly #store: AttachedStore;
  readonly #commands: SchedulerCommands;
  readonly #reachability: Reachability;

  constructor(options: AddressBackendOptions) {
    const { storage, runner, client, logger, environments = new ActivatedEnvironments(logger) } = options;
    super('address', storage, runner, logger, environments);
    this.#client = client;
    this.#store = new AttachedStore(storage);
    this.#commands = new SchedulerCommands(runner);
    this.#reachability = new Reachability(this.#store, client, this.#commands);
    this.onDidChange = this.#reachability.event;
  }

  /**
   * Checks that a scheduler answers and keeps it. Attached before: its record is renewed. Throws UserErrors
   * `schedulerUnreachable`, `tlsFailed`, `versionMismatch`, `addressInvalid`, `daskMissing`.
   */
  async attach(request: AttachRequest, signal: AbortSignal): Promise<Cluster> {
    const { address, tls, interpreter } = request;
    const id = attachedId(address, tls);
    const known = await this.#store.read(id);
    const { dashboardUrl } = await this.#commands.probe({ address, tls, interpreter }, signal);
    const http = await this.#httpSide({ address, tls }, request.dashboardUrl, dashboardUrl, signal);
    const attached: Attached = {
      id,
      address,
      tls,
      interpreter,
      ...http,
      name: request.name ?? known?.name ?? address.replace(/^\w+:\/\//, ''),
      profile: request.profile ?? known?.profile,
      environment: request.environment ?? known?.environment ?? {},
      localModules: request.localModules ?? known?.localModules ?? true,
      attachedAt: known?.attachedAt ?? Date.now(),
    };
    await this.#store.write(attached);
    this.#reachability.note(attached, true);
    this.#reachability.fire();
    return clusterOf(attached, true);
  }

  /** Forgets a scheduler; nothing is asked of it. */
  async detach(cluster: ClusterRef): Promise<void> {
    await this.#store.remove(cluster.id);
    this.#reachability.fire();
  }

  async *clusters(signal: AbortSignal): AsyncGenerator<Cluster> {
    const all = await this.#store.all();
    const looks = all.map((attached) => this.#reachability.isReachable(attached, signal));
    looks.forEach((look) => void look.catch(() => undefined));
    for (const [index, attached] of all.entries()) {
      throwIfAborted(signal);
      yield clusterOf(attached, (await looks[index]) ?? false);
    }
  }

  async cluster(ref: ClusterRef, signal: AbortSignal): Promise<Cluster | undefined> {
    const attached = await this.#store.read(ref.id);
    return attached === undefined
      ? undefined
      : clusterOf(attached, await this.#reachability.isReachable(attached, signal));
  }

  /** Creates nothing: the scheduler of the profile is checked and attached. Its id is its own, not the request's. */
  async createCluster(
    spec: ClusterSpec,
    _requestId: string,
    onStage: (stage: StartupStage, detail?: string) => void,
    signal: AbortSignal,
  ): Promise<Cluster> {
    const { profile } = spec;
    if (profile.backend !== 'address') {
      throw new Error(`A profile of ${profile.backend} came to the address backend`);
    }
    onStage('scheduler', profile.address);
    const cluster = await this.attach(
      {
        address: profile.address,
        name: spec.name,
        profile: profile.name,
        environment: profile.environment,
        interpreter: spec.interpreter,
        localModules: profile.localModules !== 'leave',
        ...(profile.tls === undefined ? {} : { tls: profile.tls }),
        ...(profile.dashboardUrl === undefined ? {} : { dashboardUrl: profile.dashboardUrl }),
      },
      signal,
    );
    onStage('ready');
    return cluster;
  }

  async resizeCluster(cluster: ClusterRef): Promise<void> {
    throw notOurs(await this.#named(cluster), 'resized', 'Ask whoever runs it.');
  }

  async restartWorkers(cluster: ClusterRef, signal: AbortSignal): Promise<void> {
    await this.#commands.restartWorkers(await this.#attached(cluster), signal);
  }

  /** Throws the UserError `clusterNotOurs` always: detaching is the way. */
  async deleteCluster(cluster: ClusterRef): Promise<void> {
    throw notOurs(await this.#named(cluster), 'shut down', 'Detach it to take it off the list.');
  }

  async submitJob(cluster: ClusterRef, spec: JobSpec, requestId: string, signal: AbortSignal): Promise<Job> {
    const attached = await this.#attached(cluster);
    const order = {
      id: requestId,
      cluster: { backend: cluster.backend, id: cluster.id },
      clusterFolder: undefined,
      schedulerAddress: attached.address,
      tls: attached.tls,
      interpreter: spec.interpreter ?? attached.interpreter,
      spec: { ...spec, releaseCluster: false, localModules: spec.localModules ?? attached.localModules },
      environment: attached.environment,
    };
    return this.supervisors.submit(order, undefined, signal);
  }

  async scheduler(cluster: ClusterRef, signal: AbortSignal): Promise<SchedulerEndpoint> {
    throwIfAborted(signal);
    return endpointOf(await this.#attached(cluster));
  }

  async logs(cluster: ClusterRef, signal: AbortSignal): Promise<readonly LogSource[]> {
    const attached = await this.#attached(cluster);
    const files = await this.#commands.fetchLogs(attached, this.#store.logsOf(attached.id), signal);
    return files
      .map(({ id, path }) => ({
        id,
        path,
        label: id === 'scheduler' ? 'Scheduler' : id.replace(/^worker-/, 'Worker '),
      }))
      .sort((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true }));
  }

  dispose(): void {
    this.#reachability.dispose();
  }

  /** The HTTP side where it really answers: the one that was given, else the one that the scheduler names. */
  async #httpSide(
    { address, tls }: Pick<Attached, 'address' | 'tls'>,
    given: string | undefined,
    named: string | undefined,
    signal: AbortSignal,
  ): Promise<Pick<Attached, 'httpUrl' | 'dashboard' | 'dashboardProblem'>> {
    const httpUrl = (given ?? named)?.replace(/\/(?:status\/?)?$/, '');
    if (httpUrl === undefined) {
      return { httpUrl, dashboard: false, dashboardProblem: undefined };
    }
    const endpoint = endpointOf({ address, tls, httpUrl, dashboard: true, dashboardProblem: undefined });
    try {
      await this.#client.snapshot(endpoint, signal);
      const dashboard = (await this.#client.plots(endpoint, signal)).length > 0;
      return { httpUrl, dashboard, dashboardProblem: undefined };
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      // Runs need no dashboard: a closed port there is no reason to refuse the scheduler.
      const dashboardProblem = given === undefined ? undefined : dashboardFailed(given, error);
      return { httpUrl: undefined, dashboard: false, dashboardProblem };
    }
  }

  async #attached(cluster: ClusterRef): Promise<Attached> {
    const attached = await this.#store.read(cluster.id);
    if (attached === undefined) {
      throw new UserError({
        code: 'clusterGone',
        what: 'This scheduler is not attached any more.',
        next: 'Attach it again.',
      });
    }
    return attached;
  }

  async #named(cluster: ClusterRef): Promise<string> {
    return (await this.#store.read(cluster.id))?.name ?? cluster.id;
  }
}

function dashboardFailed(url: string, error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return `The dashboard at ${url} cannot be used: ${reason.replace(/\.$/, '')}. Check dashboardUrl in the profile, and attach the scheduler again.`;
}

function clusterOf(attached: Attached, reachable: boolean): Cluster {
  return {
    backend: 'address',
    id: attached.id,
    name: attached.name,
    profile: attached.profile,
    state: reachable ? 'running' : 'unreachable',
    createdAt: attached.attachedAt,
    fingerprint: fingerprintOf(attached),
    workers: undefined,
    ephemeral: false,
    owned: false,
    resizable: false,
  };
}

/** The same for every profile that names this scheduler. */
function fingerprintOf({ address, tls, environment, interpreter }: Attached): string {
  const profile = {
    backend: 'address' as const,
    name: '',
    address,
    environment,
    ...(tls === undefined ? {} : { tls }),
  };
  return clusterFingerprint(profile, interpreter);
}

function notOurs(name: string, done: string, next: string): UserError {
  return new UserError({
    code: 'clusterNotOurs',
    what: `The cluster “${name}” cannot be ${done} from here.`,
    why: 'Somebody else runs its scheduler.',
    next,
  });
}
