import { isCancelled } from '../core/errors';
import type { Logger } from '../core/ports';
import { pause } from '../machine/wait';
import { GoogleError, type DataprocApi, type GoogleOperation, type Place } from './google/googleApi';

/** Between two looks at an operation, in milliseconds: soon at first, as failures come soon. */
const pauses = [1_000, 2_000, 3_000, 5_000] as const;

/** True for failures of the network or the service that pass: the same call may be made again. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof GoogleError)) {
    return false;
  }
  const { code, status } = error;
  if (status === undefined && code === undefined) {
    // No answer of Google's at all.
    return true;
  }
  return (
    (status !== undefined && (status === 429 || status >= 500)) ||
    (code !== undefined && ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'ABORTED'].includes(code))
  );
}

/** Milliseconds before each further try of a call. */
export const retryDelays: readonly number[] = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

/** Makes a call that is idempotent, again while its failures pass. */
export async function insist<T>(
  call: () => Promise<T>,
  logger: Logger,
  what: string,
  signal: AbortSignal,
  delays: readonly number[] = retryDelays,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      const delay = delays[tries];
      if (isCancelled(error) || !isPassing(error) || delay === undefined) {
        throw error;
      }
      logger.warn(`${what}: trying again`, error);
      await pause(delay, signal);
    }
  }
}

/**
 * Waits for an operation, through failures of looking at it. Resolves when it has succeeded; rejects with its
 * GoogleError. The operation goes on when the signal is aborted.
 *
 * @param onLook told after each look
 */
export async function operationEnd(
  parts: { dataproc: DataprocApi; logger: Logger },
  place: Place,
  operation: GoogleOperation,
  signal: AbortSignal,
  onLook: (operation: GoogleOperation) => Promise<void> | void = () => undefined,
): Promise<GoogleOperation> {
  let last = operation;
  for (let looks = 0; ; looks += 1) {
    await onLook(last);
    if (last.done) {
      if (last.error !== undefined) {
        throw last.error;
      }
      return last;
    }
    await pause(pauses[Math.min(looks, pauses.length - 1)] ?? 5_000, signal);
    last = await insist(
      () => parts.dataproc.operation(place, operation.name, signal),
      parts.logger,
      `The operation ${operation.name}`,
      signal,
      [...retryDelays, 30_000, 30_000, 60_000, 60_000, 60_000],
    );
  }
}
