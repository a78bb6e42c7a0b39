import { GoogleError } from '../google/googleApi';
import { explainFailure, type Explanation } from './explainFailure';

/** A failed call as people are told of it. */
export function explainError(
  error: GoogleError,
  place: { project: string; region: string },
  what: string,
): Explanation {
  return explainFailure({
    what,
    message: error.message,
    project: place.project,
    region: place.region,
    ...(error.code === undefined ? {} : { code: error.code }),
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.reason === undefined ? {} : { reason: error.reason }),
    ...(error.metadata === undefined ? {} : { metadata: error.metadata }),
    ...(error.status === undefined && error.cause !== undefined ? { network: causeCode(error.cause) } : {}),
  });
}

/** What is thrown to people for any error: a failed call is explained, everything else is as it was. */
export function toUserError(error: unknown, place: { project: string; region: string }, what: string): unknown {
  return error instanceof GoogleError ? explainError(error, place, what).error : error;
}

/** Node's, of the first of several attempts; '' where it has none. */
function causeCode(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) {
    return causeCode(cause.errors[0]);
  }
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}
