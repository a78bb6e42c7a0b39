import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { invalid } from './apiError';

/** A request before anything has been done for it. */
export interface ApiRequest {
  readonly method: string;
  /** Still encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly message: IncomingMessage;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects are sent as JSON. */
  readonly body?: Buffer | Readable | string | object;
}

/** What a request asks for. `name` is what faults are set for, such as `ClusterController.CreateCluster`. */
export interface Call {
  readonly name: string;
  run(): Promise<Answer> | Answer;
}

/** One of the APIs. */
export interface Service {
  /** The call that a request is, or undefined when it is one of another service. */
  route(request: ApiRequest): Call | undefined;
}

export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) {
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}

/** The body as JSON, undefined when there is none. */
export async function readJson(message: IncomingMessage): Promise<unknown> {
  const text = (await readBody(message)).toString('utf8');
  if (text.trim() === '') {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`Invalid JSON payload received. ${error instanceof Error ? error.message : ''}`);
  }
}
