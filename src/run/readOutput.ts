import { followFile } from '../machine/followFile';
import type { RunFiles } from './runFiles';
import { decoded } from './runOutput';
import type { Run } from './run';

/**
 * A run's output as text, from its first byte to its end. All backends have it, or copy it, into the run's folder.
 * Throws the signal's reason on abort, as other extensions expect it.
 */
export async function* readOutput(run: Run, files: RunFiles, signal: AbortSignal): AsyncGenerator<string> {
  try {
    yield* decoded(bytes(run, files, signal));
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

async function* bytes(run: Run, files: RunFiles, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of followFile(files.output(run.id), { from: 0, done: run.completed, signal })) {
    yield chunk.bytes;
  }
}
