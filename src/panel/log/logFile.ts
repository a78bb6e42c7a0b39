import { watch, type BigIntStats, type FSWatcher } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { Emitter, type Disposable, type Event } from '../../core/event';
import type { LogLine } from '../../protocol/logLine';
import { LineIndex } from './lineIndex';
import { readLines } from './lineReader';
import { readBytes } from './readBytes';

const chunkBytes = 256 * 1024;
const fingerprintBytes = 64;

/** `missing` is a file that is not there, or no longer: what was read of it stays readable while it is watched. */
export type LogFileState = 'unread' | 'present' | 'missing' | 'failed';

export interface LogFileTiming {
  /** Milliseconds between looks at the file, for file systems that send no events. */
  poll: number;
  /** Shortest time between two events, milliseconds. */
  notify: number;
}

const defaultTiming: LogFileTiming = { poll: 1_000, notify: 100 };

/**
 * A log on disk that may be growing. Between {@link watch} and {@link unwatch} it is followed; otherwise it
 * costs nothing but its index. A file that was replaced, truncated or rewritten starts a new generation,
 * whose lines have nothing to do with the ones before.
 */
export class LogFile implements Disposable {
  readonly path: string;
  readonly #timing: LogFileTiming;
  readonly #changed = new Emitter<void>();
  readonly onDidChange: Event<void> = this.#changed.event;

  #index = new LineIndex();
  #generation = 0;
  #state: LogFileState = 'unread';
  #failure = '';
  #file: FileHandle | undefined;
  #inode: bigint | undefined;
  #fingerprint = Buffer.alloc(0);

  #watching = false;
  #watcher: FSWatcher | undefined;
  #poll: NodeJS.Timeout | undefined;
  #notify: NodeJS.Timeout | undefined;
  #lastNotified = 0;
  /** Looks at the file follow one another: each is started when the one before has ended. */
  #looking: Promise<void> = Promise.resolve();
  #lookWanted = false;
  #closing: Promise<void> = Promise.resolve();
  /** Calls that read now: the file stays open for them. */
  #readers = 0;

  constructor(path: string, timing: LogFileTiming = defaultTiming) {
    this.path = path;
    this.#timing = timing;
  }

  get state(): LogFileState {
    return this.#state;
  }

  /** What went wrong, in the system's words, where the state is `failed`. */
  get failure(): string {
    return this.#failure;
  }

  get generation(): number {
    return this.#generation;
  }

  get lineCount(): number {
    return this.#index.lineCount;
  }

  /** Bytes that have been indexed. */
  get size(): number {
    return this.#index.size;
  }

  get index(): LineIndex {
    return this.#index;
  }

  /** Starts to follow; harmless when it does already. */
  watch(): void {
    if (this.#watching) {
      return;
    }
    this.#watching = true;
    this.#poll = setInterval(() => this.#look(), this.#timing.poll);
    this.#poll.unref();
    this.#look();
  }

  /** Stops to follow and closes the file. The index is kept: coming back costs only what was added since. */
  unwatch(): void {
    this.#watching = false;
    clearInterval(this.#poll);
    clearTimeout(this.#notify);
    this.#notify = undefined;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#closeUnused();
  }

  /** Looks at the file now; resolves when the index has reached its end. */
  async refresh(): Promise<void> {
    await this.#reading(async () => {
      this.#look();
      await this.#looking;
    });
  }

  /** Up to `count` lines from `first` on, with the generation that they belong to. */
  async lines(first: number, count: number): Promise<{ generation: number; lines: readonly LogLine[] }> {
    return this.#reading(() => this.#lines(first, count));
  }

  async #lines(first: number, count: number): Promise<{ generation: number; lines: readonly LogLine[] }> {
    const generation = this.#generation;
    const index = this.#index;
    if (this.#file === undefined) {
      await this.refresh();
    }
    const file = this.#file;
    if (file === undefined || first < 0 || generation !== this.#generation) {
      return { generation: this.#generation, lines: [] };
    }
    return { generation, lines: await readLines(file, index, first, count) };
  }

