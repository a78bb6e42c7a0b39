import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { YarnDaemons, YarnOptions } from '../../yarn/yarnDaemons.mjs';
import { isJson, textOf, valueAt } from '../json';
import type {
  ClusterSite,
  MachineDaemons,
  Metrics,
  RunningMachine,
  WebService,
  YarnApplication,
} from './clusterMachines';
import { yarnMetrics } from './yarnMetrics';

/** Makes the daemons of one cluster. */
export type MakeYarn = (options: YarnOptions) => YarnDaemons;

interface ClusterYarn {
  readonly daemons: YarnDaemons;
  readonly master: string;
  readonly started: Promise<void>;
}

/** Longer than YARN's own time-out, as it looks once in a second. */
const lateMilliseconds = 15_000;

/**
 * YARN on the machines: a ResourceManager on each cluster's master, and a NodeManager on each worker, or on a master that
 * is alone. Sizes, queues and limits are those of the cluster's properties.
 */
export class YarnMachines implements MachineDaemons {
  readonly #clusters = new Map<string, ClusterYarn>();

  constructor(private readonly make: MakeYarn) {}

  async start(site: ClusterSite, machine: RunningMachine, master: RunningMachine): Promise<void> {
    const isMaster = machine.name === master.name;
    const yarn = this.#clusters.get(site.clusterUuid) ?? (isMaster ? this.#begin(site, master) : undefined);
    if (yarn === undefined) {
      throw new Error(`There is no ResourceManager on ${master.name}.`);
    }
    await writeHadoop(machine, yarn.daemons.client.classpath);
    const { address, vcpus: vcores, memoryMb: memory } = machine;
    const isNode = machine.role !== 'master' || (isMaster && site.workerCount === 0);
    await Promise.all([yarn.started, isNode ? yarn.daemons.addNode({ address, memory, vcores }) : undefined]);
  }

  async stop(site: ClusterSite, machine: RunningMachine): Promise<void> {
    const yarn = this.#clusters.get(site.clusterUuid);
    if (machine.name === yarn?.master) {
      // With all of its nodes: none of them does anything alone.
      this.#clusters.delete(site.clusterUuid);
      await yarn.daemons.stop();
    } else {
      await yarn?.daemons.killNode(machine.address);
    }
  }

  async decommission(
    site: ClusterSite,
    machines: readonly RunningMachine[],
    graceMilliseconds: number,
    signal: AbortSignal,
  ): Promise<void> {
    const daemons = this.#clusters.get(site.clusterUuid)?.daemons;
    if (daemons === undefined) {
      return;
    }
    const there = machines.map(({ address }) => address).filter((address) => daemons.nodes.includes(address));
    if (there.length === 0) {
      return;
    }
    await daemons.decommission(there, Math.ceil(graceMilliseconds / 1000));
    const deadline = performance.now() + graceMilliseconds + lateMilliseconds;
    const left = async () => {
      const states = await Promise.all(there.map((address) => daemons.nodeState(address)));
      return states.some((state) => state === 'RUNNING' || state === 'DECOMMISSIONING');
    };
    while (!signal.aborted && performance.now() < deadline && (await left())) {
      await delay(100);
    }
  }

  environment(site: ClusterSite, machine: RunningMachine, jobId?: string): Readonly<Record<string, string>> {
    const yarn = this.#clusters.get(site.clusterUuid);
    if (yarn === undefined) {
      return {};
    }
    const { configuration, java } = yarn.daemons.client;
    return {
      HADOOP_HOME: hadoopHome(machine),
      HADOOP_CONF_DIR: configuration,
      YARN_CONF_DIR: configuration,
      JAVA_HOME: dirname(dirname(java)),
      ...(jobId === undefined ? {} : { DASK_YARN__TAGS: JSON.stringify([jobTag(jobId)]) }),
    };
  }

  async busy(site: ClusterSite): Promise<boolean> {
    const { yarn } = await this.metrics(site);
    return (yarn['yarn-containers-allocated'] ?? 0) + (yarn['yarn-containers-pending'] ?? 0) > 0;
  }

  async metrics(site: ClusterSite): Promise<Metrics> {
    const answer = await this.#clusters.get(site.clusterUuid)?.daemons.ask('metrics');
    return { hdfs: {}, yarn: yarnMetrics(valueAt(answer, 'clusterMetrics')) };
  }

  async yarnApplications(site: ClusterSite, jobId: string): Promise<readonly YarnApplication[]> {
    const tags = encodeURIComponent(jobTag(jobId));
    const answer = await this.#clusters.get(site.clusterUuid)?.daemons.ask(`apps?applicationTags=${tags}`);
    const found = valueAt(answer, 'apps.app');
    return (Array.isArray(found) ? found : []).filter(isJson).map((app) => ({
      name: textOf(app, 'name'),
      state: textOf(app, 'state'),
      progress: Number(app['progress'] ?? 0),
      trackingUrl: textOf(app, 'trackingUrl'),
    }));
  }

  webService(site: ClusterSite, service: WebService): Promise<string | undefined> {
    const yarn = this.#clusters.get(site.clusterUuid);
    return Promise.resolve(service === 'yarn' ? yarn?.daemons.client.web : undefined);
  }

  #begin(site: ClusterSite, master: RunningMachine): ClusterYarn {
    const daemons = this.make({
      host: master.address,
      name: `${site.clusterUuid}-`,
      properties: { ...usual, ...ofPrefix(site, 'yarn:', isForAnyMachine) },
      queues: ofPrefix(site, 'capacity-scheduler:'),
    });
    const yarn = { daemons, master: master.name, started: daemons.start() };
    // Whoever waits for it is told.
    yarn.started.catch(() => undefined);
    this.#clusters.set(site.clusterUuid, yarn);
    return yarn;
  }
}

/** A machine that has a processor to share may be late by seconds. */
const usual = { 'yarn.nm.liveness-monitor.expiry-interval-ms': 10_000 };

/** Places are those of the emulator's machines. */
const isForAnyMachine = (name: string): boolean => !/address|host|dirs?$|path|uri|store/.test(name);

function ofPrefix(
  { properties }: ClusterSite,
  prefix: string,
  wanted: (name: string) => boolean = () => true,
): Record<string, string> {
  const own = Object.entries(properties).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(
    own.map(([name, value]) => [name.slice(prefix.length), value] as const).filter(([name]) => wanted(name)),
  );
}

/** As Dataproc marks the applications of its jobs. */
function jobTag(jobId: string): string {
  return `dataproc_job_${jobId}`;
}

function hadoopHome(machine: RunningMachine): string {
  return join(machine.folder, 'hadoop');
}

/** The one command of Hadoop's that programs ask for its place. */
async function writeHadoop(machine: RunningMachine, classpath: string): Promise<void> {
  const bin = join(hadoopHome(machine), 'bin');
  await mkdir(bin, { recursive: true });
  const text = `#!/bin/sh
if [ "$1" = classpath ]; then
  echo '${classpath}'
else
  echo "The emulator's machines have of hadoop only: classpath." >&2
  exit 1
fi
`;
  await writeFile(join(bin, 'hadoop'), text);
  await chmod(join(bin, 'hadoop'), 0o755);
}
