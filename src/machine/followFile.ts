import { open, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { OutputChunk } from '../core/job';
import { FolderChanges } from './folderChanges';
import { isMissing } from './jsonFile';
import { throwIfAborted } from './wait';

/** Bytes in one chunk at most. */
export const maximumChunk = 256 * 1024;
const pollMilliseconds = 500;

export interface FollowOptions {
  /** Byte offset to start at. */
  from: number;
  /** Settles when nothing will be appended any more: what is there then is still delivered. */
  done: Promise<unknown>;
  signal: AbortSignal;
}

/**
 * The bytes of a file that another process appends to, in order, each once. The file may come into being
 * later; when it never does, the end comes with `done`. Throws CancelledError on abort.
 */
export async function* followFile(path: string, { from, done, signal }: FollowOptions): AsyncGenerator<OutputChunk> {
  const name = basename(path);
  const changes = new FolderChanges(dirname(path), pollMilliseconds, (changed) => changed === name);
  const progress = { ended: false };
  const markEnded = (): void => {
    progress.ended = true;
    changes.poke();
  };
  done.then(markEnded, markEnded);
  let file: FileHandle | undefined;
  let offset = from;
  try {
    for (;;) {
      // Asked before reading: bytes that come after the read are found in the next round.
      const last = progress.ended;
      file ??= await openIfThere(path);
      while (file !== undefined) {
        throwIfAborted(signal);
        // A buffer of its own for each chunk: the reader may keep it.
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(maximumChunk), 0, maximumChunk, offset);
        if (bytesRead === 0) {
          break;
        }
        // A small chunk is copied, so that it does not hold on to the whole buffer.
        const bytes =
          bytesRead < maximumChunk / 4 ? Uint8Array.from(buffer.subarray(0, bytesRead)) : buffer.subarray(0, bytesRead);
        yield { offset, bytes };
        offset += bytesRead;
      }
      if (last) {
        return;
      }
      await changes.next(signal);
      throwIfAborted(signal);
    }
  } finally {
    changes.dispose();
    await file?.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw error;
  }
}
