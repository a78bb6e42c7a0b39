import { setTimeout as pause } from 'node:timers/promises';
import { isCancelled } from '../../core/errors';
import type { DriverOutput, OutputState } from './driverOutput';

/** A byte is here within 1.5 s of its arrival in the bucket: a pause, and the calls. gcloud pauses as long. Milliseconds. */
const between = 1_000;
/** After errors in a row, at most so long. Milliseconds. */
const longest = 10_000;
/** Output may arrive after the word that its job is over: gcloud waits as long. Milliseconds. */
const afterEnd = 10_000;

export interface FollowOptions {
  output: Pick<DriverOutput, 'poll' | 'kept'>;
  /** True once the job is over, whatever its result. */
  over: () => boolean;
  /** Told when calls begin to fail, and when one succeeds again: undefined. */
  onTrouble: (error: unknown) => void;
  /** Milliseconds since any moment; for tests. */
  now?: () => number;
  wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Follows a job's output to its end. Resolves with `whole` when the service has closed the output, and with `cut` when
 * the job is over and nothing has come for ten seconds: what had come is kept then, and more may be in the bucket.
 */
export async function followOutput(options: FollowOptions, signal: AbortSignal): Promise<'whole' | 'cut'> {
  const now = options.now ?? Date.now;
  const wait = options.wait ?? ((time, until) => pause(time, undefined, { signal: until }));
  let failures = 0;
  let kept = options.output.kept;
  let quietSince = now();
  for (;;) {
    const over = options.over();
    let state: OutputState = 'open';
    try {
      state = await options.output.poll(signal);
      if (failures > 0) {
        options.onTrouble(undefined);
        quietSince = now();
      }
      failures = 0;
    } catch (error) {
      if (isCancelled(error) || signal.aborted || error instanceof RangeError) {
        throw error;
      }
      failures += 1;
      if (failures === 1) {
        options.onTrouble(error);
      }
    }
    if (state === 'ended') {
      return 'whole';
    }
    if (!over || options.output.kept > kept) {
      quietSince = now();
      kept = options.output.kept;
    } else if (failures === 0 && now() - quietSince >= afterEnd) {
      return 'cut';
    }
    await wait(Math.min(longest, between * 2 ** Math.max(0, failures - 1)), signal);
  }
}
