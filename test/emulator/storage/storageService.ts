import { createReadStream } from 'node:fs';
import type { Answer, ApiRequest, Call, Service } from '../http/call';
import { readJson } from '../http/call';
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
    const found = /^\/(upload\/|download\/)?storage\/v1\/b(?:\/([^/]+)(?:\/o(?:\/(.+))?|(\/o)?)?)?$/.exec(request.path);
    if (found === null) {
      return undefined;
    }
    const [, side, bucket, object] = found.map((part: string | undefined) =>
      part === undefined ? undefined : decodeURIComponent(part),
    );
    if (bucket === undefined) {
      return this.#buckets(request);
    }
    if (side === 'upload/') {
      return { name: 'storage.objects.insert', run: () => this.#uploads.handle(request, this.#bucket(bucket).name) };
    }
    if (object !== undefined) {
      return this.#objectCall(request, bucket, object);
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
    const media = request.query.get('alt') === 'media';
    return {
      name: media ? 'storage.objects.download' : 'storage.objects.get',
      run: () => {
        const object = this.#object(request, bucket, name);
        return media ? download(request, object) : { status: 200, body: this.#resource(request, object) };
      },
    };
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
    const { bucket, name, generation, size, metadata, ...rest } = without(object, 'file');
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
      metageneration: '1',
      storageClass: 'STANDARD',
      size: String(size),
      ...rest,
      updated: object.timeCreated,
      ...(metadata === undefined ? {} : { metadata }),
    };
  }
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
