import { UserError } from '../core/errors';
import { errorCode } from './jsonFile';

/**
 * What a failed write to the storage folder means to people; other errors come back as they are.
 * Codes: `storageNotWritable`, `diskFull`.
 */
export function storageError(error: unknown, path: string): unknown {
  switch (errorCode(error)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new UserError({
        code: 'storageNotWritable',
        what: `The folder where runs and clusters are kept cannot be written: ${path}.`,
        next: 'Give your user the right to write there, then try again.',
        cause: error,
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return new UserError({
        code: 'diskFull',
        what: 'The disk is full.',
        why: `${path} could not be written.`,
        next: 'Free some space, then try again.',
        cause: error,
      });
    default:
      return error;
  }
}

/** Runs an act that writes to the storage folder; see {@link storageError}. */
export async function inStorage<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw storageError(error, path);
  }
}
