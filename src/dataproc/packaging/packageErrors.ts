import { UserError } from '../../core/errors';
import { errorCode } from '../../machine/jsonFile';

const what = 'The code was not packaged.';

/** @throws UserError `packageUnreadable` where the file system refuses; other errors as they are. */
export async function readable<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const code = errorCode(error);
    if (code !== undefined && ['EACCES', 'EPERM', 'EIO', 'ELOOP', 'ERR_FS_FILE_TOO_LARGE'].includes(code)) {
      throw new UserError({
        code: 'packageUnreadable',
        what,
        why: `"${path}" cannot be read (${code}).`,
        next: 'Make it readable for you, or name it in .daskignore.',
        cause: error,
      });
    }
    throw error;
  }
}

export function targetMissing(target: string, place: string): UserError {
  return new UserError({
    code: 'targetMissing',
    what,
    why: `${target} was not found in ${place}.`,
    next: 'See whether it is there and its name is right.',
  });
}

/** @param why the end of a sentence that begins with the path */
export function targetRefused(path: string, why: string): UserError {
  return new UserError({
    code: 'targetRefused',
    what,
    why: `"${path}" is what is to run, and it is never uploaded: it ${why}.`,
    next: 'Run another file, or move this one.',
  });
}

export function badGlob(glob: string): UserError {
  return new UserError({
    code: 'badPackageGlob',
    what,
    why: `The profile asks for files by "${glob}", which is not a pattern within the workspace.`,
    next: 'Write it relative to the workspace folder, with "/" and without "..".',
  });
}

/** @param largest such as `data/a.bin (60.00 MiB)` */
export function tooLarge(size: string, limit: string, largest: readonly string[]): UserError {
  return new UserError({
    code: 'packageTooLarge',
    what,
    why: `It has ${size}, and the limit is ${limit}; the largest files are ${largest.join(', ')}.`,
    next: 'Narrow the profile’s patterns, name files in .daskignore, or keep data in a bucket.',
  });
}

export function tooManyFiles(count: number, limit: number): UserError {
  return new UserError({
    code: 'packageTooManyFiles',
    what,
    why: `It has ${count} files, and the limit is ${limit}.`,
    next: 'Narrow the profile’s patterns, or name folders in .daskignore.',
  });
}

/** A file changed between the plan, which people have agreed to, and the archive. */
export function changedMeanwhile(path: string, why: string, cause?: unknown): UserError {
  return new UserError({
    code: 'packageFileChanged',
    what,
    why: `"${path}" changed while it was packaged: it ${why}.`,
    next: 'Run it again.',
    cause,
  });
}
