import { UserError } from '../core/errors';
import type { ClusterRecord } from './clusterRecord';

export function clusterGone(name: string): UserError {
  return new UserError({
    code: 'clusterGone',
    what: `The cluster "${name}" is not there any more.`,
    next: 'Run it on another cluster, or with a profile.',
  });
}

/** Of one whose id is asked for again. */
export function clusterEnded({ profile, error, endReason }: ClusterRecord): UserError {
  return error === undefined
    ? new UserError({
        code: 'clusterGone',
        what: `The cluster "${profile}" has ended before the run could use it.`,
        ...(endReason === undefined ? {} : { why: endReason }),
        next: 'Run it again.',
      })
    : new UserError({ code: error.code, what: error.message, next: '', buttons: error.buttons ?? [] });
}
