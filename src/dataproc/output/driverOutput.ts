/** Objects of a bucket, as the output of a job needs them. Every call may fail, and is made again with the next poll. */
export interface OutputStore {
  /** Objects whose names begin with `prefix`, from the name `from` on, sorted by name; the first page is enough. */
  list(prefix: string, from: string, signal: AbortSignal): Promise<readonly StoredObject[]>;
  /** Size in bytes; undefined where there is no such object. */
  size(name: string, signal: AbortSignal): Promise<number | undefined>;
  /**
   * Bytes from `from` up to, not including, `to`; without it all that there are, none where there are no more. It may
   * end early: what came is kept.
   */
  read(name: string, from: number, to: number | undefined, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface StoredObject {
  name: string;
  /** Bytes. */
  size: number;
}

export interface DriverOutputOptions {
  store: OutputStore;
  /** `driverOutputResourceUri` of the job, without `gs://BUCKET/`. */
  prefix: string;
  /** Bytes of the output that were kept before, by an earlier window: the size of the file on disk. */
  kept: number;
  /**
   * Keeps bytes at this place of the output, counted from 0: again at the same place where it failed before.
   * What it has resolved for is not read again.
   */
  write: (bytes: Uint8Array, at: number) => Promise<void>;
}

/** `open`: more may come. `ended`: the service has closed the output. */
export type OutputState = 'open' | 'ended';

/** Polls in a row that brought output before the next one reads on without a look at what there is. */
const steady = 2;
/** Bytes of one poll from which on an object is soon full: then what follows it is looked for at once. */
const much = 64 * 1024;

/**
 * The output of a Dataproc job, each byte once. The service writes it to objects `PREFIX.000000000`, `PREFIX.000000001`
 * and so on. One grows in place until there is a next one; one without a byte closes the output. These are the rules
 * that gcloud follows (`api_lib/dataproc/storage_helpers.py`).
 */
export class DriverOutput {
  readonly #options: DriverOutputOptions;
  #kept: number;
  /** The object that may grow. */
  #index = 0;
  /** Bytes of the objects before it. */
  #before = 0;
  /** Bytes of a whole object, once there was one. */
  #whole: number | undefined;
  /** Polls in a row that brought output, and what the last one brought. */
  #inARow = 0;
  #brought = 0;

  constructor(options: DriverOutputOptions) {
    this.#options = options;
    this.#kept = options.kept;
  }

  /** Bytes that are kept. */
  get kept(): number {
    return this.#kept;
  }

  /**
   * Takes what has come since the last poll; one call of the store where nothing has, and where a little comes again
   * and again. Throws what the store and `write` throw, with all kept that came before it, and a RangeError where the
   * output is shorter than what is kept.
   */
  async poll(signal: AbortSignal): Promise<OutputState> {
    const from = this.#kept;
    try {
      return await this.#poll(signal);
    } finally {
      this.#brought = this.#kept - from;
      this.#inARow = this.#brought > 0 ? this.#inARow + 1 : 0;
    }
  }

  async #poll(signal: AbortSignal): Promise<OutputState> {
    if (this.#readsOn()) {
      const from = this.#kept;
      await this.#read(this.#name(this.#index), undefined, signal);
      if (this.#kept > from) {
        return 'open';
      }
    }
    for (;;) {
      const listed = await this.#list(signal);
      for (const [at, object] of listed.entries()) {
        if (object.size === 0) {
          return 'ended';
        }
        const last = at === listed.length - 1;
        const size = at === listed.length - 2 ? await this.#sizeNow(object, signal) : object.size;
        await this.#take(object.name, size, last, signal);
        if (last || this.#kept < this.#before + size) {
          return 'open';
        }
        this.#whole = size;
        this.#before += size;
        this.#index += 1;
      }
      if (listed.length === 0) {
        return 'open';
      }
    }
  }

  /**
   * True where the object that grows has most likely grown, and is not full. What comes into the next one would be here
   * a poll later.
   */
  #readsOn(): boolean {
    const room = this.#whole === undefined ? Infinity : this.#whole - (this.#kept - this.#before);
    return this.#inARow >= steady && this.#brought < much && this.#brought < room;
  }

  #name(index: number): string {
    return `${this.#options.prefix}.${String(index).padStart(9, '0')}`;
  }

  /** The object that may grow, and those that follow it without a gap. */
  async #list(signal: AbortSignal): Promise<StoredObject[]> {
    const { store, prefix } = this.#options;
    const listed = await store.list(`${prefix}.`, this.#name(this.#index), signal);
    const gap = listed.findIndex((object, at) => object.name !== this.#name(this.#index + at));
    return listed.slice(0, gap === -1 ? listed.length : gap);
  }

  /** A listing may have seen an object before its last bytes, and the next one already. */
  async #sizeNow(object: StoredObject, signal: AbortSignal): Promise<number> {
    return (await this.#options.store.size(object.name, signal)) ?? object.size;
  }

  async #take(name: string, size: number, last: boolean, signal: AbortSignal): Promise<void> {
    const from = this.#kept - this.#before;
    if (from > size && last) {
      throw new RangeError(`${name} holds ${size} bytes, fewer than the ${from} that were read of it`);
    }
    if (from >= size) {
      return;
    }
    await this.#read(name, size, signal);
  }

  async #read(name: string, to: number | undefined, signal: AbortSignal): Promise<void> {
    for await (const bytes of this.#options.store.read(name, this.#kept - this.#before, to, signal)) {
      await this.#options.write(bytes, this.#kept);
      this.#kept += bytes.length;
      signal.throwIfAborted();
    }
  }
}
