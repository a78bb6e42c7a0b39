/** Codes of google.rpc.Code, and the HTTP status that goes with each. */
const codes = {
  CANCELLED: [1, 499],
  UNKNOWN: [2, 500],
  INVALID_ARGUMENT: [3, 400],
  DEADLINE_EXCEEDED: [4, 504],
  NOT_FOUND: [5, 404],
  ALREADY_EXISTS: [6, 409],
  PERMISSION_DENIED: [7, 403],
  RESOURCE_EXHAUSTED: [8, 429],
  FAILED_PRECONDITION: [9, 400],
  ABORTED: [10, 409],
  OUT_OF_RANGE: [11, 400],
  UNIMPLEMENTED: [12, 501],
  INTERNAL: [13, 500],
  UNAVAILABLE: [14, 503],
  UNAUTHENTICATED: [16, 401],
} as const;

export type StatusCode = keyof typeof codes;

/** An entry of a status's `details`, with its `@type`. */
export type ErrorDetail = { readonly '@type': string } & Readonly<Record<string, unknown>>;

/** google.rpc.Status as JSON. */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
  readonly details?: readonly ErrorDetail[];
}

export function isStatusCode(value: unknown): value is StatusCode {
  return typeof value === 'string' && Object.hasOwn(codes, value);
}

/** A call that is refused, or an operation that failed, as Google words it. */
export class ApiError extends Error {
  constructor(
    readonly status: StatusCode,
    message: string,
    readonly details: readonly ErrorDetail[] = [],
  ) {
    super(message);
  }

  get httpStatus(): number {
    return codes[this.status][1];
  }

  /** What an operation that failed has as its `error`. */
  rpcStatus(): RpcStatus {
    const details = this.details.length > 0 ? { details: this.details } : {};
    return { code: codes[this.status][0], message: this.message, ...details };
  }

  /** The body of an answer over REST. */
  body(): unknown {
    const details = this.details.length > 0 ? { details: this.details } : {};
    return { error: { code: this.httpStatus, message: this.message, status: this.status, ...details } };
  }
}

export function invalid(message: string): ApiError {
  return new ApiError('INVALID_ARGUMENT', message);
}

export function notFound(what: string): ApiError {
  return new ApiError('NOT_FOUND', `Not found: ${what}`);
}

export function failedPrecondition(message: string): ApiError {
  return new ApiError('FAILED_PRECONDITION', message);
}

/** As Google reports fields of a request: each violation once more as a detail. */
export function badRequest(violations: readonly { field: string; description: string }[]): ApiError {
  return new ApiError('INVALID_ARGUMENT', violations.map(({ description }) => description).join('\n'), [
    { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: violations },
  ]);
}
