import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock';
import { failedPrecondition, notFound, type ApiError, type RpcStatus } from '../http/apiError';
import { textOf, type Json } from '../json';
import type { Place } from './model';
import { page } from './paging';

interface OperationStatus {
  readonly state: 'PENDING' | 'RUNNING' | 'DONE';
  readonly innerState?: string;
  readonly stateStartTime: string;
}

export interface OperationMessage extends Json {
  readonly name: string;
  metadata: Json;
  done?: boolean;
  response?: Json;
  error?: RpcStatus;
}

const typeUrl = 'type.googleapis.com/google.cloud.dataproc.v1.';

/** An operation while it goes on. */
export class RunningOperation {
  readonly message: OperationMessage;
  readonly cancelled = new AbortController();
  readonly #history: OperationStatus[] = [];

  constructor(
    readonly place: Place,
    readonly sequence: number,
    private readonly clock: Clock,
    metadataType: string,
    metadata: Json,
  ) {
    const { projectId, region } = place;
    this.message = {
      name: `projects/${projectId}/regions/${region}/operations/${randomUUID()}`,
      metadata: { '@type': typeUrl + metadataType, ...metadata },
    };
    this.#setState('PENDING');
  }

  get done(): boolean {
    return this.message.done === true;
  }

  running(): void {
    this.#setState('RUNNING');
  }

  warn(text: string): void {
    const { metadata } = this.message;
    metadata['warnings'] = [...((metadata['warnings'] as string[] | undefined) ?? []), text];
  }

  /** @param type of the response, with its package */
  succeed(type: string, response: Json): void {
    this.#end();
    this.message.response = { '@type': `type.googleapis.com/${type}`, ...response };
  }

  fail(error: ApiError): void {
    this.#end();
    this.message.error = error.rpcStatus();
  }

  #end(): void {
    this.#setState('DONE');
    this.message.done = true;
  }

  #setState(state: OperationStatus['state']): void {
    const { metadata } = this.message;
    const type = textOf(metadata, '@type');
    if (type.endsWith('WorkflowMetadata')) {
      metadata['state'] = state;
      return;
    }
    if (type.endsWith('JobMetadata')) {
      // Its status is that of the job.
      return;
    }
    const before = metadata['status'] as OperationStatus | undefined;
    if (before !== undefined) {
      this.#history.push(before);
      metadata['statusHistory'] = [...this.#history];
    }
    metadata['status'] = { state, innerState: state, stateStartTime: this.clock.timestamp() };
  }
}

/** google.longrunning.Operations of all regions. */
export class Operations {
  readonly #operations = new Map<string, RunningOperation>();
  #sequence = 0;

  constructor(private readonly clock: Clock) {}

  begin(place: Place, metadataType: string, metadata: Json): RunningOperation {
    const operation = new RunningOperation(place, this.#sequence++, this.clock, metadataType, metadata);
    this.#operations.set(operation.message.name, operation);
    return operation;
  }

  get(name: string): OperationMessage {
    return this.#find(name).message;
  }

  /** @param collection `projects/P/regions/R/operations` */
  list(collection: string, request: Json): Json {
    const filter = textOf(request, 'filter');
    const cluster =
      /clusterName\s*[:=]\s*"?([\w-]+)/.exec(filter)?.[1] ?? /"cluster_?[nN]ame"\s*:\s*"([^"]+)"/.exec(filter)?.[1];
    const state = /status\.state\s*[:=]\s*"?(\w+)/.exec(filter)?.[1] ?? /matcher"\s*:\s*"(\w+)"/.exec(filter)?.[1];
    const found = [...this.#operations.values()].filter(
      ({ message, done }) =>
        message.name.startsWith(`${collection}/`) &&
        (cluster === undefined || message.metadata['clusterName'] === cluster) &&
        (state === undefined || matches(message, done, state)),
    );
    const { items, next } = page(
      found,
      ({ sequence }) => sequence,
      { ...request, name: collection },
      { usual: 100, most: 1000 },
    );
    return { ...(items.length > 0 ? { operations: items.map(({ message }) => message) } : {}), ...next };
  }

  cancel(name: string): Json {
    const operation = this.#find(name);
    if (operation.done) {
      throw failedPrecondition(`Operation ${name} is done and cannot be cancelled.`);
    }
    operation.cancelled.abort();
    return {};
  }

  delete(name: string): Json {
    if (!this.#find(name).done) {
      throw failedPrecondition(`Operation ${name} is not done and cannot be deleted.`);
    }
    this.#operations.delete(name);
    return {};
  }

  #find(name: string): RunningOperation {
    const operation = this.#operations.get(name);
    if (operation === undefined) {
      throw notFound(`Operation ${name}`);
    }
    return operation;
  }
}

function matches({ metadata }: OperationMessage, done: boolean, state: string): boolean {
  switch (state) {
    case 'ACTIVE':
      return !done;
    case 'NON_ACTIVE':
    case 'INACTIVE':
      return done;
    default:
      return (metadata['status'] as OperationStatus | undefined)?.state === state;
  }
}
