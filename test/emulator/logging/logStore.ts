import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock';

export interface LogEntry {
  readonly logName: string;
  readonly resource: { readonly type: string; readonly labels: Readonly<Record<string, string>> };
  readonly labels?: Readonly<Record<string, string>>;
  readonly severity: string;
  readonly jsonPayload?: Readonly<Record<string, unknown>>;
  readonly textPayload?: string;
  readonly timestamp: string;
  readonly receiveTimestamp: string;
  readonly insertId: string;
}

/** What is written of an entry; the rest is added. */
export type NewLogEntry = Omit<LogEntry, 'timestamp' | 'receiveTimestamp' | 'insertId' | 'severity'> & {
  readonly severity?: string;
};

const most = 200_000;

/** Entries of Cloud Logging, oldest first. */
export class LogStore {
  readonly #entries: LogEntry[] = [];

  constructor(private readonly clock: Clock) {}

  write(entry: NewLogEntry): void {
    const timestamp = this.clock.timestamp();
    this.#entries.push({
      severity: 'DEFAULT',
      ...entry,
      timestamp,
      receiveTimestamp: timestamp,
      insertId: randomBytes(8).toString('hex'),
    });
    if (this.#entries.length > most) {
      this.#entries.splice(0, most / 2);
    }
  }

  entries(): readonly LogEntry[] {
    return this.#entries;
  }
}
