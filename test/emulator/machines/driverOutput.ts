import type { BucketStore } from '../storage/bucketStore';

export interface ChunkOptions {
  /** Bytes after which the next chunk begins. */
  readonly chunkBytes: number;
  /** How long output may wait before it is in the bucket. */
  readonly flushMilliseconds: number;
}

/**
 * Writes a driver's output as Dataproc does: objects `PREFIX.000000000` and on. The last of them grows by being
 * written again, all before it are final, and one without bytes marks the end.
 */
export class DriverOutput {
  readonly #bucket: string;
  readonly #prefix: string;
  #index = 0;
  #chunk = Buffer.alloc(0);
  #written = 0;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: BucketStore,
    uri: string,
    private readonly options: ChunkOptions,
  ) {
    const [, bucket = '', prefix = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  write(bytes: Buffer): void {
    this.#chunk = Buffer.concat([this.#chunk, bytes]);
    if (this.#chunk.length >= this.options.chunkBytes) {
      this.#flush();
    } else {
      this.#timer ??= setTimeout(() => this.#flush(), this.options.flushMilliseconds);
    }
  }

  /** Resolves when all of it, and the mark of the end, are in the bucket. */
  async close(): Promise<void> {
    this.#flush();
    if (this.#chunk.length > 0) {
      this.#index++;
    }
    this.#put(this.#index, Buffer.alloc(0));
    await this.#work;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#chunk.length >= this.options.chunkBytes) {
      this.#put(this.#index, this.#chunk.subarray(0, this.options.chunkBytes));
      this.#chunk = this.#chunk.subarray(this.options.chunkBytes);
      this.#index++;
      this.#written = 0;
    }
    if (this.#chunk.length > this.#written) {
      this.#put(this.#index, this.#chunk);
      this.#written = this.#chunk.length;
    }
  }

  #put(index: number, bytes: Buffer): void {
    const name = `${this.#prefix}.${String(index).padStart(9, '0')}`;
    this.#work = this.#work.then(async () => {
      await this.store.put(this.#bucket, name, bytes);
    });
  }
}
