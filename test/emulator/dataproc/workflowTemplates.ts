import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock';
import { ApiError, invalid, notFound } from '../http/apiError';
import { milliseconds, textOf, without, type Json } from '../json';
import { lastPart } from './clusterChecks';
import type { ClusterController } from './clusterController';
import type { ClusterRecord } from './clusterRecord';
import type { JobController } from './jobController';
import type { JobRecord } from './jobRecord';
import type { Place } from './model';
import type { OperationMessage, Operations, RunningOperation } from './operations';
import { page } from './paging';
import { RequestIds } from './requestIds';

interface OrderedJob extends Json {
  readonly stepId: string;
  readonly prerequisiteStepIds?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

interface Template extends Json {
  readonly id?: string;
  readonly name?: string;
  readonly placement?: {
    readonly managedCluster?: { readonly clusterName: string; readonly config: Json; readonly labels?: Json };
    readonly clusterSelector?: { readonly clusterLabels: Record<string, string> };
  };
  readonly jobs?: readonly OrderedJob[];
  readonly dagTimeout?: string;
  readonly version?: number;
}

interface Node {
  readonly stepId: string;
  readonly prerequisiteStepIds: readonly string[];
  jobId?: string;
  state: 'BLOCKED' | 'RUNNABLE' | 'RUNNING' | 'COMPLETED' | 'FAILED';
  error?: string;
}

export interface WorkflowParts {
  readonly clock: Clock;
  readonly clusters: ClusterController;
  readonly jobs: JobController;
  readonly operations: Operations;
}

/** The WorkflowTemplateService: templates without parameters, on a managed cluster or on one that is selected. */
export class WorkflowTemplates {
  readonly #templates = new Map<string, { sequence: number; template: Template }>();
  readonly #requests = new RequestIds<RunningOperation>();
  #sequence = 0;

  constructor(private readonly parts: WorkflowParts) {}

  create(request: Json): Json {
    const template = request['template'] as Template;
    checkTemplate(template);
    const name = `${textOf(request, 'parent')}/workflowTemplates/${template.id ?? ''}`;
    if (this.#templates.has(name)) {
      throw new ApiError(
        'ALREADY_EXISTS',
        `Already exists: Failed to create workflow template: Workflow template ${name}`,
      );
    }
    return this.#keep(name, template, 1);
  }

  get(request: Json): Json {
    return this.#get(textOf(request, 'name')).template;
  }

  update(request: Json): Json {
    const template = request['template'] as Template;
    const name = template.name ?? '';
    const { template: present } = this.#get(name);
    const version = Number(present['version']);
    if (template.version !== undefined && template.version !== version) {
      throw new ApiError(
        'FAILED_PRECONDITION',
        `Version of workflow template ${name} is ${version}, and not ${template.version}`,
      );
    }
    checkTemplate(template);
    return this.#keep(name, template, version + 1);
  }

  list(request: Json): Json {
    const prefix = `${textOf(request, 'parent')}/workflowTemplates/`;
    const found = [...this.#templates.entries()].filter(([name]) => name.startsWith(prefix)).map(([, entry]) => entry);
    const { items, next } = page(found, ({ sequence }) => sequence, request, { usual: 100, most: 1000 });
    return { ...(items.length > 0 ? { templates: items.map(({ template }) => template) } : {}), ...next };
  }

  delete(request: Json): Json {
    const name = textOf(request, 'name');
    this.#get(name);
    this.#templates.delete(name);
    return {};
  }

  instantiate(request: Json): OperationMessage {
    return this.#requests.once('InstantiateWorkflowTemplate', request, () => {
      const name = textOf(request, 'name');
      return this.#begin(placeIn(name), this.#get(name).template);
    }).message;
  }

