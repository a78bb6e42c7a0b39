import { GoogleError } from './googleApi';

const names = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED'],
  ...['INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
];

/** What a service answered instead of a result. Storage and Compute name no code: `code` is undefined then. */
export function serviceFailure(status: number, body: string): GoogleError {
  const error = errorIn(body);
  const message = textAt(error, 'message');
  const code = textAt(error, 'status');
  return new GoogleError(message ?? plainText(status, body), {
    status,
    ...(code === undefined ? {} : { code }),
    ...reasonIn(error),
  });
}

/** The `google.rpc.Status` of an operation that failed. */
export function operationFailure(error: Readonly<Record<string, unknown>>): GoogleError {
  const number = error['code'];
  const code = typeof number === 'number' ? names[number] : undefined;
  return new GoogleError(textAt(error, 'message') ?? code ?? 'The operation failed.', {
    ...(code === undefined ? {} : { code }),
    ...reasonIn(error),
  });
}

function errorIn(body: string): unknown {
  try {
    const parsed: unknown = JSON.parse(body);
    return isObject(parsed) ? parsed['error'] : undefined;
  } catch {
    return undefined;
  }
}

/** Of `google.rpc.ErrorInfo`, or of the older list `errors` where it says why access was refused. */
function reasonIn(error: unknown): { reason?: string } {
  const details = isObject(error) && Array.isArray(error['details']) ? (error['details'] as unknown[]) : [];
  const info = details.find((one) => textAt(one, '@type')?.endsWith('google.rpc.ErrorInfo'));
  const older = isObject(error) && Array.isArray(error['errors']) ? (error['errors'] as unknown[])[0] : undefined;
  const reason = textAt(info, 'reason') ?? textAt(older, 'reason');
  return reason === undefined ? {} : { reason: reason === 'accessNotConfigured' ? 'SERVICE_DISABLED' : reason };
}

/** Media answers are no JSON, and those of a proxy are pages. */
function plainText(status: number, body: string): string {
  const text = /^\s*</.test(body) ? '' : body.trim();
  return text === '' ? `HTTP status ${status}` : text.slice(0, 1000);
}

function textAt(value: unknown, key: string): string | undefined {
  const text = isObject(value) ? value[key] : undefined;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
