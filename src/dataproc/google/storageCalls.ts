import type { OutputStore } from '../output/driverOutput';
import { Crc32c } from './crc32c';
import type { Place, StorageApi } from './googleApi';
import { GoogleError } from './googleApi';
import type { HttpRequest, Transport } from './transport';
import { checksumIn, upload, type Upload } from './upload';
import { uploadContent } from './uploadContent';
import { listAt, numberAt, textAt, type Json } from './wire';

const host = 'storage.googleapis.com';
/** Of an upload that is damaged on its way each time. */
const mostTries = 3;

/**
 * Cloud Storage's JSON API. Not by `@google-cloud/storage`: of its calls, only streams end with a signal, and it makes
 * them with agents of its own (`teeny-request`), past what VS Code's settings say of proxies.
 */
export class StorageCalls implements StorageApi {
  readonly #origin: string;

  constructor(
    private readonly transport: Transport,
    originOf: (host: string) => string,
  ) {
    this.#origin = originOf(host);
  }

  async ensureBucket(
    { project, region }: Place,
    name: string,
    { kmsKey }: { kmsKey?: string },
    signal: AbortSignal,
  ): Promise<boolean> {
    const found = await this.#send({ method: 'GET', url: this.#bucketUrl(name), accept: [404], tries: 3, signal });
    if (found.status !== 404) {
      return false;
    }
    const bucket = {
      name,
      location: region === 'global' ? 'US' : region,
      iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: 'enforced' },
      ...(kmsKey === undefined ? {} : { encryption: { defaultKmsKeyName: kmsKey } }),
    };
    const made = await this.#send({
      method: 'POST',
      url: `${this.#origin}/storage/v1/b?project=${encodeURIComponent(project)}`,
      headers: { 'Content-Type': 'application/json; charset=UTF-8' },
      body: JSON.stringify(bucket),
      // Somebody was faster, or the answer of a first try was lost.
      accept: [409],
      tries: 3,
      signal,
    });
    return made.status !== 409;
  }

  /**
   * Makes it where it is missing. One that is there stays, and is told by its checksum: rejects where it has other
   * content. One call for up to 8 MB, two for more; one more where it was there. Sent again where it was damaged on its
   * way.
   */
  async put(
    bucket: string,
    name: string,
    content: Uint8Array | { path: string },
    contentType: string,
    signal: AbortSignal,
  ): Promise<void> {
    const source = await uploadContent(content, signal);
    const order = { ...{ origin: this.#origin, bucket, name, contentType, signal }, content: source };
    for (let tries = 1; ; tries += 1) {
      const sent = await this.#sent(order);
      if (sent === 'made') {
        return;
      }
      if (sent === 'present') {
        break;
      }
      if (tries === mostTries) {
        throw new GoogleError(`gs://${bucket}/${name} was damaged on its way, ${tries} times.`, {
          code: 'UNAVAILABLE',
        });
      }
    }
    const present = await this.#object(bucket, name, 'crc32c', signal);
    if (present === undefined || checksumIn(present) !== source.crc32c) {
      throw new GoogleError(`gs://${bucket}/${name} is there already, with other content.`, {
        code: 'ALREADY_EXISTS',
        status: 412,
      });
    }
  }

  async size(bucket: string, name: string, signal: AbortSignal): Promise<number | undefined> {
    const object = await this.#object(bucket, name, 'size', signal);
    return object === undefined ? undefined : numberAt(object, 'size');
  }

  async get(bucket: string, name: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const url = `${this.#objectUrl(bucket, name)}?alt=media`;
    const answer = await this.#send({ method: 'GET', url, accept: [404], tries: 3, signal });
    if (answer.status === 404) {
      return undefined;
    }
    const header = answer.headers['x-goog-hash'];
    const expected = /crc32c=([\w+/]+=*)/.exec(Array.isArray(header) ? header.join() : (header ?? ''))?.[1];
    if (expected !== undefined && expected !== new Crc32c().update(answer.body).digest()) {
      throw new GoogleError(`gs://${bucket}/${name} was damaged on its way.`, { code: 'UNAVAILABLE' });
    }
    return answer.body;
  }

  async delete(bucket: string, name: string, signal: AbortSignal): Promise<void> {
    await this.#remove(bucket, name, undefined, signal);
  }

  /** Each of its calls is made once: who follows an output makes them again with the next poll. */
  output(bucket: string): OutputStore {
    return {
      list: async (prefix, from, signal) => {
        const query = new URLSearchParams({ prefix, startOffset: from, fields: 'items(name,size)' });
        const url = `${this.#bucketUrl(bucket)}/o?${query.toString()}`;
        const answer = await this.transport.json({ method: 'GET', url, tries: 1, signal });
        return listAt(answer, 'items')
          .map((item) => ({ name: textAt(item, 'name'), size: numberAt(item, 'size') }))
          .filter(({ name }) => name >= from);
      },
      size: async (name, signal) => {
        const object = await this.#object(bucket, name, 'size', signal, 1);
        return object === undefined ? undefined : numberAt(object, 'size');
      },
      read: (name, from, to, signal) =>
        this.transport.stream({
          method: 'GET',
          url: `${this.#objectUrl(bucket, name)}?alt=media`,
          headers: { Range: `bytes=${from}-${to === undefined ? '' : to - 1}` },
          // There is no more, or it is shorter than was thought.
          accept: [416],
          tries: 1,
          signal,
        }),
    };
  }

  /** What is damaged is not there: the service refuses it, or it is deleted again. */
  async #sent(order: Upload): Promise<'made' | 'present' | 'damaged'> {
    const { bucket, name, content, signal } = order;
    let made: Json | undefined;
    try {
      made = await upload(this.transport, order);
    } catch (error) {
      if (error instanceof GoogleError && error.status === 400 && /crc32c/i.test(error.message)) {
        return 'damaged';
      }
      throw error;
    }
    if (made === undefined) {
      return 'present';
    }
    if (checksumIn(made) === content.crc32c) {
      return 'made';
    }
    await this.#remove(bucket, name, textAt(made, 'generation'), signal);
    return 'damaged';
  }

  async #object(
    bucket: string,
    name: string,
    fields: string,
    signal: AbortSignal,
    tries: 1 | 3 = 3,
  ): Promise<Json | undefined> {
    const url = `${this.#objectUrl(bucket, name)}?fields=${fields}`;
    const answer = await this.#send({ method: 'GET', url, accept: [404], tries, signal });
    return answer.status === 404 ? undefined : (JSON.parse(answer.body.toString('utf8')) as Json);
  }

  async #remove(bucket: string, name: string, generation: string | undefined, signal: AbortSignal): Promise<void> {
    const query = generation === undefined || generation === '' ? '' : `?generation=${generation}`;
    const url = this.#objectUrl(bucket, name) + query;
    await this.#send({ method: 'DELETE', url, accept: [404], tries: 3, signal });
  }

  #send(request: HttpRequest): ReturnType<Transport['send']> {
    return this.transport.send(request);
  }

  #bucketUrl(bucket: string): string {
    return `${this.#origin}/storage/v1/b/${encodeURIComponent(bucket)}`;
  }

  #objectUrl(bucket: string, name: string): string {
    return `${this.#bucketUrl(bucket)}/o/${encodeURIComponent(name)}`;
  }
}
