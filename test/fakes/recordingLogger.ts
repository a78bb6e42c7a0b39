import type { Logger } from '../../src/core/ports';

/** Keeps what was logged, so that a test can look, and a failing one can print it. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = [];

  info(message: string, ...details: unknown[]): void {
    this.#keep('info', message, details);
  }

  warn(message: string, ...details: unknown[]): void {
    this.#keep('warn', message, details);
  }

  error(message: string, ...details: unknown[]): void {
    this.#keep('error', message, details);
  }

  #keep(level: string, message: string, details: unknown[]): void {
    this.lines.push([level, message, ...details.map(String)].join(' '));
  }
}
