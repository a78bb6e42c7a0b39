import { UserError } from '../core/errors';
import { errorCode } from '../machine/jsonFile';

/** Words an error of the file system for a run that was not started; anything else is passed on as it is. */
export function storageError(error: unknown, folder: string): unknown {
  const code = errorCode(error);
  const what = 'The run was not started.';
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new UserError({
        code: 'diskFull',
        what,
        why: `There is no space left for "${folder}".`,
        next: 'Make room on that disk, for instance by deleting old runs, and run it again.',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EIO':
    case 'EMFILE':
    case 'ENFILE':
      return new UserError({
        code: 'storageNotWritable',
        what,
        why: `"${folder}" cannot be written (${code}).`,
        next: 'Make that folder writable for you, and run it again.',
        cause: error,
      });
    default:
      return error;
  }
}
