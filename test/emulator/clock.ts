/** Something that will happen, until it is disposed of. */
export interface Alarm {
  dispose(): void;
}

interface Entry {
  time: number;
  action: () => void;
  timer: NodeJS.Timeout | undefined;
}

const longestTimer = 2 ** 31 - 1;

/** The emulator's time: that of this machine, and what it was made to jump. All times are milliseconds since 1970. */
export class Clock {
  #offset = 0;
  readonly #entries = new Set<Entry>();

  now(): number {
    return performance.timeOrigin + performance.now() + this.#offset;
  }

  /** A time as Google writes it, with microseconds; now, when none is given. */
  timestamp(time = this.now()): string {
    const microseconds = Math.floor((time - Math.floor(time)) * 1000);
    return new Date(Math.floor(time)).toISOString().replace('Z', `${String(microseconds).padStart(3, '0')}Z`);
  }

  /** Calls `action` at a time of this clock, also when the clock jumps over it. */
  at(time: number, action: () => void): Alarm {
    const entry: Entry = { time, action, timer: undefined };
    this.#entries.add(entry);
    this.#arm(entry);
    return { dispose: () => this.#drop(entry) };
  }

  /** Time passes at once. Alarms on the way are called in their order. */
  jump(milliseconds: number): void {
    this.#offset += milliseconds;
    for (const entry of [...this.#entries].sort((a, b) => a.time - b.time)) {
      if (this.#entries.has(entry)) {
        this.#arm(entry);
      }
    }
  }

  dispose(): void {
    for (const entry of this.#entries) {
      this.#drop(entry);
    }
  }

  #arm(entry: Entry): void {
    clearTimeout(entry.timer);
    const wait = entry.time - this.now();
    if (wait <= 0) {
      this.#drop(entry);
      setImmediate(entry.action);
      return;
    }
    entry.timer = setTimeout(() => this.#arm(entry), Math.min(wait, longestTimer));
  }

  #drop(entry: Entry): void {
    clearTimeout(entry.timer);
    this.#entries.delete(entry);
  }
}
