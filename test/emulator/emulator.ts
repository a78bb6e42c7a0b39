import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clock } from './clock';
import { ComputeService } from './compute/computeService';
import { ControlService } from './controlService';
import { Autoscaler } from './dataproc/autoscaler';
import { AutoscalingPolicies } from './dataproc/autoscalingPolicies';
import { lastPart } from './dataproc/clusterChecks';
import { ClusterController } from './dataproc/clusterController';
import { DataprocService } from './dataproc/dataprocService';
import { JobController } from './dataproc/jobController';
import { Operations } from './dataproc/operations';
import { WorkflowTemplates } from './dataproc/workflowTemplates';
import { Faults, type FaultScript } from './faults';
import { Gateways } from './gateway/gateways';
import { ApiServer } from './http/apiServer';
import { Tokens } from './http/tokens';
import { IapRelay } from './iap/iapRelay';
import { LoggingService } from './logging/loggingService';
import { LogStore } from './logging/logStore';
import type { ClusterMachines, MachineDaemons } from './machines/clusterMachines';
import { LocalMachines } from './machines/localMachines';
import { BucketStore } from './storage/bucketStore';
import { StorageService } from './storage/storageService';

export interface EmulatorOptions {
  /** Of the APIs; default a free one. */
  readonly port?: number;
  /** Requests need no token. */
  readonly anonymous?: boolean;
  /** Tokens that are let in, beside those that are issued. */
  readonly tokens?: readonly string[];
  /** How long the service takes for each of its steps, such as from PENDING to RUNNING. Default 50. */
  readonly paceMilliseconds?: number;
  /** Bytes of a chunk of driver output. Default 256 KiB. */
  readonly chunkBytes?: number;
  /** How long output of a driver waits before it is in the bucket. Default 200. */
  readonly flushMilliseconds?: number;
  /** How often the autoscaler looks at a cluster; it decides once in a cooldown period of the clock. Default 1000. */
  readonly sampleMilliseconds?: number;
  readonly faults?: FaultScript;
  /** What runs on the machines beside initialization actions and jobs. Default nothing. */
  readonly daemons?: MachineDaemons;
}

/** Google Cloud as far as Dataproc's clients need it: composition root. */
export class Emulator {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly tokens: Tokens;
  readonly store: BucketStore;
  readonly machines: ClusterMachines;
  readonly clusters: ClusterController;
  readonly jobs: JobController;
  readonly server: ApiServer;
  /** At the address of the APIs, too. */
  readonly iap: IapRelay;
  readonly #gateways: Gateways;
  readonly #autoscaler: Autoscaler;
  /** Base URL of all APIs. */
  url = '';

  private constructor(
    private readonly folder: string,
    options: EmulatorOptions,
  ) {
    const {
      paceMilliseconds = 50,
      chunkBytes = 256 * 1024,
      flushMilliseconds = 200,
      sampleMilliseconds = 1000,
    } = options;
    const clock = new Clock();
    const faults = new Faults();
    faults.add(options.faults ?? {});
    const tokens = new Tokens(clock, options.tokens ?? []);
    const logs = new LogStore(clock);
    const store = new BucketStore(join(folder, 'objects'), clock);
    const machines = new LocalMachines({
      ...{ clock, faults, tokens, logs, store },
      folder: join(folder, 'machines'),
      chunks: { chunkBytes, flushMilliseconds },
      apiUrl: () => this.url,
      daemons: options.daemons,
    });
    const checked = options.anonymous === true ? undefined : tokens;
    const gateways = new Gateways({ tokens: checked, faults, machines });
    const operations = new Operations(clock);
    const policies = new AutoscalingPolicies();
    const clusters = new ClusterController({
      ...{ clock, store, logs, faults, machines, operations, policies, paceMilliseconds },
      openGateway: (record) => gateways.open(record),
      closeGateway: (record) => gateways.close(record),
    });
    policies.usersOf = (name) =>
      clusters
        .all()
        .filter(({ place, cluster }) => {
          const id = lastPart(cluster.config.autoscalingConfig?.policyUri ?? '');
          return name === `projects/${place.projectId}/regions/${place.region}/autoscalingPolicies/${id}`;
        })
        .map(({ cluster }) => cluster.clusterName);
    const jobs = new JobController({ clock, machines, clusters, operations, paceMilliseconds });
    const workflows = new WorkflowTemplates({ clock, clusters, jobs, operations });
    this.server = new ApiServer({
      services: [
        new DataprocService({ clusters, jobs, policies, workflows, operations }),
        new StorageService(store),
        new LoggingService(logs),
        new ComputeService(),
      ],
      control: new ControlService({ clock, faults, tokens, clusters, counts: () => this.server.counts }),
      faults,
      tokens: checked,
      upgrade: (...request) => this.iap.upgrade(...request),
    });
    this.iap = new IapRelay({
      ...{ tokens: checked, faults },
      find: async ({ project, zone, instance, port }) => {
        const record = clusters
          .all()
          .find(({ site }) => site.projectId === project && site.zone === zone && site.master === instance);
        const url = record && (await machines.webService(record.site, 'dask', false));
        return url === undefined ? undefined : placeOf(new URL(url), port);
      },
    });
    this.clock = clock;
    this.faults = faults;
    this.tokens = tokens;
    this.store = store;
    this.machines = machines;
    this.clusters = clusters;
    this.jobs = jobs;
    this.#gateways = gateways;
    this.#autoscaler = new Autoscaler({ clock, logs, machines, clusters, policies, sampleMilliseconds });
  }

  static async start(options: EmulatorOptions = {}): Promise<Emulator> {
    const folder = await mkdtemp(join(tmpdir(), 'dataproc-emulator-'));
    const emulator = new Emulator(folder, options);
    try {
      emulator.url = `http://127.0.0.1:${await emulator.server.listen(options.port ?? 0)}`;
      return emulator;
    } catch (error) {
      await emulator.close();
      throw error;
    }
  }

  /** Ends all machines, and removes everything that was kept. */
  async close(): Promise<void> {
    this.#autoscaler.dispose();
    this.clusters.dispose();
    await this.server.close();
    this.iap.dispose();
    await this.#gateways.dispose();
    await this.machines.dispose();
    this.clock.dispose();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A master says where its HTTP side is, when that cannot be at the usual port. */
function placeOf({ hostname, port: said }: URL, port: number): { host: string; port: number } {
  return { host: hostname, port: port === 8787 ? Number(said) : port };
}
