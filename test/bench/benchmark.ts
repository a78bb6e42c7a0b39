import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What `npm run bench` was called with. */
export const options = {
  /** Enough to see that it works; figures mean little. */
  quick: process.argv.includes('--quick') || (process.env['DASK_BENCH_OPTIONS'] ?? '').includes('--quick'),
  /** A number such as `--runs=20`. */
  number(name: string, usual: number, quick: number): number {
    const given = new RegExp(`--${name}=(\\d+)`).exec(process.env['DASK_BENCH_OPTIONS'] ?? '')?.[1];
    return given !== undefined ? Number(given) : this.quick ? quick : usual;
  },
};

/** Runs one benchmark, and leaves its figures where the script that started it looks for them. */
export function benchmark(measure: () => Promise<Record<string, unknown>>): void {
  // Not at once: what the file defines below its call is defined by then.
  void Promise.resolve()
    .then(measure)
    .then(
      (figures) => {
        const file = process.env['DASK_BENCH_RESULT'];
        const text = JSON.stringify(figures, undefined, 2);
        if (file === undefined) {
          process.stdout.write(`${text}\n`);
        } else {
          mkdirSync(path.dirname(file), { recursive: true });
          writeFileSync(file, text);
        }
        process.exit(0);
      },
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
        process.exit(1);
      },
    );
}

export interface Spread {
  n: number;
  min: number;
  p50: number;
  p90: number;
  max: number;
}

/** Values in the unit that they came in, rounded to 3 significant places after the point. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
    return Math.round(value * 1000) / 1000;
  };
  return { n: sorted.length, min: at(0), p50: at(0.5), p90: at(0.9), max: at(1) };
}

export const quietLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };
