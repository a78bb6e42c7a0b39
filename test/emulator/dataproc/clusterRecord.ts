import { randomBytes, randomUUID } from 'node:crypto';
import type { Alarm, Clock } from '../clock';
import { machineType } from '../compute/places';
import { milliseconds } from '../json';
import type { ClusterSite, Machine, MachineRole } from '../machines/clusterMachines';
import { lastPart } from './clusterChecks';
import { secondaryGroup } from './clusterDefaults';
import type { Cluster, ClusterConfig, ClusterState, InstanceGroup, Place } from './model';

type GroupName = 'masterConfig' | 'workerConfig' | 'secondaryWorkerConfig';

const roles: Readonly<Record<GroupName, MachineRole>> = {
  masterConfig: 'master',
  workerConfig: 'worker',
  secondaryWorkerConfig: 'secondaryWorker',
};

/** A cluster, with what the service knows of it and does not show. */
export class ClusterRecord {
  readonly cluster: Cluster;
  readonly createdAt: number;
  /** Of what is under way: creation, resizing, starting. Aborted by a deletion. */
  abort = new AbortController();
  /** What is under way; never rejects. */
  work: Promise<void> = Promise.resolve();
  /** Jobs that have not ended. */
  readonly jobs = new Set<string>();
  idleSince: number | undefined;
  readonly alarms = new Set<Alarm>();

  constructor(
    readonly place: Place,
    readonly sequence: number,
    private readonly clock: Clock,
    values: { clusterName: string; config: ClusterConfig; labels: Record<string, string>; autoZone: boolean },
  ) {
    const clusterUuid = randomUUID();
    this.createdAt = clock.now();
    this.cluster = {
      projectId: place.projectId,
      clusterName: values.clusterName,
      config: values.config,
      status: { state: 'CREATING', stateStartTime: clock.timestamp() },
      clusterUuid,
      statusHistory: [],
      labels: {
        ...values.labels,
        'goog-dataproc-cluster-name': values.clusterName,
        'goog-dataproc-cluster-uuid': clusterUuid,
        'goog-dataproc-location': place.region,
        ...(values.autoZone ? { 'goog-dataproc-autozone': 'enabled' } : {}),
      },
    };
    for (const group of Object.keys(roles) as GroupName[]) {
      this.resize(group, values.config[group]?.numInstances ?? 0);
    }
  }

  /** `projects/P/regions/R/clusters/C` */
  get name(): string {
    return `projects/${this.place.projectId}/regions/${this.place.region}/clusters/${this.cluster.clusterName}`;
  }

  get state(): ClusterState {
    return this.cluster.status.state;
  }

  setState(state: ClusterState, detail?: string): void {
    const { cluster } = this;
    if (cluster.status.state !== state) {
      cluster.statusHistory = [...cluster.statusHistory, cluster.status];
    }
    const stateStartTime = this.clock.timestamp();
    cluster.status = { state, ...(detail === undefined ? {} : { detail }), stateStartTime };
  }

  get site(): ClusterSite {
    const { cluster, place } = this;
    const { gceClusterConfig: gce = {}, softwareConfig, initializationActions = [] } = cluster.config;
    return {
      ...place,
      zone: lastPart(gce.zoneUri ?? ''),
      clusterName: cluster.clusterName,
      clusterUuid: cluster.clusterUuid,
      configBucket: cluster.config.configBucket ?? '',
      tempBucket: cluster.config.tempBucket ?? '',
      serviceAccount: gce.serviceAccount ?? '123456789012-compute@developer.gserviceaccount.com',
      metadata: gce.metadata ?? {},
      properties: softwareConfig?.properties ?? {},
      initializationActions: initializationActions.map(({ executableFile, executionTimeout }) => ({
        executableFile,
        timeoutMilliseconds: milliseconds(executionTimeout) ?? 600_000,
      })),
      workerCount: cluster.config.workerConfig?.numInstances ?? 0,
      master: cluster.config.masterConfig?.instanceNames?.[0] ?? `${cluster.clusterName}-m`,
      componentGateway: cluster.config.endpointConfig?.enableHttpPortAccess ?? false,
    };
  }

  machines(groups = Object.keys(roles) as GroupName[]): Machine[] {
    return groups.flatMap((name) =>
      (this.cluster.config[name]?.instanceNames ?? []).map((one) => this.#machine(name, one)),
    );
  }

  /** Brings a group to a size, and says which machines come and which go. */
  resize(name: GroupName, size: number): { added: Machine[]; removed: string[] } {
    const { config, clusterName } = this.cluster;
    const group = config[name];
    if (group === undefined && size === 0) {
      return { added: [], removed: [] };
    }
    const before = group?.instanceNames ?? [];
    const kept = before.slice(0, size);
    const removed = before.slice(size);
    const added: string[] = [];
    while (kept.length + added.length < size) {
      added.push(newName(clusterName, name, [...kept, ...added], size));
    }
    const made: InstanceGroup =
      group ?? secondaryGroup({ ...config.workerConfig, preemptibility: 'PREEMPTIBLE' }, clusterName);
    config[name] = { ...made, numInstances: size, instanceNames: [...kept, ...added] };
    if (size === 0) {
      Reflect.deleteProperty(config, name);
    }
    return { added: added.map((one) => this.#machine(name, one)), removed };
  }

  #machine(group: GroupName, name: string): Machine {
    const type = lastPart(this.cluster.config[group]?.machineTypeUri ?? '');
    const { vcpus = 1, memoryMb = 1024 } = machineType(type) ?? {};
    return { name, role: roles[group], machineType: type, vcpus, memoryMb };
  }
}

function newName(cluster: string, group: GroupName, present: readonly string[], size: number): string {
  switch (group) {
    case 'masterConfig':
      return size === 1 ? `${cluster}-m` : `${cluster}-m-${present.length}`;
    case 'workerConfig': {
      const numbers = present.map((name) => Number(lastPart(name.replaceAll('-', '/'))));
      return `${cluster}-w-${Math.max(-1, ...numbers) + 1}`;
    }
    case 'secondaryWorkerConfig': {
      const name = `${cluster}-sw-${randomBytes(2).toString('hex')}`;
      return present.includes(name) ? newName(cluster, group, present, size) : name;
    }
  }
}