  instantiateInline(request: Json): OperationMessage {
    return this.#requests.once('InstantiateInlineWorkflowTemplate', request, () => {
      const template = request['template'] as Template;
      checkTemplate(template);
      return this.#begin(placeIn(textOf(request, 'parent')), template);
    }).message;
  }

  #begin(place: Place, template: Template): RunningOperation {
    const nodes = (template.jobs ?? []).map(({ stepId, prerequisiteStepIds = [] }): Node => ({
      stepId,
      prerequisiteStepIds,
      state: 'BLOCKED',
    }));
    const managed = template.placement?.managedCluster;
    const suffix = randomBytes(5).toString('hex');
    const clusterName = managed === undefined ? undefined : `${managed.clusterName}-${suffix}`;
    const cluster =
      managed === undefined
        ? this.#select(place, template.placement?.clusterSelector?.clusterLabels ?? {})
        : this.parts.clusters.begin({
            ...place,
            cluster: { clusterName, config: managed.config, labels: managed.labels },
          });
    const record = 'record' in cluster ? cluster.record : cluster;
    const operation = this.parts.operations.begin(place, 'WorkflowMetadata', {
      ...(template.name === undefined ? {} : { template: template.name }),
      graph: { nodes },
      clusterName: record.cluster.clusterName,
      clusterUuid: record.cluster.clusterUuid,
      state: 'PENDING',
      startTime: this.parts.clock.timestamp(),
      ...('operation' in cluster
        ? { createCluster: { operationId: cluster.operation.message.name, done: false } }
        : {}),
    });
    void this.#run(operation, template, record, nodes, 'operation' in cluster);
    return operation;
  }

  /** Never rejects. */
  async #run(
    operation: RunningOperation,
    template: Template,
    record: ClusterRecord,
    nodes: Node[],
    managed: boolean,
  ): Promise<void> {
    const { metadata } = operation.message;
    const { clock, clusters } = this.parts;
    operation.running();
    const stopped = new AbortController();
    operation.cancelled.signal.addEventListener('abort', () => stopped.abort());
    const timeout = milliseconds(template.dagTimeout);
    const alarm = timeout === undefined ? undefined : clock.at(clock.now() + timeout, () => stopped.abort());
    stopped.signal.addEventListener('abort', () => record.state === 'CREATING' && record.abort.abort());
    await record.work;
    if (managed) {
      (metadata['createCluster'] as Json)['done'] = true;
    }
    let error =
      record.state === 'RUNNING' ? undefined : (record.cluster.status.detail ?? 'The cluster was not created.');
    metadata['dagStartTime'] = clock.timestamp();
    if (error === undefined) {
      await this.#graph(template, record, nodes, stopped.signal);
      error = nodes.find((node) => node.error !== undefined)?.error;
    }
    metadata['dagEndTime'] = clock.timestamp();
    alarm?.dispose();
    if (managed) {
      const deletion = clusters.remove(record);
      metadata['deleteCluster'] = { operationId: deletion.message.name, done: false };
      while (!deletion.done) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      metadata['deleteCluster'] = { operationId: deletion.message.name, done: true };
    }
    metadata['endTime'] = clock.timestamp();
    if (stopped.signal.aborted) {
      operation.fail(new ApiError('CANCELLED', 'Workflow was cancelled or timed out.'));
    } else if (error !== undefined) {
      operation.fail(new ApiError('INTERNAL', error));
    } else {
      operation.succeed('google.protobuf.Empty', {});
    }
  }

  /** Runs each job once those before it are done; the first failure ends what has not begun. */
  async #graph(template: Template, record: ClusterRecord, nodes: Node[], signal: AbortSignal): Promise<void> {
    const done = new Map<string, Promise<boolean>>();
    const running = new Set<JobRecord>();
    signal.addEventListener('abort', () =>
      running.forEach((job) => this.parts.jobs.cancel({ ...record.place, jobId: job.id })),
    );
    const run = async (node: Node): Promise<boolean> => {
      const before = await Promise.all(
        node.prerequisiteStepIds.map((step) => done.get(step) ?? Promise.resolve(false)),
      );
      if (before.includes(false) || signal.aborted) {
        return false;
      }
      const ordered = template.jobs?.find((job) => job.stepId === node.stepId);
      const work = without<Json, string>(ordered ?? {}, 'stepId', 'prerequisiteStepIds');
      try {
        const jobId = `${node.stepId}-${randomBytes(5).toString('hex')}`;
        const { clusterName } = record.cluster;
        const request = { ...record.place, job: { ...work, reference: { jobId }, placement: { clusterName } } };
        const job = this.parts.jobs.begin(request);
        node.jobId = job.id;
        node.state = 'RUNNING';
        running.add(job);
        await job.over;
        running.delete(job);
        node.state = job.state === 'DONE' ? 'COMPLETED' : 'FAILED';
        if (job.state !== 'DONE') {
          node.error = job.job.status.details ?? `Job ${job.id} ended as ${job.state}`;
        }
      } catch (thrown) {
        node.state = 'FAILED';
        node.error = thrown instanceof Error ? thrown.message : String(thrown);
      }
      return node.state === 'COMPLETED';
    };
    // Templates are checked to name earlier steps only by ids that exist, and without circles.
    for (const node of inOrder(nodes)) {
      done.set(node.stepId, run(node));
    }
    await Promise.all(done.values());
  }

  #select(place: Place, labels: Readonly<Record<string, string>>): ClusterRecord {
    const found = this.parts.clusters
      .all()
      .find(
        (record) =>
          record.place.projectId === place.projectId &&
          record.place.region === place.region &&
          record.state === 'RUNNING' &&
          Object.entries(labels).every(([key, value]) => record.cluster.labels[key] === value),
      );
    if (found === undefined) {
      throw notFound('No running cluster matches the cluster selector of the workflow template');
    }
    return found;
  }

  #get(name: string): { sequence: number; template: Template } {
    const found = this.#templates.get(name);
    if (found === undefined) {
      throw notFound(`Workflow template ${name}`);
    }
    return found;
  }

  #keep(name: string, values: Template, version: number): Json {
    const present = this.#templates.get(name);
    const now = this.parts.clock.timestamp();
    const createTime = present?.template['createTime'] ?? now;
    const template = { ...values, id: lastPart(name), name, version, createTime, updateTime: now };
    this.#templates.set(name, { sequence: present?.sequence ?? this.#sequence++, template });
    return template;
  }
}

