import { randomUUID } from 'node:crypto';
import { open, rm, stat, truncate } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Answer, ApiRequest } from '../http/call';
import { readBody, readJson } from '../http/call';
import { isJson, type Json } from '../json';
import type { BucketStore, ObjectOptions, StoredObject } from './bucketStore';
import { conditionNotMet, StorageError } from './storageError';

interface Session {
  readonly bucket: string;
  readonly name: string;
  readonly options: ObjectOptions;
  readonly file: string;
  /** Answered again to who did not get it. */
  done: StoredObject | undefined;
}

/** Bytes are kept in multiples of this. */
const unit = 256 * 1024;

/** The three ways to make an object: media, multipart and resumable. */
export class Uploads {
  readonly #sessions = new Map<string, Session>();

  constructor(
    private readonly store: BucketStore,
    private readonly resource: (request: ApiRequest, object: StoredObject) => object,
  ) {}

  async handle(request: ApiRequest, bucket: string): Promise<Answer> {
    const id = request.query.get('upload_id');
    if (id !== null) {
      return this.#resume(request, id);
    }
    switch (request.query.get('uploadType')) {
      case 'media':
        return this.#answer(
          request,
          await this.store.put(bucket, nameOf(request, {}), request.message, {
            contentType: request.headers['content-type'],
            check: checkOf(request),
          }),
        );
      case 'multipart':
        return this.#multipart(request, bucket);
      case 'resumable':
        return this.#begin(request, bucket);
      default:
        throw new StorageError(400, 'invalid', 'Invalid upload type.');
    }
  }

  async #multipart(request: ApiRequest, bucket: string): Promise<Answer> {
    // Some clients put it into single quotes, which are none of the body's marks.
    const boundary = /boundary=(["']?)(.+?)\1(?:;|$)/.exec(request.headers['content-type'] ?? '');
    const [metadata, media] = parts(await readBody(request.message), boundary?.[2] ?? '');
    if (metadata === undefined || media === undefined) {
      throw new StorageError(400, 'parseError', 'Failed to parse multipart request.');
    }
    const resource = parse(metadata.content.toString('utf8'));
    const options = optionsOf(request, resource, media.contentType);
    return this.#answer(request, await this.store.put(bucket, nameOf(request, resource), media.content, options));
  }

  async #begin(request: ApiRequest, bucket: string): Promise<Answer> {
    const body = await readJson(request.message);
    const resource = isJson(body) ? body : {};
    const type = request.headers['x-upload-content-type'];
    const options = optionsOf(request, resource, typeof type === 'string' ? type : undefined);
    const name = nameOf(request, resource);
    options.check?.(this.store.object(bucket, name));
    const id = randomUUID();
    const file = await this.store.newFile();
    await (await open(file, 'w')).close();
    this.#sessions.set(id, { bucket, name, options, file, done: undefined });
    const query = new URLSearchParams({ uploadType: 'resumable', name, upload_id: id });
    const location = `http://${request.headers.host ?? ''}${request.path}?${query.toString()}`;
    return { status: 200, headers: { Location: location, 'X-GUploader-UploadID': id } };
  }

  async #resume(request: ApiRequest, id: string): Promise<Answer> {
    const session = this.#sessions.get(id);
    if (session === undefined) {
      throw new StorageError(404, 'notFound', 'Upload session not found.');
    }
    if (request.method === 'DELETE') {
      this.#sessions.delete(id);
      await rm(session.file, { force: true });
      return { status: 499 };
    }
    if (session.done !== undefined) {
      return this.#answer(request, session.done);
    }
    const header = request.headers['content-range'];
    const range = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(header ?? 'bytes 0-*/*');
    if (range === null) {
      throw new StorageError(400, 'invalid', `Failed to parse Content-Range header: ${header ?? ''}`);
    }
    const [, first, last, total] = range;
    if (first !== undefined) {
      const here = (await stat(session.file)).size;
      if (Number(first) > here) {
        throw new StorageError(
          503,
          'backendError',
          `Invalid request. There are ${here} bytes, and ${first} were said to be.`,
        );
      }
      await append(session.file, request.message, Number(first));
    }
    const size = (await stat(session.file)).size;
    const complete = total === '*' ? last === '*' && request.message.complete : size === Number(total);
    if (complete && (first !== undefined || total !== '*')) {
      session.done = await this.store.adopt(session.bucket, session.name, session.file, session.options);
      return this.#answer(request, session.done);
    }
    // An upload that broke off is kept in whole units.
    const kept = size - (size % unit);
    await truncate(session.file, kept);
    return { status: 308, headers: kept === 0 ? {} : { Range: `bytes=0-${kept - 1}` } };
  }

  #answer(request: ApiRequest, object: StoredObject): Answer {
    return { status: 200, body: this.resource(request, object) };
  }
}

/** Writes what arrives, also of a request that breaks off. */
async function append(file: string, message: IncomingMessage, position: number): Promise<void> {
  const handle = await open(file, 'r+');
  let at = position;
  try {
    for await (const part of message) {
      const bytes = part as Buffer;
      await handle.write(bytes, 0, bytes.length, at);
      at += bytes.length;
    }
  } catch {
    // The connection broke: what came before is here.
  } finally {
    await handle.close();
  }
}

function nameOf({ query }: ApiRequest, resource: Json): string {
  const name = query.get('name') ?? resource['name'];
  if (typeof name !== 'string' || name === '') {
    throw new StorageError(400, 'required', 'Required object name is missing.');
  }
  return name;
}

function optionsOf(request: ApiRequest, resource: Json, contentType: string | undefined): ObjectOptions {
  const type = resource['contentType'];
  return {
    contentType: typeof type === 'string' ? type : contentType,
    metadata: isJson(resource['metadata']) ? (resource['metadata'] as Record<string, string>) : undefined,
    crc32c: typeof resource['crc32c'] === 'string' ? resource['crc32c'] : undefined,
    check: checkOf(request),
  };
}

function checkOf({ query }: ApiRequest): (present: StoredObject | undefined) => void {
  const match = query.get('ifGenerationMatch');
  return (present) => {
    if (match !== null && match !== (present?.generation ?? '0')) {
      throw conditionNotMet();
    }
  };
}

function parse(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? value : {};
  } catch {
    throw new StorageError(400, 'parseError', 'Parse Error');
  }
}

interface Part {
  readonly contentType: string | undefined;
  readonly content: Buffer;
}

/** The parts of a multipart body. */
function parts(body: Buffer, boundary: string): Part[] {
  const mark = Buffer.from(`--${boundary}`);
  const found: Part[] = [];
  let start = body.indexOf(mark);
  while (start !== -1) {
    const next = body.indexOf(mark, start + mark.length);
    if (next === -1) {
      break;
    }
    const part = body.subarray(start + mark.length, next);
    // Lines of some clients end in LF alone.
    const line = part.subarray(0, 2).toString('latin1') === '\r\n' ? '\r\n' : '\n';
    const head = part.indexOf(line + line);
    const contentType = /content-type:\s*([^\r\n]+)/i.exec(part.subarray(0, head).toString('latin1'))?.[1];
    found.push({ contentType, content: part.subarray(head + 2 * line.length, part.length - line.length) });
    start = next;
  }
  return found;
}
