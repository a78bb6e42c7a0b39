import type { CallOptions } from 'google-gax';
import { clusterOf } from './clusterShape';
import type {
  ClusterBody,
  DataprocApi,
  GoogleCluster,
  GoogleJob,
  GoogleOperation,
  JobBody,
  Place,
  PolicyBody,
} from './googleApi';
import { GoogleError } from './googleApi';
import type { GoogleClients } from './googleClients';
import { jobOf } from './jobShape';
import { operationOf } from './operationShape';
import { policyOf } from './policyShape';
import type { Transport } from './transport';
import { listAt, textAt, type Json } from './wire';

/** Entries of a page: the most that the service gives. */
const page = 1_000;

/** Dataproc, at the endpoint of each region: the one without a region knows nothing of them. */
export class DataprocCalls implements DataprocApi {
  constructor(
    private readonly clients: GoogleClients,
    private readonly transport: Transport,
    private readonly originOf: (host: string) => string,
  ) {}

  async *clusters(place: Place, filter: string, signal: AbortSignal): AsyncGenerator<GoogleCluster> {
    const ask = (pageToken: string): Promise<Json> =>
      this.#call(place, 3, signal, (options) =>
        this.clients.clusters.listClusters({ ...project(place), filter, pageSize: page, pageToken }, options),
      );
    for await (const answer of pages(ask)) {
      yield* listAt(answer, 'clusters').map((one) => clusterOf(place, one as Json));
    }
  }

  async cluster(place: Place, name: string, signal: AbortSignal): Promise<GoogleCluster | undefined> {
    const found = await orUndefined(
      this.#call(place, 3, signal, (options) =>
        this.clients.clusters.getCluster({ ...project(place), clusterName: name }, options),
      ),
    );
    return found === undefined ? undefined : clusterOf(place, found);
  }

  createCluster(place: Place, body: ClusterBody, requestId: string, signal: AbortSignal): Promise<GoogleOperation> {
    const cluster = { ...body, projectId: place.project };
    return this.#operation(place, signal, (options) =>
      this.clients.clusters.createCluster({ ...project(place), cluster, requestId }, options),
    );
  }

  updateCluster(
    place: Place,
    name: string,
    body: ClusterBody,
    mask: readonly string[],
    options: { gracefulDecommissionSeconds?: number },
    requestId: string,
    signal: AbortSignal,
  ): Promise<GoogleOperation> {
    const seconds = options.gracefulDecommissionSeconds;
    const request = {
      ...project(place),
      clusterName: name,
      cluster: body,
      updateMask: { paths: [...mask] },
      ...(seconds === undefined ? {} : { gracefulDecommissionTimeout: { seconds } }),
      requestId,
    };
    return this.#operation(place, signal, (call) => this.clients.clusters.updateCluster(request, call));
  }

  deleteCluster(
    place: Place,
    name: string,
    uuid: string | undefined,
    requestId: string,
    signal: AbortSignal,
  ): Promise<GoogleOperation> {
    const guard = uuid === undefined ? {} : { clusterUuid: uuid };
    return this.#operation(place, signal, (options) =>
      this.clients.clusters.deleteCluster({ ...project(place), clusterName: name, ...guard, requestId }, options),
    );
  }

  stopCluster(place: Place, name: string, requestId: string, signal: AbortSignal): Promise<GoogleOperation> {
    return this.#operation(place, signal, (options) =>
      this.clients.clusters.stopCluster({ ...project(place), clusterName: name, requestId }, options),
    );
  }

  startCluster(place: Place, name: string, requestId: string, signal: AbortSignal): Promise<GoogleOperation> {
    return this.#operation(place, signal, (options) =>
      this.clients.clusters.startCluster({ ...project(place), clusterName: name, requestId }, options),
    );
  }

  /** Plain REST: it is no method of the service's own, and all that is wanted is in its metadata. */
  async operation(place: Place, name: string, signal: AbortSignal): Promise<GoogleOperation> {
    const url = `${this.#origin(place)}/v1/${name.split('/').map(encodeURIComponent).join('/')}`;
    return operationOf(await this.transport.json({ method: 'GET', url, tries: 3, signal }));
  }

  async *jobs(place: Place, clusterName: string | undefined, signal: AbortSignal): AsyncGenerator<GoogleJob> {
    const cluster = clusterName === undefined ? {} : { clusterName };
    const ask = (pageToken: string): Promise<Json> =>
      this.#call(place, 3, signal, (options) =>
        this.clients.jobs.listJobs({ ...project(place), ...cluster, pageSize: page, pageToken }, options),
      );
    for await (const answer of pages(ask)) {
      yield* listAt(answer, 'jobs').map((one) => jobOf(place, one as Json));
    }
  }

  async job(place: Place, id: string, signal: AbortSignal): Promise<GoogleJob | undefined> {
    const found = await orUndefined(
      this.#call(place, 3, signal, (options) => this.clients.jobs.getJob({ ...project(place), jobId: id }, options)),
    );
    return found === undefined ? undefined : jobOf(place, found);
  }

  async submitJob(place: Place, body: JobBody, requestId: string, signal: AbortSignal): Promise<GoogleJob> {
    const answer = await this.#call(place, 3, signal, (options) =>
      this.clients.jobs.submitJob({ ...project(place), job: body, requestId }, options),
    );
    return jobOf(place, answer);
  }

  /** It has no request id, and is the same done twice. */
  async cancelJob(place: Place, id: string, signal: AbortSignal): Promise<GoogleJob> {
    const answer = await this.#call(place, 3, signal, (options) =>
      this.clients.jobs.cancelJob({ ...project(place), jobId: id }, options),
    );
    return jobOf(place, answer);
  }

  async policy(place: Place, id: string, signal: AbortSignal): Promise<PolicyBody | undefined> {
    const name = `${parent(place)}/autoscalingPolicies/${id}`;
    const found = await orUndefined(
      this.#call(place, 3, signal, (options) => this.clients.policies.getAutoscalingPolicy({ name }, options)),
    );
    return found === undefined ? undefined : policyOf(found);
  }

  /** Once: it has no request id. Where its answer is lost, the policy may be there. */
  async createPolicy(place: Place, body: PolicyBody, signal: AbortSignal): Promise<PolicyBody> {
    const request = { parent: parent(place), policy: body };
    return policyOf(
      await this.#call(place, 1, signal, (options) => this.clients.policies.createAutoscalingPolicy(request, options)),
    );
  }

  async #operation(
    place: Place,
    signal: AbortSignal,
    make: (options: CallOptions) => Promise<unknown>,
  ): Promise<GoogleOperation> {
    return operationOf(await this.#call(place, 3, signal, make));
  }

  #call(
    place: Place,
    tries: 1 | 3,
    signal: AbortSignal,
    make: (options: CallOptions) => Promise<unknown>,
  ): Promise<Json> {
    return this.clients.call({ origin: this.#origin(place), tries, signal }, make);
  }

  #origin({ region }: Place): string {
    return this.originOf(region === 'global' ? 'dataproc.googleapis.com' : `${region}-dataproc.googleapis.com`);
  }
}

function project({ project: projectId, region }: Place): { projectId: string; region: string } {
  return { projectId, region };
}

function parent({ project: projectId, region }: Place): string {
  return `projects/${projectId}/regions/${region}`;
}

/** Each page is asked for when the one before has been used up. */
export async function* pages(ask: (pageToken: string) => Promise<Json>): AsyncGenerator<Json> {
  for (let token = ''; ;) {
    const answer = await ask(token);
    yield answer;
    token = textAt(answer, 'nextPageToken');
    if (token === '') {
      return;
    }
  }
}

async function orUndefined(answer: Promise<Json>): Promise<Json | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof GoogleError && error.status === 404) {
      return undefined;
    }
    throw error;
  }
}
