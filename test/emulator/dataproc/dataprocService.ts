import { ApiError } from '../http/apiError';
import { readJson, type Answer, type ApiRequest, type Call, type Service } from '../http/call';
import { Transcoder, type Match } from '../http/transcode';
import type { Json } from '../json';
import { encodeEnums } from '../schema/encodeEnums';
import type { AutoscalingPolicies } from './autoscalingPolicies';
import type { ClusterController } from './clusterController';
import type { JobController } from './jobController';
import type { Operations } from './operations';
import type { WorkflowTemplates } from './workflowTemplates';

type Handler = (request: Json) => Json | Promise<Json>;

export interface DataprocParts {
  readonly clusters: ClusterController;
  readonly jobs: JobController;
  readonly policies: AutoscalingPolicies;
  readonly workflows: WorkflowTemplates;
  readonly operations: Operations;
}

const services = ['ClusterController', 'JobController', 'AutoscalingPolicyService', 'WorkflowTemplateService'];
const operationType = 'google.longrunning.Operation';

/** Dataproc, version 1, over REST: the paths, and the messages of the published protos. */
export class DataprocService implements Service {
  readonly #transcoder = new Transcoder(services);
  readonly #handlers: ReadonlyMap<string, Handler>;

  constructor(private readonly parts: DataprocParts) {
    const { clusters, jobs, policies, workflows } = parts;
    this.#handlers = new Map<string, Handler>([
      ['ClusterController.CreateCluster', (request) => clusters.create(request)],
      ['ClusterController.GetCluster', (request) => clusters.get(request)],
      ['ClusterController.ListClusters', (request) => clusters.list(request)],
      ['ClusterController.UpdateCluster', (request) => clusters.update(request)],
      ['ClusterController.DeleteCluster', (request) => clusters.delete(request)],
      ['ClusterController.StopCluster', (request) => clusters.stop(request)],
      ['ClusterController.StartCluster', (request) => clusters.start(request)],
      ['ClusterController.DiagnoseCluster', (request) => clusters.diagnose(request)],
      ['JobController.SubmitJob', (request) => jobs.submit(request)],
      ['JobController.SubmitJobAsOperation', (request) => jobs.submitAsOperation(request)],
      ['JobController.GetJob', (request) => jobs.get(request)],
      ['JobController.ListJobs', (request) => jobs.list(request)],
      ['JobController.UpdateJob', (request) => jobs.update(request)],
      ['JobController.CancelJob', (request) => jobs.cancel(request)],
      ['JobController.DeleteJob', (request) => jobs.delete(request)],
      ['AutoscalingPolicyService.CreateAutoscalingPolicy', (request) => policies.create(request)],
      ['AutoscalingPolicyService.GetAutoscalingPolicy', (request) => policies.get(request)],
      ['AutoscalingPolicyService.UpdateAutoscalingPolicy', (request) => policies.update(request)],
      ['AutoscalingPolicyService.ListAutoscalingPolicies', (request) => policies.list(request)],
      ['AutoscalingPolicyService.DeleteAutoscalingPolicy', (request) => policies.delete(request)],
      ['WorkflowTemplateService.CreateWorkflowTemplate', (request) => workflows.create(request)],
      ['WorkflowTemplateService.GetWorkflowTemplate', (request) => workflows.get(request)],
      ['WorkflowTemplateService.UpdateWorkflowTemplate', (request) => workflows.update(request)],
      ['WorkflowTemplateService.ListWorkflowTemplates', (request) => workflows.list(request)],
      ['WorkflowTemplateService.DeleteWorkflowTemplate', (request) => workflows.delete(request)],
      ['WorkflowTemplateService.InstantiateWorkflowTemplate', (request) => workflows.instantiate(request)],
      ['WorkflowTemplateService.InstantiateInlineWorkflowTemplate', (request) => workflows.instantiateInline(request)],
    ]);
  }

  route(request: ApiRequest): Call | undefined {
    return this.#operationCall(request) ?? this.#methodCall(request);
  }

  #methodCall(request: ApiRequest): Call | undefined {
    const match = this.#transcoder.match(request.method, request.path);
    return match === undefined
      ? undefined
      : { name: match.method.name, run: async () => this.#run(request, match, await readJson(request.message)) };
  }

  async #run(request: ApiRequest, match: Match, body: unknown): Promise<Answer> {
    const message = this.#transcoder.request(match, request.query, body);
    const handler = this.#handlers.get(match.method.name);
    if (handler === undefined) {
      throw new ApiError('UNIMPLEMENTED', `The emulator has no ${match.method.name}.`);
    }
    return answer(request, match.method.responseType, await handler(message));
  }

  /** google.longrunning.Operations, whose paths are not in the services' protos. */
  #operationCall(request: ApiRequest): Call | undefined {
    const found = /^\/v1\/(projects\/[^/]+\/(?:regions|locations)\/[^/]+\/operations)(?:\/([^/:]+)(:cancel)?)?$/.exec(
      request.path,
    );
    if (found === null) {
      return undefined;
    }
    const { operations } = this.parts;
    const [, collection = '', id, cancel] = found;
    const call = (name: string, run: () => Json, type = 'google.protobuf.Empty'): Call => ({
      name: `Operations.${name}`,
      run: () => answer(request, type, run()),
    });
    if (id === undefined) {
      const query = Object.fromEntries(request.query);
      const { filter, pageToken } = query;
      const pageSize = Number(query['pageSize'] ?? 0);
      const list = {
        ...(filter === undefined ? {} : { filter }),
        ...(pageToken === undefined ? {} : { pageToken }),
        pageSize,
      };
      return call(
        'ListOperations',
        () => operations.list(collection, list),
        'google.longrunning.ListOperationsResponse',
      );
    }
    const name = `${collection}/${id}`;
    if (request.method === 'POST' && cancel !== undefined) {
      return call('CancelOperation', () => operations.cancel(name));
    }
    return request.method === 'DELETE'
      ? call('DeleteOperation', () => operations.delete(name))
      : call('GetOperation', () => operations.get(name), operationType);
  }
}

function answer({ query }: ApiRequest, type: string, message: Json): Answer {
  const numbers = (query.get('$alt') ?? query.get('alt') ?? '').includes('enum-encoding=int');
  return { status: 200, body: numbers ? encodeEnums(type, message) : message };
}
