import { open } from 'node:fs/promises';
import type { JobRef } from '../core/job';
import type { Backend } from '../core/ports';
import { isCancelled } from '../core/errors';
import { isMissing } from '../machine/jsonFile';
import { pause, throwIfAborted } from '../machine/wait';

/** UTF-8 as text, in the pieces it came in; a character that is split over pieces comes with the later one. */
export async function* decoded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const bytes of chunks) {
    const text = decoder.decode(bytes, { stream: true });
    if (text !== '') {
      yield text;
    }
  }
  const rest = decoder.decode();
  if (rest !== '') {
    yield rest;
  }
}

/** The last bytes of a file; empty where there is no such file. */
export async function fileTail(path: string, count: number): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const buffer = new Uint8Array(Math.min(count, size));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, size - buffer.length);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) {
      return new Uint8Array();
    }
    throw error;
  }
}

/**
 * Copies a job's output into a file, for backends that keep it elsewhere: goes on at the file's end, so that nothing
 * is lost or repeated over failures and restarts. Resolves at the end of the output.
 *
 * @param delays milliseconds before each attempt after a failure; a chunk that arrived begins them anew.
 */
export async function copyOutput(
  backend: Backend,
  job: JobRef,
  folder: string,
  path: string,
  delays: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  const file = await open(path, 'a', 0o600);
  try {
    for (let failures = 0; ; failures++) {
      try {
        let offset = (await file.stat()).size;
        for await (const chunk of backend.output(job, folder, offset, signal)) {
          failures = 0;
          await file.appendFile(chunk.bytes.subarray(Math.max(0, offset - chunk.offset)));
          offset = Math.max(offset, chunk.offset + chunk.bytes.length);
        }
        throwIfAborted(signal);
        return;
      } catch (error) {
        const delay = delays[failures];
        if (isCancelled(error) || delay === undefined) {
          throw error;
        }
        await pause(delay, signal);
      }
    }
  } finally {
    await file.close();
  }
}
