import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { UserError } from '../core/errors';
import type { JobTarget } from '../core/job';

/**
 * SHA-256 of the file that is run, in hex; undefined for a function.
 *
 * @throws UserError `fileMissing` where it cannot be read.
 */
export async function fileHash(target: JobTarget): Promise<string | undefined> {
  if (target.kind === 'function') {
    return undefined;
  }
  const hash = createHash('sha256');
  try {
    for await (const bytes of createReadStream(target.path)) {
      hash.update(bytes as Uint8Array);
    }
  } catch (error) {
    throw new UserError({
      code: 'fileMissing',
      what: 'The run was not started.',
      why: `"${target.path}" cannot be read.`,
      next: 'See whether the file is there, and yours to read.',
      cause: error,
    });
  }
  return hash.digest('hex');
}
