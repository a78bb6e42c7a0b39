import { createReadStream } from 'node:fs';
import type { Answer, ApiRequest, Call, Service } from '../http/call';
import { readBody, readJson } from '../http/call';
import { isJson, without } from '../json';
import type { Bucket, BucketStore, StoredObject } from './bucketStore';
import { conditionNotMet, noSuchObject, StorageError } from './storageError';
import { Uploads } from './uploads';

const bucketName = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/;

/** Cloud Storage's JSON API, version 1: the calls that clients of Dataproc need. */
export class StorageService implements Service {
  readonly #uploads: Uploads;

  constructor(private readonly store: BucketStore) {
    this.#uploads = new Uploads(store, (request, object) => this.#resource(request, object));
  }

  route(request: ApiRequest): Call | undefined {
    if (request.path === '/batch/storage/v1') {
      return { name: 'storage.batch', run: () => this.#batch(request) };
    }
    const found =
      /^\/((?:resumable\/)?upload\/|download\/)?storage\/v1\/b(?:\/([^/]+)(?:\/o(?:\/(.+))?|(\/storageLayout)?)?)?$/.exec(
        request.path,
      );
    if (found === null) {
      return undefined;
    }
    const [, side, bucket, object] = found.map((part: string | undefined) =>
      part === undefined ? undefined : decodeURIComponent(part),
    );
    if (bucket === undefined) {
      return this.#buckets(request);
    }
    if (side?.endsWith('upload/') === true) {
      return { name: 'storage.objects.insert', run: () => this.#uploads.handle(request, this.#bucket(bucket).name) };
    }
    if (object !== undefined) {
      return this.#copyCall(request, bucket, found[3] ?? '') ?? this.#objectCall(request, bucket, object);
    }
    if (request.path.endsWith('/storageLayout')) {
      return { name: 'storage.buckets.getStorageLayout', run: () => layout(this.#bucket(bucket)) };
    }
    if (request.method === 'DELETE') {
      return { name: 'storage.buckets.delete', run: () => this.#removeBucket(this.#bucket(bucket)) };
    }
    return request.path.endsWith('/o')
      ? { name: 'storage.objects.list', run: () => this.#list(request, bucket) }
      : { name: 'storage.buckets.get', run: () => ({ status: 200, body: bucketResource(this.#bucket(bucket)) }) };
  }

  #buckets(request: ApiRequest): Call {
    const projectId = request.query.get('project') ?? '';
    if (request.method === 'POST') {
      return { name: 'storage.buckets.insert', run: () => this.#insertBucket(request, projectId) };
    }
    const prefix = request.query.get('prefix') ?? '';
    return {
      name: 'storage.buckets.list',
      run: () => {
        const buckets = this.store
          .buckets()
          .filter((one) => one.projectId === projectId && one.name.startsWith(prefix));
        return { status: 200, body: { kind: 'storage#buckets', items: buckets.map(bucketResource) } };
      },
    };
  }

  async #insertBucket(request: ApiRequest, projectId: string): Promise<Answer> {
    const body = await readJson(request.message);
    const name = isJson(body) ? body['name'] : undefined;
    if (typeof name !== 'string' || !bucketName.test(name)) {
      throw new StorageError(400, 'invalid', `Invalid bucket name: '${String(name)}'`);
    }
    if (this.store.bucket(name) !== undefined) {
      throw new StorageError(
        409,
        'conflict',
        'Your previous request to create the named bucket succeeded and you already own it.',
      );
    }
    const location = isJson(body) && typeof body['location'] === 'string' ? body['location'] : 'US';
    return { status: 200, body: bucketResource(this.store.addBucket(name, projectId, location)) };
  }

  #removeBucket(bucket: Bucket): Answer {
    if (this.store.objects(bucket.name).length > 0) {
      throw new StorageError(409, 'conflict', 'The bucket you tried to delete is not empty.');
    }
    this.store.removeBucket(bucket.name);
    return { status: 204 };
  }

  /** Calls that make an object of others. */
  #copyCall(request: ApiRequest, bucket: string, path: string): Call | undefined {
    if (request.method !== 'POST') {
      return undefined;
    }
    const copy = /^([^/]+)\/(rewriteTo|copyTo)\/b\/([^/]+)\/o\/([^/]+)$/.exec(path)?.map(decodeURIComponent);
    if (copy !== undefined) {
      const [, from = '', way = '', toBucket = '', to = ''] = copy;
      const run = async (): Promise<Answer> => {
        const copied = await this.#make([this.#object(request, bucket, from)], this.#bucket(toBucket).name, to);
        const resource = this.#resource(request, copied);
        const { size } = copied;
        const done = { kind: 'storage#rewriteResponse', totalBytesRewritten: String(size), objectSize: String(size) };
        return { status: 200, body: way === 'copyTo' ? resource : { ...done, done: true, resource } };
      };
      return { name: way === 'copyTo' ? 'storage.objects.copy' : 'storage.objects.rewrite', run };
    }
    const [, source, target] = /^([^/]+)\/moveTo\/o\/([^/]+)$/.exec(path)?.map(decodeURIComponent) ?? [];
    if (source !== undefined && target !== undefined) {
      const run = async (): Promise<Answer> => {
        const before = this.#object(request, bucket, source);
        const moved = await this.#make([before], bucket, target);
        await this.store.remove(before);
        return { status: 200, body: this.#resource(request, moved) };
      };
      return { name: 'storage.objects.move', run };
    }
    const composed = /^([^/]+)\/compose$/.exec(path)?.[1];
    if (composed === undefined) {
      return undefined;
    }
    const run = async (): Promise<Answer> => {
      const body = await readJson(request.message);
      const named = isJson(body) && Array.isArray(body['sourceObjects']) ? (body['sourceObjects'] as unknown[]) : [];
      const sources = named.map((one) => this.#object(request, bucket, isJson(one) ? String(one['name']) : ''));
      const object = await this.#make(sources, bucket, decodeURIComponent(composed));
      return { status: 200, body: this.#resource(request, object) };
    };
    return { name: 'storage.objects.compose', run };
  }

  async #make(sources: StoredObject[], bucket: string, name: string): Promise<StoredObject> {
    const bytes = Buffer.concat(await Promise.all(sources.map((source) => this.store.read(source))));
    const { contentType, metadata } = sources[0] ?? {};
    return this.store.put(bucket, name, bytes, { contentType, metadata });
  }

  /** Calls in one request: what clients delete many objects by. */
  async #batch(request: ApiRequest): Promise<Answer> {
    const text = (await readBody(request.message)).toString('utf8');
    const asked = [...text.matchAll(/^(DELETE|GET) (\/storage\/v1\/b\/\S+)/gm)];
    const boundary = 'batch_answers';
    const answers: string[] = [];
    for (const [index, [, method = '', target = '']] of asked.entries()) {
      const { pathname, searchParams } = new URL(target, 'http://storage');
      const call = this.route({ ...request, method, path: pathname, query: searchParams });
      const { status, body } = await run(call);
      const line = `HTTP/1.1 ${status} ${status < 300 ? 'OK' : 'Error'}`;
      const head = `--${boundary}\r\nContent-Type: application/http\r\nContent-ID: <response-${index + 1}>`;
      const content = body === undefined ? '' : JSON.stringify(body);
      answers.push(`${head}\r\n\r\n${line}\r\nContent-Type: application/json\r\n\r\n${content}\r\n`);
    }
    const headers = { 'Content-Type': `multipart/mixed; boundary=${boundary}` };
    return { status: 200, headers, body: `${answers.join('')}--${boundary}--\r\n` };
  }

  #objectCall(request: ApiRequest, bucket: string, name: string): Call {
    if (request.method === 'DELETE') {
      return {
        name: 'storage.objects.delete',
        run: async () => {
          const object = this.#object(request, bucket, name);
          await this.store.remove(object);
          return { status: 204 };
        },
      };
    }
    if (request.method === 'PATCH' || request.method === 'PUT') {
      return { name: 'storage.objects.patch', run: () => this.#describe(request, bucket, name) };
    }
    const media = request.query.get('alt') === 'media';
    return {
      name: media ? 'storage.objects.download' : 'storage.objects.get',
      run: () => {
        const object = this.#object(request, bucket, name);
        return media ? download(request, object) : { status: 200, body: this.#resource(request, object) };
      },
    };
  }

  async #describe(request: ApiRequest, bucket: string, name: string): Promise<Answer> {
    const body = await readJson(request.message);
    const { contentType, metadata } = isJson(body) ? body : {};
    const object = this.store.describe(this.#object(request, bucket, name), {
      ...(typeof contentType === 'string' ? { contentType } : {}),
      ...(isJson(metadata) ? { metadata: metadata as Record<string, string> } : {}),
    });
    return { status: 200, body: this.#resource(request, object) };
  }

  #list(request: ApiRequest, bucket: string): Answer {
    this.#bucket(bucket);
    const { query } = request;
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter') ?? '';
    const start = query.get('startOffset') ?? '';
    const most = Math.min(Number(query.get('maxResults') ?? 1000) || 1000, 1000);
    const after = Buffer.from(query.get('pageToken') ?? '', 'base64').toString('utf8');
    const items: StoredObject[] = [];
    const prefixes: string[] = [];
    let last = '';
    let more = false;
    for (const object of this.store.objects(bucket, prefix)) {
      const end = delimiter === '' ? -1 : object.name.indexOf(delimiter, prefix.length);
      const folder = end === -1 ? undefined : object.name.slice(0, end + delimiter.length);
      const key = folder ?? object.name;
      if (object.name < start || key <= after || (folder !== undefined && prefixes.at(-1) === folder)) {
        continue;
      }
      if (items.length + prefixes.length === most) {
        more = true;
        break;
      }
      last = key;
      if (folder === undefined) {
        items.push(object);
      } else {
        prefixes.push(folder);
      }
    }
    return {
      status: 200,
      body: {
        kind: 'storage#objects',
        ...(more ? { nextPageToken: Buffer.from(last).toString('base64') } : {}),
        ...(prefixes.length > 0 ? { prefixes } : {}),
        ...(items.length > 0 ? { items: items.map((object) => this.#resource(request, object)) } : {}),
      },
    };
  }

  #bucket(name: string): Bucket {
    const bucket = this.store.bucket(name);
    if (bucket === undefined) {
      throw new StorageError(404, 'notFound', 'The specified bucket does not exist.');
    }
    return bucket;
  }

  /** The object that a request is for, when its conditions hold. */
  #object({ query }: ApiRequest, bucket: string, name: string): StoredObject {
    this.#bucket(bucket);
    const object = this.store.object(bucket, name);
    const generation = query.get('generation');
    if (object === undefined || (generation !== null && generation !== object.generation)) {
      throw noSuchObject(bucket, name);
    }
    const match = query.get('ifGenerationMatch');
    if (match !== null && match !== object.generation) {
      throw conditionNotMet();
    }
    return object;
  }

  #resource({ headers }: ApiRequest, object: StoredObject): object {
    const { bucket, name, generation, metageneration, size, metadata, ...rest } = without(object, 'file');
    const base = `http://${headers.host ?? '127.0.0.1'}`;
    const path = `storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;
    return {
      kind: 'storage#object',
      id: `${bucket}/${name}/${generation}`,
      selfLink: `${base}/${path}`,
      mediaLink: `${base}/download/${path}?generation=${generation}&alt=media`,
      bucket,
      name,
      generation,
      metageneration: String(metageneration),
      etag: Buffer.from(`${generation}/${metageneration}`).toString('base64'),
      storageClass: 'STANDARD',
      size: String(size),
      ...rest,
      updated: object.timeCreated,
      ...(metadata === undefined ? {} : { metadata }),
    };
  }
}

/** What a call of a batch answers. */
async function run(call: Call | undefined): Promise<Answer> {
  try {
    return call === undefined ? { status: 404 } : await call.run();
  } catch (error) {
    if (error instanceof StorageError) {
      return { status: error.httpStatus, body: error.body() as object };
    }
    throw error;
  }
}

function layout({ name, location }: Bucket): Answer {
  const flat = { hierarchicalNamespace: { enabled: false }, locationType: 'region' };
  return { status: 200, body: { kind: 'storage#storageLayout', bucket: name, location, ...flat } };
}

function bucketResource({ name, location, timeCreated }: Bucket): object {
  return {
    kind: 'storage#bucket',
    id: name,
    name,
    location,
    storageClass: 'STANDARD',
    timeCreated,
    updated: timeCreated,
    metageneration: '1',
    etag: Buffer.from(`${name}/1`).toString('base64'),
  };
}

function download({ headers }: ApiRequest, object: StoredObject): Answer {
  const common = {
    'Content-Type': object.contentType,
    'X-Goog-Generation': object.generation,
    'X-Goog-Hash': `crc32c=${object.crc32c},md5=${object.md5Hash}`,
    'Accept-Ranges': 'bytes',
  };
  const range = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/.exec(headers.range ?? '');
  if (range === null) {
    return {
      status: 200,
      headers: { ...common, 'Content-Length': String(object.size) },
      body: object.size === 0 ? '' : createReadStream(object.file),
    };
  }
  const [, first, last, suffix] = range;
  const start = first === undefined ? Math.max(object.size - Number(suffix), 0) : Number(first);
  const end = last === undefined || last === '' ? object.size - 1 : Math.min(Number(last), object.size - 1);
  if (start >= object.size || end < start) {
    return {
      status: 416,
      headers: { ...common, 'Content-Range': `bytes */${object.size}` },
      body: 'The requested range cannot be satisfied.',
    };
  }
  return {
    status: 206,
    headers: {
      ...common,
      'Content-Length': String(end - start + 1),
      'Content-Range': `bytes ${start}-${end}/${object.size}`,
    },
    body: createReadStream(object.file, { start, end }),
  };
}
