import { open, type FileHandle } from 'node:fs/promises';

/** Lines of a log, coloured as Python's loggers do. */
export function logLines(from: number, to: number): string {
  let text = '';
  for (let line = from; line < to; line += 1) {
    const level = line % 10 === 0 ? '\x1b[33mWARN\x1b[0m' : '\x1b[32mINFO\x1b[0m';
    text += `2026-11-24 06:11:29 ${level} line ${line} of the job: partition ${line % 512}, value=${valueOf(line)}\n`;
  }
  return text;
}

/** What is searched for. */
export const needle = 'value=77';

/** How many of these lines have the {@link needle}. */
export function matching(from: number, to: number): number {
  let count = 0;
  for (let line = from; line < to; line += 1) {
    count += `value=${valueOf(line)}`.startsWith(needle) ? 1 : 0;
  }
  return count;
}

export async function writeLines(file: FileHandle, from: number, to: number): Promise<void> {
  for (let line = from; line < to; line += linesAtOnce) {
    await file.write(logLines(line, Math.min(line + linesAtOnce, to)));
  }
}

/** A log that does not grow. */
export async function writeLog(path: string, lines: number): Promise<void> {
  const file = await open(path, 'w');
  await writeLines(file, 0, lines);
  await file.close();
}

const linesAtOnce = 10_000;

function valueOf(line: number): number {
  return (line * 7919) % 1000;
}
