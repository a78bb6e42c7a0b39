import type { Clock } from '../clock';
import type { Faults } from '../faults';
import { ApiError, failedPrecondition, notFound } from '../http/apiError';
import { textOf, type Json } from '../json';
import type { LogStore } from '../logging/logStore';
import type { ClusterMachines } from '../machines/clusterMachines';
import type { BucketStore } from '../storage/bucketStore';
import type { AutoscalingPolicies } from './autoscalingPolicies';
import { checkConfig, checkName, refuse } from './clusterChecks';
import { filledConfig } from './clusterDefaults';
import { ClusterRecord } from './clusterRecord';
import { clusterChange, type ClusterChange } from './clusterUpdate';
import { Lifecycle } from './lifecycle';
import { labelMatches, listFilter, type FilterTerm } from './listFilter';
import type { Cluster, ClusterConfig, Place } from './model';
import type { OperationMessage, Operations, RunningOperation } from './operations';
import { page } from './paging';
import { quotaProblems, usage } from './quota';
import { RequestIds } from './requestIds';
import { chooseZone, machineTypesOf, stockout } from './zoneChoice';

export interface ClusterParts {
  readonly clock: Clock;
  readonly store: BucketStore;
  readonly logs: LogStore;
  readonly faults: Faults;
  readonly machines: ClusterMachines;
  readonly operations: Operations;
  readonly policies: AutoscalingPolicies;
  /** Opens the gateway of a cluster, and resolves with the addresses in it. */
  readonly openGateway: (record: ClusterRecord) => Promise<Record<string, string>>;
  readonly closeGateway: (record: ClusterRecord) => Promise<void>;
  /** How long the service takes for each of its own steps. */
  readonly paceMilliseconds: number;
}

const clusterType = 'google.cloud.dataproc.v1.Cluster';
const emptyType = 'google.protobuf.Empty';

/** The ClusterController service. */
export class ClusterController {
  readonly lifecycle: Lifecycle;
  /** Called when a cluster's machines are about to go. */
  onDeleting: (record: ClusterRecord) => Promise<void> = () => Promise.resolve();
  readonly #records = new Map<string, ClusterRecord>();
  readonly #requests = new RequestIds<RunningOperation>();
  #sequence = 0;

  constructor(private readonly parts: ClusterParts) {
    this.lifecycle = new Lifecycle(parts.clock, parts.machines, {
      delete: (record) => record.state !== 'DELETING' && this.#delete(record),
      stop: (record) => record.state === 'RUNNING' && this.#stop(record),
    });
  }

  create(request: Json): OperationMessage {
    return this.#requests.once('CreateCluster', request, () => this.begin(request).operation).message;
  }

  /** A cluster, and the operation that makes it. */
  begin(request: Json): { record: ClusterRecord; operation: RunningOperation } {
    const { faults, store } = this.parts;
    const place = placeOf(request);
    const asked = request['cluster'] as Partial<Cluster>;
    const clusterName = asked.clusterName ?? '';
    checkName(place, clusterName);
    const name = resourceName(place, clusterName);
    if (this.#records.has(name)) {
      throw new ApiError('ALREADY_EXISTS', `Already exists: Failed to create cluster: Cluster ${name}`);
    }
    const given = asked.config ?? {};
    checkConfig(store, place, given, asked.labels);
    this.#checkPolicy(place, given.autoscalingConfig?.policyUri);
    const zone = chooseZone(faults, place.region, given);
    const config = filledConfig(place, clusterName, zone, this.#buckets(place, given), given);
    refuse(quotaProblems(usage(config), this.#usedIn(place.region), faults.quotas));
    const zoneUri = given.gceClusterConfig?.zoneUri ?? '';
    const record = new ClusterRecord(place, this.#sequence++, this.parts.clock, {
      clusterName,
      config,
      labels: asked.labels ?? {},
      autoZone: zoneUri === '',
    });
    this.#records.set(name, record);
    const workers = config.workerConfig?.numInstances ?? 0;
    const operation = this.#operation(record, 'CREATE', `Create cluster with ${workers} workers`);
    operation.cancelled.signal.addEventListener('abort', () => record.abort.abort());
    record.work = this.#carryOut(record, operation, 'ERROR', () => this.#boot(record));
    return { record, operation };
  }

  async get(request: Json): Promise<Json> {
    return this.#shown(this.#find(request));
  }

  async list(request: Json): Promise<Json> {
    const { projectId, region } = placeOf(request);
    const filter = textOf(request, 'filter');
    const terms = listFilter(filter, ['status.state', 'clusterName', 'clusterUuid', 'labels.']);
    const prefix = `projects/${projectId}/regions/${region}/`;
    const found = [...this.#records.values()].filter(
      (record) => record.name.startsWith(prefix) && terms.every((term) => matches(record, term)),
    );
    const { items, next } = page(found, ({ sequence }) => sequence, request, { usual: 200, most: 1000 });
    const clusters = await Promise.all(items.map((record) => this.#shown(record)));
    return { ...(clusters.length > 0 ? { clusters } : {}), ...next };
  }

  update(request: Json): OperationMessage {
    return this.#requests.once('UpdateCluster', request, () => {
      const record = this.#find(request);
      const change = clusterChange(record, request);
      this.#checkPolicy(record.place, change.policyUri);
      return this.#update(record, change);
    }).message;
  }

  /** Another number of workers, as the autoscaler wants it. */
  resize(
    record: ClusterRecord,
    workers: number,
    secondaryWorkers: number,
    graceMilliseconds: number,
  ): RunningOperation {
    const unchanged = { labels: undefined, policyUri: undefined, lifecycle: undefined };
    return this.#update(record, { ...unchanged, workers, secondaryWorkers, graceMilliseconds });
  }

  delete(request: Json): OperationMessage {
    return this.#requests.once('DeleteCluster', request, () => {
      const record = this.#find(request);
      this.#checkUuid(record, request);
      if (record.state === 'DELETING') {
        throw failedPrecondition(
          `Cannot delete cluster '${record.cluster.clusterName}' while it has other pending delete operations.`,
        );
      }
      return this.#delete(record);
    }).message;
  }

  stop(request: Json): OperationMessage {
    return this.#requests.once('StopCluster', request, () => {
      const record = this.#find(request);
      this.#checkUuid(record, request);
      if (record.state !== 'RUNNING') {
        throw failedPrecondition(
          `Cluster '${record.name}' must be RUNNING before it can be stopped, current cluster state is '${record.state}'.`,
        );
      }
      if (record.cluster.config.secondaryWorkerConfig !== undefined) {
        throw failedPrecondition(`Cluster '${record.name}' has secondary workers, and cannot be stopped.`);
      }
      return this.#stop(record);
    }).message;
  }

  start(request: Json): OperationMessage {
    return this.#requests.once('StartCluster', request, () => {
      const record = this.#find(request);
      this.#checkUuid(record, request);
      if (record.state !== 'STOPPED') {
        throw failedPrecondition(
          `Cluster '${record.name}' must be STOPPED before it can be started, current cluster state is '${record.state}'.`,
        );
      }
      const operation = this.#operation(record, 'START', 'Start cluster');
      record.setState('STARTING');
      record.work = this.#carryOut(record, operation, 'ERROR', () =>
        this.parts.machines.start(record.site, record.abort.signal),
      );
      return operation;
    }).message;
  }

  /** What logging has of the cluster, as one file in its bucket. */
  diagnose(request: Json): OperationMessage {
    const record = this.#find(request);
    const { logs, store } = this.parts;
    const operation = this.#operation(record, 'DIAGNOSE', 'Diagnose cluster');
    const bucket = record.cluster.config.configBucket ?? '';
    const object = `google-cloud-dataproc-metainfo/${record.cluster.clusterUuid}/diagnostic.jsonl`;
    const ours = logs
      .entries()
      .filter(({ resource }) => resource.labels['cluster_uuid'] === record.cluster.clusterUuid);
    operation.running();
    void store.put(bucket, object, ours.map((entry) => JSON.stringify(entry)).join('\n')).then(() => {
      operation.succeed('google.cloud.dataproc.v1.DiagnoseClusterResults', { outputUri: `gs://${bucket}/${object}` });
    });
    return operation.message;
  }

  /** The record of a cluster by its place and name. Throws NOT_FOUND. */
  find(place: Place, clusterName: string): ClusterRecord {
    const name = resourceName(place, clusterName);
    const record = this.#records.get(name);
    if (record === undefined) {
      throw notFound(`Cluster ${name}`);
    }
    return record;
  }

  all(): ClusterRecord[] {
    return [...this.#records.values()];
  }

  /** Deletes a cluster, as DeleteCluster does. */
  remove(record: ClusterRecord): RunningOperation {
    return this.#delete(record);
  }

  /** Takes secondary workers away without notice; the group brings them back while the zone has machines. */
  async preempt(record: ClusterRecord, count: number): Promise<string[]> {
    const { machines, faults, clock } = this.parts;
    const victims = record.machines(['secondaryWorkerConfig']).slice(0, count);
    const names = victims.map(({ name }) => name);
    await machines.preempt(record.site, names);
    const again = async () => {
      const still = victims.filter(({ name }) =>
        record.cluster.config.secondaryWorkerConfig?.instanceNames?.includes(name),
      );
      const { zone, projectId } = record.site;
      if (record.state !== 'RUNNING' || still.length === 0) {
        return;
      }
      if (
        stockout(
          faults,
          projectId,
          zone,
          still.map(({ machineType }) => machineType),
        ) !== undefined
      ) {
        clock.at(clock.now() + 1000, () => void again());
        return;
      }
      await machines.add(record.site, still, record.abort.signal).catch(() => undefined);
    };
    clock.at(clock.now() + this.parts.paceMilliseconds, () => void again());
    return names;
  }

  dispose(): void {
    this.lifecycle.dispose();
    this.all().forEach((record) => record.abort.abort());
  }

  async #boot(record: ClusterRecord): Promise<void> {
    const { machines, faults } = this.parts;
    const { projectId, zone } = record.site;
    const out = stockout(faults, projectId, zone, machineTypesOf(record.cluster.config));
    if (out !== undefined) {
      throw out;
    }
    await machines.create(record.site, record.machines(), record.abort.signal);
    const { endpointConfig } = record.cluster.config;
    if (endpointConfig?.enableHttpPortAccess === true) {
      endpointConfig.httpPorts = await this.parts.openGateway(record);
    }
  }

  #update(record: ClusterRecord, change: ClusterChange): RunningOperation {
    const { config } = record.cluster;
    const { machines, faults } = this.parts;
    const sizes = [change.workers, change.secondaryWorkers].filter((size) => size !== undefined);
    const operation = this.#operation(record, 'UPDATE', sizes.length > 0 ? 'Resize cluster' : 'Update cluster');
    record.setState('UPDATING');
    if (change.labels !== undefined) {
      record.cluster.labels = change.labels;
    }
    if (change.policyUri === '') {
      delete config.autoscalingConfig;
    } else if (change.policyUri !== undefined) {
      config.autoscalingConfig = { policyUri: change.policyUri };
    }
    if (change.lifecycle !== undefined) {
      config.lifecycleConfig = change.lifecycle;
    }
    record.work = this.#carryOut(record, operation, 'RUNNING', async () => {
      for (const [group, size] of [
        ['workerConfig', change.workers],
        ['secondaryWorkerConfig', change.secondaryWorkers],
      ] as const) {
        const now = config[group]?.numInstances ?? 0;
        if (size === undefined || size === now) {
          continue;
        }
        const { projectId, zone } = record.site;
        const out =
          size > now
            ? stockout(
                faults,
                projectId,
                zone,
                machineTypesOf({ workerConfig: config[group] ?? config.workerConfig ?? {} }),
              )
            : undefined;
        if (out !== undefined) {
          throw out;
        }
        const { added, removed } = record.resize(group, size);
        await (added.length > 0
          ? machines.add(record.site, added, record.abort.signal)
          : machines.remove(record.site, removed, change.graceMilliseconds, record.abort.signal));
      }
    });
    return operation;
  }

  #stop(record: ClusterRecord): RunningOperation {
    const operation = this.#operation(record, 'STOP', 'Stop cluster');
    record.setState('STOPPING');
    record.work = this.#carryOut(
      record,
      operation,
      'ERROR',
      async () => {
        await this.onDeleting(record);
        await this.parts.machines.stop(record.site);
      },
      'STOPPED',
    );
    return operation;
  }

  #delete(record: ClusterRecord): RunningOperation {
    const operation = this.#operation(record, 'DELETE', 'Delete cluster');
    this.lifecycle.unwatch(record);
    record.setState('DELETING');
    record.abort.abort();
    void this.#carryOutDelete(record, operation);
    return operation;
  }

  async #carryOutDelete(record: ClusterRecord, operation: RunningOperation): Promise<void> {
    await this.#pause();
    operation.running();
    await record.work;
    await this.onDeleting(record);
    await this.parts.closeGateway(record);
    await this.parts.machines.delete(record.site);
    this.#records.delete(record.name);
    operation.succeed(emptyType, {});
  }

  /** Does the work of an operation on a cluster that then runs, or that goes to `failed`. Never rejects. */
  async #carryOut(
    record: ClusterRecord,
    operation: RunningOperation,
    failed: 'ERROR' | 'RUNNING',
    work: () => Promise<void>,
    succeeded: 'RUNNING' | 'STOPPED' = 'RUNNING',
  ): Promise<void> {
    try {
      await this.#pause();
      operation.running();
      await work();
      record.abort.signal.throwIfAborted();
      record.setState(succeeded);
      this.lifecycle.watch(record);
      operation.succeed(clusterType, await this.#shown(record));
    } catch (thrown) {
      const aborted = record.abort.signal.aborted;
      const error = aborted ? new ApiError('CANCELLED', 'Operation was cancelled.') : asApiError(thrown);
      if (record.state !== 'DELETING') {
        record.setState(failed, error.message);
        this.lifecycle.watch(record);
      }
      operation.fail(error);
    }
  }

  #operation(record: ClusterRecord, operationType: string, description: string): RunningOperation {
    const { clusterName, clusterUuid, labels } = record.cluster;
    const metadata = { clusterName, clusterUuid, operationType, description, labels };
    return this.parts.operations.begin(record.place, 'ClusterOperationMetadata', metadata);
  }

  async #shown(record: ClusterRecord): Promise<Json> {
    const { cluster } = record;
    if (record.state !== 'RUNNING' && record.state !== 'UPDATING') {
      return structuredClone({ ...cluster });
    }
    const { hdfs, yarn } = await this.parts.machines.metrics(record.site).catch(() => ({ hdfs: {}, yarn: {} }));
    const texts = (counts: Readonly<Record<string, number>>) =>
      Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, String(count)]));
    const metrics =
      Object.keys(yarn).length > 0 ? { metrics: { hdfsMetrics: texts(hdfs), yarnMetrics: texts(yarn) } } : {};
    return structuredClone({ ...cluster, ...metrics });
  }

  #find(request: Json): ClusterRecord {
    return this.find(placeOf(request), textOf(request, 'clusterName'));
  }

  #checkUuid(record: ClusterRecord, request: Json): void {
    const uuid = textOf(request, 'clusterUuid');
    if (uuid !== '' && uuid !== record.cluster.clusterUuid) {
      throw notFound(`Cluster ${record.name} with UUID ${uuid}`);
    }
  }

  #checkPolicy(place: Place, uri: string | undefined): void {
    if (uri !== undefined && uri !== '') {
      this.parts.policies.find(place, uri);
    }
  }

  /** The buckets that the service makes for a project and region. */
  #buckets(
    { projectId, region }: Place,
    { configBucket, tempBucket }: ClusterConfig,
  ): { config: string; temp: string } {
    const usual = (kind: string) =>
      this.parts.store.addBucket(`dataproc-${kind}-${region}-123456789012-${projectId.slice(0, 8)}`, projectId, region)
        .name;
    const given = (name: string | undefined) => (name === '' ? undefined : name);
    return { config: given(configBucket) ?? usual('staging'), temp: given(tempBucket) ?? usual('temp') };
  }

  #usedIn(region: string): Record<string, number>[] {
    return this.all()
      .filter(({ place, state }) => place.region === region && state !== 'STOPPED')
      .map(({ cluster }) => usage(cluster.config));
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.parts.paceMilliseconds));
  }
}

export function placeOf(request: Json): Place {
  return { projectId: textOf(request, 'projectId'), region: textOf(request, 'region') };
}

function resourceName({ projectId, region }: Place, clusterName: string): string {
  return `projects/${projectId}/regions/${region}/clusters/${clusterName}`;
}

function asApiError(thrown: unknown): ApiError {
  return thrown instanceof ApiError
    ? thrown
    : new ApiError('INTERNAL', thrown instanceof Error ? thrown.message : String(thrown));
}

function matches({ cluster }: ClusterRecord, term: FilterTerm): boolean {
  const { state } = cluster.status;
  switch (term.field) {
    case 'status.state':
      // As the API documents them; what is stopped is in neither.
      return term.value === 'ACTIVE'
        ? state === 'CREATING' || state === 'UPDATING' || state === 'RUNNING'
        : term.value === 'INACTIVE'
          ? state === 'DELETING' || state === 'ERROR'
          : state === term.value;
    case 'clusterName':
      return cluster.clusterName === term.value;
    case 'clusterUuid':
      return cluster.clusterUuid === term.value;
    default:
      return labelMatches(cluster.labels, term);
  }
}
