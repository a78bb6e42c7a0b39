import { GoogleError } from './googleApi';

/** Codes of node for a connection that broke off, which the next one may not. */
const lost = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED']);
/** Codes for a network that is not there now. */
const away = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN']);

/** No answer came: what node said of it, with its cause, and `UNAVAILABLE` where it may pass. */
export function networkFailure(host: string, cause: unknown): GoogleError {
  const code = codeOf(cause);
  const passes = lost.has(code) || away.has(code);
  const text = cause instanceof Error ? cause.message || code : String(cause);
  return new GoogleError(`${host} could not be reached: ${text}`, {
    ...(passes ? { code: 'UNAVAILABLE' } : {}),
    cause,
  });
}

/** True where the connection was there and broke off: what was asked may have been done. */
export function wasLost(error: unknown): boolean {
  return error instanceof GoogleError && error.status === undefined && lost.has(codeOf(error.cause));
}

/** Also of the first of several attempts, as for a name with two addresses. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return codeOf(error.errors[0]);
  }
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
