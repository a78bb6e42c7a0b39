import { AsyncLocalStorage } from 'node:async_hooks';
import { AutoscalingPolicyServiceClient } from '@google-cloud/dataproc/build/src/v1/autoscaling_policy_service_client';
import { ClusterControllerClient } from '@google-cloud/dataproc/build/src/v1/cluster_controller_client';
import { JobControllerClient } from '@google-cloud/dataproc/build/src/v1/job_controller_client';
import { LoggingServiceV2Client } from '@google-cloud/logging-api/build/src/v2/logging_service_v2_client';
import type { CallOptions, ClientOptions } from 'google-gax';
import { GoogleError } from './googleApi';
import { addNewerFields } from './newerFields';
import { throwIfCancelled, type HttpRequest, type Transport } from './transport';

type Json = Readonly<Record<string, unknown>>;

interface Call {
  /** Where it goes; the clients know one place of each service only. */
  origin: string;
  tries: HttpRequest['tries'];
  signal: AbortSignal;
}

interface CallContext extends Call {
  answer: Json | undefined;
  failure: Error | undefined;
}

/**
 * One page a call, and nothing is made again by the library: the transport knows what may be. Its own deadline is beyond
 * the transport's.
 */
const once: CallOptions = { autoPaginate: false, retry: null, timeout: 600_000 };

/**
 * Google's own clients over REST. They check requests against the published protos and make their URLs; the calls
 * themselves are made by the transport, so that they end with a signal and go through VS Code's proxy.
 *
 * What they would make of answers is not used: they refuse a whole answer where it holds one `Any` of a type that they
 * do not know, as operations and log entries do.
 */
export class GoogleClients {
  readonly #context = new AsyncLocalStorage<CallContext>();
  readonly #options: ClientOptions;
  #clusters: ClusterControllerClient | undefined;
  #jobs: JobControllerClient | undefined;
  #policies: AutoscalingPolicyServiceClient | undefined;
  #logging: LoggingServiceV2Client | undefined;

  constructor(private readonly transport: Transport) {
    const auth = {
      fetch: (url: string, init: { method: string; headers: Headers; body?: string }) => this.#fetch(url, init),
      // What makes it one, for the clients; never asked.
      getRequestHeaders: () => new Headers(),
    };
    // Given, as it would be taken from the environment otherwise.
    this.#options = { fallback: 'rest', universeDomain: 'googleapis.com', auth } as unknown as ClientOptions;
    addNewerFields();
  }

  // Each is made when it is first used: it reads all protos of its service.

  get clusters(): ClusterControllerClient {
    return (this.#clusters ??= new ClusterControllerClient(this.#options));
  }

  get jobs(): JobControllerClient {
    return (this.#jobs ??= new JobControllerClient(this.#options));
  }

  get policies(): AutoscalingPolicyServiceClient {
    return (this.#policies ??= new AutoscalingPolicyServiceClient(this.#options));
  }

  get logging(): LoggingServiceV2Client {
    return (this.#logging ??= new LoggingServiceV2Client(this.#options));
  }

  /** The answer of one call as JSON, enums as numbers. Rejects as the transport does. */
  async call(call: Call, make: (options: CallOptions) => Promise<unknown>): Promise<Json> {
    throwIfCancelled(call.signal);
    const context: CallContext = { ...call, answer: undefined, failure: undefined };
    let refusal: unknown;
    try {
      await this.#context.run(context, () => make({ ...once }));
    } catch (error) {
      refusal = error;
    }
    if (context.failure !== undefined) {
      throw context.failure;
    }
    if (context.answer === undefined) {
      // It was never sent.
      throw new GoogleError(refusal instanceof Error ? refusal.message : 'The request could not be written.', {
        code: 'INVALID_ARGUMENT',
        cause: refusal,
      });
    }
    return context.answer;
  }

  async #fetch(url: string, init: { method: string; headers: Headers; body?: string }): Promise<Response> {
    const context = this.#context.getStore();
    if (context === undefined) {
      throw new Error('A call that nobody made.');
    }
    const { pathname, search } = new URL(url);
    try {
      context.answer = await this.transport.json({
        method: init.method,
        url: context.origin + pathname + search,
        headers: Object.fromEntries(init.headers),
        ...(init.body === undefined ? {} : { body: init.body }),
        tries: context.tries,
        signal: context.signal,
      });
    } catch (error) {
      context.failure = error instanceof Error ? error : new Error(String(error));
      throw context.failure;
    }
    return new Response('{}');
  }
}
