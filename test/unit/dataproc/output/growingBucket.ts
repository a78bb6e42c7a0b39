import type { OutputStore, StoredObject } from '../../../../src/dataproc/output/driverOutput';

/** A bucket that a job writes its output to, as Dataproc does: objects of a size that grow one after the other. */
export class GrowingBucket implements OutputStore {
  readonly objects: Buffer[] = [];
  calls = { list: 0, size: 0, read: 0 };
  /** Part of the calls that fail, and of the reads that break off. */
  faults = 0;
  /** Called between what a listing sees of one object and of the next. */
  whileListing: () => void = () => undefined;

  constructor(
    readonly prefix: string,
    private readonly objectBytes: number,
    private readonly random: () => number,
  ) {}

  write(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0;) {
      const last = this.objects.at(-1);
      if (last === undefined || last.length >= this.objectBytes) {
        this.objects.push(Buffer.alloc(0));
        continue;
      }
      const part = rest.subarray(0, this.objectBytes - last.length);
      this.objects[this.objects.length - 1] = Buffer.concat([last, part]);
      rest = rest.subarray(part.length);
    }
  }

  close(): void {
    this.objects.push(Buffer.alloc(0));
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async list(prefix: string, from: string): Promise<readonly StoredObject[]> {
    this.calls.list += 1;
    this.#fail();
    const found: StoredObject[] = [];
    for (let index = 0; index < this.objects.length; index += 1) {
      const name = this.#name(index);
      if (name.startsWith(prefix) && name >= from) {
        found.push({ name, size: this.objects[index]!.length });
        this.whileListing();
      }
    }
    return found;
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async size(name: string): Promise<number | undefined> {
    this.calls.size += 1;
    this.#fail();
    return this.#object(name)?.length;
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async *read(name: string, from: number, to: number | undefined): AsyncIterable<Uint8Array> {
    this.calls.read += 1;
    this.#fail();
    const bytes = this.#object(name)!.subarray(from, to);
    for (let at = 0; at < bytes.length;) {
      const length = 1 + Math.floor(this.random() * 700);
      yield bytes.subarray(at, at + length);
      at += length;
      this.#fail();
    }
  }

  #object(name: string): Buffer | undefined {
    return this.objects[Number(name.slice(this.prefix.length + 1))];
  }

  #name(index: number): string {
    return `${this.prefix}.${String(index).padStart(9, '0')}`;
  }

  #fail(): void {
    if (this.random() < this.faults) {
      throw new Error('The connection was lost');
    }
  }
}
