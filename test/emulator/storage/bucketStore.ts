import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../clock';
import { Crc32c } from './crc32c';
import { StorageError } from './storageError';

export interface Bucket {
  readonly name: string;
  readonly location: string;
  readonly projectId: string;
  readonly timeCreated: string;
}

export interface StoredObject {
  readonly bucket: string;
  readonly name: string;
  readonly generation: string;
  readonly metageneration: number;
  readonly contentType: string;
  readonly size: number;
  readonly md5Hash: string;
  readonly crc32c: string;
  readonly timeCreated: string;
  readonly metadata: Readonly<Record<string, string>> | undefined;
  /** Where its bytes are. */
  readonly file: string;
}

export interface ObjectOptions {
  readonly contentType?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** What the bytes must have, big-endian in base64. */
  readonly crc32c?: string | undefined;
  /** Called once all bytes are here, right before the object is seen. What it throws keeps the object as it was. */
  readonly check?: (present: StoredObject | undefined) => void;
}

/** Buckets and objects: what is known of them in memory, their bytes on disk. */
export class BucketStore {
  readonly #buckets = new Map<string, Bucket>();
  readonly #objects = new Map<string, Map<string, StoredObject>>();
  #generation = 0;

  constructor(
    private readonly folder: string,
    private readonly clock: Clock,
  ) {}

  bucket(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  buckets(): Bucket[] {
    return [...this.#buckets.values()];
  }

  removeBucket(name: string): void {
    this.#buckets.delete(name);
    this.#objects.delete(name);
  }

  addBucket(name: string, projectId: string, location: string): Bucket {
    const present = this.#buckets.get(name);
    if (present !== undefined) {
      return present;
    }
    const bucket = { name, projectId, location: location.toUpperCase(), timeCreated: this.clock.timestamp() };
    this.#buckets.set(name, bucket);
    this.#objects.set(name, new Map());
    return bucket;
  }

  object(bucket: string, name: string): StoredObject | undefined {
    return this.#objects.get(bucket)?.get(name);
  }

  /** Objects of a bucket whose names begin with a prefix, by name. */
  objects(bucket: string, prefix = ''): StoredObject[] {
    return [...(this.#objects.get(bucket)?.values() ?? [])]
      .filter(({ name }) => name.startsWith(prefix))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** A place for bytes that become an object later. */
  async newFile(): Promise<string> {
    await mkdir(this.folder, { recursive: true });
    return join(this.folder, randomUUID());
  }

  async put(
    bucket: string,
    name: string,
    content: Buffer | string | Readable,
    options: ObjectOptions = {},
  ): Promise<StoredObject> {
    const file = await this.newFile();
    const source = content instanceof Readable ? content : Readable.from([Buffer.from(content)]);
    const hashes = new Hashes();
    await pipeline(source, hashes.stream(), createWriteStream(file));
    return this.#add(bucket, name, file, hashes, options);
  }

  /** Makes an object of a file, which is the store's from now on. */
  async adopt(bucket: string, name: string, file: string, options: ObjectOptions = {}): Promise<StoredObject> {
    const hashes = new Hashes();
    for await (const part of createReadStream(file)) {
      hashes.update(part as Buffer);
    }
    return this.#add(bucket, name, file, hashes, options);
  }

  async read(object: StoredObject): Promise<Buffer> {
    return readFile(object.file);
  }

  async copyTo(object: StoredObject, file: string): Promise<void> {
    await copyFile(object.file, file);
  }

  async remove(object: StoredObject): Promise<void> {
    this.#objects.get(object.bucket)?.delete(object.name);
    await rm(object.file, { force: true });
  }

  /** Changes what is said of an object; its bytes and generation stay. */
  describe(object: StoredObject, changes: Partial<Pick<StoredObject, 'contentType' | 'metadata'>>): StoredObject {
    const changed = { ...object, ...changes, metageneration: object.metageneration + 1 };
    this.#objects.get(object.bucket)?.set(object.name, changed);
    return changed;
  }

  async #add(
    bucket: string,
    name: string,
    file: string,
    hashes: Hashes,
    options: ObjectOptions,
  ): Promise<StoredObject> {
    const objects = this.#objects.get(bucket);
    const present = objects?.get(name);
    const digest = hashes.digest();
    try {
      if (options.crc32c !== undefined && options.crc32c !== digest.crc32c) {
        const message = `Provided CRC32C "${options.crc32c}" doesn't match calculated CRC32C "${digest.crc32c}".`;
        throw new StorageError(400, 'invalid', message);
      }
      options.check?.(present);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
    const generation = Math.max(Math.floor(this.clock.now() * 1000), this.#generation + 1);
    this.#generation = generation;
    const object: StoredObject = {
      bucket,
      name,
      generation: String(generation),
      metageneration: 1,
      contentType: options.contentType ?? 'application/octet-stream',
      ...digest,
      timeCreated: this.clock.timestamp(),
      metadata: options.metadata,
      file,
    };
    objects?.set(name, object);
    if (present !== undefined) {
      // Who reads it has it open, and reads on.
      await rm(present.file, { force: true });
    }
    return object;
  }
}

class Hashes {
  readonly #md5 = createHash('md5');
  readonly #crc32c = new Crc32c();
  #size = 0;

  update(bytes: Buffer): void {
    this.#md5.update(bytes);
    this.#crc32c.update(bytes);
    this.#size += bytes.length;
  }

  stream(): Transform {
    return new Transform({
      transform: (bytes: Buffer, _encoding, done) => {
        this.update(bytes);
        done(null, bytes);
      },
    });
  }

  digest(): { size: number; md5Hash: string; crc32c: string } {
    return { size: this.#size, md5Hash: this.#md5.digest('base64'), crc32c: this.#crc32c.digest() };
  }
}
