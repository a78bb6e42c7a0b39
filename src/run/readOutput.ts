import { isCancelled } from '../core/errors';
import type { Backend } from '../core/ports';
import { decoded, fileBytes } from './runOutput';
import type { RunFiles } from './runFiles';
import { backendOf } from './runParts';
import type { Run } from './run';
import { Settlement } from './settlement';

/** A run's output as text, from its first byte to its end; for a run that is over, from its folder. */
export async function* readOutput(
  run: Run,
  backends: readonly Backend[],
  files: RunFiles,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield* decoded(outputBytes(run, backends, files, signal));
}

async function* outputBytes(
  run: Run,
  backends: readonly Backend[],
  files: RunFiles,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  await begun(run, signal);
  let offset = 0;
  const { cluster, endedAt } = run.record;
  if (endedAt === undefined && cluster) {
    const backend = backendOf(backends, cluster.backend);
    const job = { backend: cluster.backend, id: run.id, cluster };
    try {
      for await (const chunk of backend.output(job, run.record.folder, 0, signal)) {
        offset = chunk.offset + chunk.bytes.length;
        yield chunk.bytes;
      }
    } catch (error) {
      if (isCancelled(error) || signal.aborted) {
        throw error;
      }
    }
    // What the backend did not tell is in the folder at the end.
    await Promise.race([run.completed, aborted(signal)]);
    signal.throwIfAborted();
  }
  yield* fileBytes(files.output(run.id), offset, signal);
}

/** Resolves when there is a job, or when there will be none. */
async function begun(run: Run, signal: AbortSignal): Promise<void> {
  const ready = new Settlement<void>();
  const look = (): void => {
    if (run.state === 'running' || run.record.endedAt !== undefined) {
      ready.resolve();
    }
  };
  const subscription = run.onDidChange(look);
  look();
  try {
    await Promise.race([ready.promise, aborted(signal)]);
    signal.throwIfAborted();
  } finally {
    subscription.dispose();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
