import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { CancelledError } from '../../core/errors';
import { Crc32c } from './crc32c';

/** What is uploaded, from any place in it, as often as it is needed. */
export interface UploadContent {
  size: number;
  crc32c: string;
  from(start: number): Readable;
  whole(): Promise<Uint8Array>;
}

export async function uploadContent(
  content: Uint8Array | { path: string },
  signal: AbortSignal,
): Promise<UploadContent> {
  if (content instanceof Uint8Array) {
    return {
      size: content.byteLength,
      crc32c: new Crc32c().update(content).digest(),
      from: (start) => Readable.from([content.subarray(start)], { objectMode: false }),
      whole: () => Promise.resolve(content),
    };
  }
  const { path } = content;
  const { size } = await stat(path);
  return {
    size,
    crc32c: await checksumOf(path, signal),
    // Not more than it was: the service was told its size.
    from: (start) => (start >= size ? Readable.from([]) : createReadStream(path, { start, end: size - 1 })),
    whole: async () => {
      const file = await open(path);
      try {
        return await file.readFile();
      } finally {
        await file.close();
      }
    },
  };
}

async function checksumOf(path: string, signal: AbortSignal): Promise<string> {
  const sum = new Crc32c();
  try {
    for await (const bytes of createReadStream(path, { signal })) {
      sum.update(bytes as Buffer);
    }
  } catch (error) {
    throw signal.aborted ? new CancelledError() : error;
  }
  return sum.digest();
}
