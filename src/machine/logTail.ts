import { open } from 'node:fs/promises';

const readBytes = 16 * 1024;

/**
 * What a log says last, in one line: the error at the end of a Python traceback, else the last line.
 * Empty when there is no log. At most 300 characters.
 */
export async function logTail(path: string): Promise<string> {
  let text: string;
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(readBytes),
        0,
        readBytes,
        Math.max(0, size - readBytes),
      );
      text = buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
  return lastWord(text).slice(0, 300);
}

export function lastWord(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.findLast((line) => /^([\w.]+(Error|Exception|Interrupt|Exit))(:|$)/.test(line)) ?? lines.at(-1) ?? '';
}