function checkTemplate({ placement, jobs = [], dagTimeout }: Template): void {
  const steps = jobs.map(({ stepId }) => stepId);
  const timeout = milliseconds(dagTimeout);
  if (placement?.managedCluster === undefined && placement?.clusterSelector === undefined) {
    throw invalid('Placement must have a managed cluster or a cluster selector');
  }
  if (jobs.length === 0) {
    throw invalid('Workflow template must have at least one job');
  }
  const prefix = placement.managedCluster?.clusterName;
  if (prefix !== undefined && !/^[a-z][-a-z0-9]{0,33}[a-z0-9]$/.test(prefix)) {
    throw invalid(
      `Managed cluster name '${prefix}' must be between 2 and 35 characters: lowercase letters, numbers and hyphens, beginning with a letter and not ending with a hyphen`,
    );
  }
  if (timeout !== undefined && (timeout < 600_000 || timeout > 86_400_000)) {
    throw invalid('dagTimeout must be between 10 minutes and 24 hours');
  }
  const wrong = jobs.find(
    ({ stepId, prerequisiteStepIds = [] }) =>
      !/^[A-Za-z0-9][A-Za-z0-9_-]{1,48}[A-Za-z0-9]$/.test(stepId) ||
      prerequisiteStepIds.some((step) => !steps.includes(step)),
  );
  if (wrong !== undefined || new Set(steps).size < steps.length) {
    throw invalid(
      `Invalid step '${wrong?.stepId ?? ''}': step ids are unique, of 3 to 50 letters, numbers, underscores and hyphens, and prerequisites are steps of the template`,
    );
  }
  inOrder(jobs.map(({ stepId, prerequisiteStepIds = [] }) => ({ stepId, prerequisiteStepIds, state: 'BLOCKED' })));
}

/** Each step after those that it needs. Throws INVALID_ARGUMENT for a circle. */
function inOrder(nodes: readonly Node[]): Node[] {
  const ordered: Node[] = [];
  while (ordered.length < nodes.length) {
    const next = nodes.find(
      (node) =>
        !ordered.includes(node) &&
        node.prerequisiteStepIds.every((step) => ordered.some(({ stepId }) => stepId === step)),
    );
    if (next === undefined) {
      throw invalid('Steps of the workflow template wait for each other in a circle');
    }
    ordered.push(next);
  }
  return ordered;
}

function placeIn(name: string): Place {
  const [, projectId = '', region = ''] = /^projects\/([^/]+)\/(?:regions|locations)\/([^/]+)/.exec(name) ?? [];
  return { projectId, region };
}