  /** A log that nobody follows is open only as long as somebody reads it. */
  async #reading<T>(read: () => Promise<T>): Promise<T> {
    this.#readers += 1;
    try {
      return await read();
    } finally {
      this.#readers -= 1;
      this.#closeUnused();
    }
  }

  #closeUnused(): void {
    this.#closing = this.#looking.then(() => (this.#watching || this.#readers > 0 ? undefined : this.#close()));
  }

  /** Resolves when the file is closed. */
  async closed(): Promise<void> {
    await this.#closing;
  }

  dispose(): void {
    this.unwatch();
    this.#changed.dispose();
  }

  #look(): void {
    if (this.#lookWanted) {
      return;
    }
    this.#lookWanted = true;
    this.#looking = this.#looking.then(async () => {
      this.#lookWanted = false;
      try {
        await this.#catchUp();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  async #catchUp(): Promise<void> {
    const stats = await stat(this.path, { bigint: true });
    if (this.#file === undefined || stats.ino !== this.#inode) {
      await this.#open(stats);
    } else if (Number(stats.size) < this.#index.size || !(await this.#sameBeginning())) {
      this.#restart();
    }
    const became = this.#state !== 'present';
    this.#state = 'present';
    this.#watchFile();
    if ((await this.#read()) || became) {
      this.#notifySoon();
    }
  }

  async #open(stats: BigIntStats): Promise<void> {
    const file = await open(this.path, 'r');
    await this.#close();
    this.#file = file;
    const replaced = this.#inode !== undefined && this.#inode !== stats.ino;
    this.#inode = stats.ino;
    if (replaced || Number(stats.size) < this.#index.size || !(await this.#sameBeginning())) {
      this.#restart();
      this.#watcher?.close();
      this.#watcher = undefined;
    }
  }

  /** False when the bytes before the end of the index are not the ones that were indexed: it was rewritten. */
  async #sameBeginning(): Promise<boolean> {
    const length = this.#fingerprint.length;
    if (length === 0 || this.#file === undefined) {
      return true;
    }
    const now = await readBytes(this.#file, this.#index.size - length, length);
    return now.equals(this.#fingerprint);
  }

  #restart(): void {
    this.#index = new LineIndex();
    this.#fingerprint = Buffer.alloc(0);
    this.#generation += 1;
    this.#notifySoon();
  }

  /** Indexes what was added. Other work gets its turn between chunks: each takes under a millisecond. */
  async #read(): Promise<boolean> {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let grown = false;
    while (this.#file !== undefined) {
      const { bytesRead } = await this.#file.read(buffer, 0, chunkBytes, this.#index.size);
      if (bytesRead === 0) {
        break;
      }
      const bytes = buffer.subarray(0, bytesRead);
      this.#index.append(bytes);
      this.#fingerprint = Buffer.from(
        Buffer.concat([this.#fingerprint, bytes.subarray(-fingerprintBytes)]).subarray(-fingerprintBytes),
      );
      grown = true;
      this.#notifySoon();
    }
    return grown;
  }

  #watchFile(): void {
    if (!this.#watching || this.#watcher) {
      return;
    }
    try {
      this.#watcher = watch(this.path, { persistent: false }, () => this.#look());
      this.#watcher.on('error', () => {
        this.#watcher?.close();
        this.#watcher = undefined;
      });
    } catch {
      this.#watcher = undefined; // The poll goes on.
    }
  }

  #fail(error: unknown): void {
    const code = (error as NodeJS.ErrnoException).code;
    const state: LogFileState = code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'failed';
    const failure = error instanceof Error ? error.message : String(error);
    if (state !== this.#state || failure !== this.#failure) {
      this.#state = state;
      this.#failure = failure;
      this.#notifySoon();
    }
  }

  #notifySoon(): void {
    if (!this.#watching || this.#notify) {
      return;
    }
    const wait = Math.max(0, this.#lastNotified + this.#timing.notify - Date.now());
    this.#notify = setTimeout(() => {
      this.#notify = undefined;
      this.#lastNotified = Date.now();
      this.#changed.fire();
    }, wait);
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}
