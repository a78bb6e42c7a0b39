/** Objects of a bucket, as the output of a job needs them. Every call may fail, and is made again with the next poll. */
export interface OutputStore {
  /** Objects whose names begin with `prefix`, from the name `from` on, sorted by name; the first page is enough. */
  list(prefix: string, from: string, signal: AbortSignal): Promise<readonly StoredObject[]>;
  /** Size in bytes; undefined where there is no such object. */
  size(name: string, signal: AbortSignal): Promise<number | undefined>;
  /** Bytes from `from` up to, not including, `to`. It may end early: what came is kept. */
  read(name: string, from: number, to: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
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

  constructor(options: DriverOutputOptions) {
    this.#options = options;
    this.#kept = options.kept;
  }

  /** Bytes that are kept. */
  get kept(): number {
    return this.#kept;
  }

  /**
   * Takes what has come since the last poll; one call of the store where nothing has. Throws what the store and
   * `write` throw, with all kept that came before it, and a RangeError where the output is shorter than what is kept.
   */
  async poll(signal: AbortSignal): Promise<OutputState> {
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
        this.#before += size;
        this.#index += 1;
      }
      if (listed.length === 0) {
        return 'open';
      }
    }
  }

  /** The object that may grow, and those that follow it without a gap. */
  async #list(signal: AbortSignal): Promise<StoredObject[]> {
    const { store, prefix } = this.#options;
    const name = (index: number): string => `${prefix}.${String(index).padStart(9, '0')}`;
    const listed = await store.list(`${prefix}.`, name(this.#index), signal);
    const gap = listed.findIndex((object, at) => object.name !== name(this.#index + at));
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
    for await (const bytes of this.#options.store.read(name, from, size, signal)) {
      await this.#options.write(bytes, this.#kept);
      this.#kept += bytes.length;
      signal.throwIfAborted();
    }
  }
}
