import { mkdir, readFile, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { ApiError } from '../http/apiError';
import type { Tokens } from '../http/tokens';
import { isJson } from '../json';
import type {
  ClusterMachines,
  ClusterSite,
  Driver,
  DriverOrder,
  Machine,
  MachineDaemons,
  Metrics,
  RunningMachine,
  WebService,
  YarnApplication,
} from './clusterMachines';
import { driverCommand } from './driverCommand';
import { DriverOutput, type ChunkOptions } from './driverOutput';
import { runInitActions, type InitParts } from './initActions';
import { daskRoute, writeKnox } from './knox';
import { writeTools } from './machineTools';
import { MetadataServer } from './metadataServer';
import { endLeftOver } from './leftOver';
import { noDaemons } from './noDaemons';
import { ProcessGroup } from './processGroup';

export interface LocalMachinesParts extends InitParts {
  /** Where the machines' disks are. */
  readonly folder: string;
  readonly tokens: Tokens;
  readonly chunks: ChunkOptions;
  /** Base URL of the APIs. */
  readonly apiUrl: () => string;
  readonly daemons?: MachineDaemons | undefined;
}

interface LiveMachine extends RunningMachine {
  readonly site: ClusterSite;
  readonly metadata: MetadataServer;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly processes: Set<ProcessGroup>;
}

const daskPort = 8787;

/**
 * Machines that are folders, loopback addresses and processes of this machine. An initialization action or a job is
 * a real process with a machine's environment.
 */
export class LocalMachines implements ClusterMachines {
  readonly #clusters = new Map<string, Map<string, LiveMachine>>();
  readonly #daemons: MachineDaemons;
  /** Emulators beside each other have addresses of their own. */
  readonly #network = 10 + (process.pid % 200);
  #host = 0;
  #tools: Promise<string> | undefined;

  constructor(private readonly parts: LocalMachinesParts) {
    this.#daemons = parts.daemons ?? noDaemons;
  }

  async create(site: ClusterSite, machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    this.#clusters.set(site.clusterUuid, new Map());
    await this.add(site, machines, signal);
  }

  async add(site: ClusterSite, machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    const live = await Promise.all(machines.map((machine) => this.#boot(site, machine)));
    const results = await Promise.allSettled(live.map((machine) => this.#initialize(site, machine, signal)));
    signal.throwIfAborted();
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
    const [first] = errors;
    if (first !== undefined) {
      const messages = [...new Set(errors.map(({ message }) => message))];
      const text = messages.length === 1 ? first.message : `Multiple Errors:\n - ${messages.join('\n - ')}`;
      throw first instanceof ApiError ? new ApiError(first.status, text) : new ApiError('INTERNAL', text);
    }
  }

  async remove(
    site: ClusterSite,
    names: readonly string[],
    graceMilliseconds: number,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#daemons.decommission(site, this.#named(site, names), graceMilliseconds, signal);
    await this.preempt(site, names);
  }

  async preempt(site: ClusterSite, names: readonly string[]): Promise<void> {
    for (const machine of this.#named(site, names)) {
      this.#clusters.get(site.clusterUuid)?.delete(machine.name);
      endLeftOver(machine.folder);
      await this.#end(site, machine);
      await rm(machine.folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  async stop(site: ClusterSite): Promise<void> {
    endLeftOver(this.#folder(site));
    await Promise.all(this.#all(site).map((machine) => this.#end(site, machine)));
  }

  async start(site: ClusterSite, signal: AbortSignal): Promise<void> {
    const machines = this.#all(site);
    await Promise.all(machines.map((machine) => this.#boot(site, machine)));
    signal.throwIfAborted();
    await this.#startDaemons(site, this.#all(site));
  }

  async delete(site: ClusterSite): Promise<void> {
    const machines = this.#all(site);
    this.#clusters.delete(site.clusterUuid);
    endLeftOver(this.#folder(site));
    await Promise.all(machines.map((machine) => this.#end(site, machine)));
    await rm(this.#folder(site), { recursive: true, force: true, maxRetries: 5 });
  }

  async runDriver(site: ClusterSite, order: DriverOrder): Promise<Driver> {
    const master = this.#master(site);
    const output = new DriverOutput(this.parts.store, order.outputUri, this.parts.chunks);
    const folder = join(master.folder, 'jobs', order.jobId);
    let command;
    try {
      command = await driverCommand(this.parts.store, site, order, folder, master.folder);
    } catch (error) {
      output.write(Buffer.from(`${error instanceof Error ? error.message : String(error)}\n`));
      await output.close();
      const end = { exitCode: 1, signal: null, error: error instanceof Error ? error.message : String(error) };
      return { ended: Promise.resolve(end), kill: () => undefined };
    }
    const process = new ProcessGroup(command.command, {
      cwd: folder,
      env: {
        ...master.environment,
        ...this.#daemons.environment(site, master, order.jobId),
        ...command.environment,
        DATAPROC_JOB_ID: order.jobId,
      },
      onOutput: (bytes) => output.write(bytes),
    });
    this.#keep(master, process);
    return {
      ended: process.ended.then(async (end) => {
        // A job's processes end with it, as YARN and the agent see to on a real master.
        process.killNow();
        if (end.error !== undefined) {
          output.write(Buffer.from(`${end.error}\n`));
        }
        await output.close();
        return end;
      }),
      kill: () => process.kill(),
    };
  }

  busy(site: ClusterSite): Promise<boolean> {
    return this.#daemons.busy(site);
  }

  metrics(site: ClusterSite): Promise<Metrics> {
    return this.#daemons.metrics(site);
  }

  yarnApplications(site: ClusterSite, jobId: string): Promise<readonly YarnApplication[]> {
    return this.#daemons.yarnApplications(site, jobId);
  }

  async webService(site: ClusterSite, service: WebService, websocket: boolean): Promise<string | undefined> {
    const master = this.#clusters.get(site.clusterUuid) === undefined ? undefined : this.#master(site);
    if (master === undefined) {
      return undefined;
    }
    // A machine can say where its services are, when it cannot serve them at their usual ports.
    const text = await readFile(join(master.folder, 'services.json'), 'utf8').catch(() => '{}');
    const services: unknown = JSON.parse(text);
    const said = isJson(services) ? services[service] : undefined;
    if (typeof said === 'string') {
      return said;
    }
    const routed = service === 'dask' ? await daskRoute(master.folder, websocket) : undefined;
    if (routed !== undefined) {
      return routed;
    }
    const usual = `http://${master.address}:${daskPort}`;
    return service === 'dask' && (await answers(usual)) ? usual : this.#daemons.webService(site, service);
  }

  async dispose(): Promise<void> {
    endLeftOver(this.parts.folder);
    for (const machines of this.#clusters.values()) {
      for (const machine of machines.values()) {
        machine.metadata.close();
        machine.processes.forEach((process) => process.killNow());
        await this.#daemons.stop(machine.site, machine);
      }
    }
    this.#clusters.clear();
    await rm(this.parts.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #folder(site: ClusterSite): string {
    return join(this.parts.folder, site.clusterUuid);
  }

  #all(site: ClusterSite): LiveMachine[] {
    return [...(this.#clusters.get(site.clusterUuid)?.values() ?? [])];
  }

  #named(site: ClusterSite, names: readonly string[]): LiveMachine[] {
    return this.#all(site).filter(({ name }) => names.includes(name));
  }

  #master(site: ClusterSite): LiveMachine {
    const master = this.#all(site).find(({ role }) => role === 'master');
    if (master === undefined) {
      throw new ApiError('INTERNAL', `Cluster ${site.clusterName} has no master.`);
    }
    return master;
  }

  async #boot(site: ClusterSite, machine: Machine | RunningMachine): Promise<LiveMachine> {
    const folder = join(this.#folder(site), machine.name);
    for (const part of ['bin', 'etc/systemd/system', 'run/systemd/system']) {
      await mkdir(join(folder, part), { recursive: true });
    }
    if (machine.role === 'master' && site.componentGateway) {
      await writeKnox(folder);
    }
    const metadata = new MetadataServer(site, machine, this.parts.tokens);
    const host = await metadata.listen();
    this.#tools ??= writeTools(join(this.parts.folder, 'tools'));
    const address = 'address' in machine ? machine.address : this.#newAddress();
    const environment = {
      PATH: `${join(folder, 'bin')}:${await this.#tools}:${process.env['PATH'] ?? ''}`,
      LANG: process.env['LANG'] ?? 'C.UTF-8',
      HOME: folder,
      TMPDIR: process.env['TMPDIR'],
      GCE_METADATA_HOST: host,
      GCE_METADATA_IP: host,
      STORAGE_EMULATOR_HOST: this.parts.apiUrl(),
      // gcsfs asks for the kind of a bucket by gRPC, which is not spoken here: it would wait for a minute.
      GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT: 'false',
      GOOGLE_CLOUD_PROJECT: site.projectId,
      DATAPROC_MACHINE_NAME: machine.name,
      DATAPROC_MACHINE_FOLDER: folder,
      DATAPROC_MACHINE_ADDRESS: address,
      // A real machine has one address; this one must say which of many is its own.
      DASK_YARN__HOST: address,
      DATAPROC_MACHINE_VCPUS: String(machine.vcpus),
      DATAPROC_MACHINE_MEMORY_MB: String(machine.memoryMb),
    };
    const { name, role, machineType, vcpus, memoryMb } = machine;
    const live: LiveMachine = {
      site,
      name,
      role,
      machineType,
      vcpus,
      memoryMb,
      folder,
      address,
      metadata,
      environment,
      processes: new Set<ProcessGroup>(),
    };
    const cluster = this.#clusters.get(site.clusterUuid);
    if (cluster === undefined) {
      // Deleted meanwhile.
      metadata.close();
    }
    cluster?.set(machine.name, live);
    return live;
  }

  async #initialize(site: ClusterSite, machine: LiveMachine, signal: AbortSignal): Promise<void> {
    await this.#startDaemons(site, [machine]);
    const environment = {
      ...machine.environment,
      ...this.#daemons.environment(site, machine),
      DATAPROC_MASTER_ADDRESS: this.#master(site).address,
    };
    await runInitActions(
      this.parts,
      site,
      machine,
      environment,
      (process) => {
        this.#keep(machine, process, true);
        signal.addEventListener('abort', () => process.killNow(), { once: true });
      },
      signal,
    );
  }

  async #startDaemons(site: ClusterSite, machines: readonly LiveMachine[]): Promise<void> {
    const master = this.#master(site);
    // Workers register with the master.
    for (const machine of machines.toSorted((a, b) => Number(b === master) - Number(a === master))) {
      await this.#daemons.start(site, machine, master);
    }
  }

  async #end(site: ClusterSite, machine: LiveMachine): Promise<void> {
    machine.metadata.close();
    machine.processes.forEach((process) => process.killNow());
    await this.#daemons.stop(site, machine);
    await Promise.all([...machine.processes].filter(({ running }) => running).map(({ ended }) => ended));
    machine.processes.clear();
  }

  /** What an initialization action leaves behind, such as a scheduler, runs for as long as its machine. */
  #keep(machine: LiveMachine, process: ProcessGroup, forLife = false): void {
    machine.processes.add(process);
    if (!forLife) {
      void process.ended.then(() => machine.processes.delete(process));
    }
  }

  #newAddress(): string {
    this.#host++;
    return `127.${this.#network}.${Math.floor(this.#host / 250) % 250}.${(this.#host % 250) + 1}`;
  }
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(`${url}/health`, { agent: new Agent(), timeout: 1000 }, (response) => {
      response.resume();
      resolve(true);
    })
      .on('timeout', function (this: { destroy(): void }) {
        this.destroy();
      })
      .on('error', () => resolve(false));
  });
}
