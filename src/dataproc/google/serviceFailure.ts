import { GoogleError } from './googleApi';

const names = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED'],
  ...['INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
];

/** What a service answered instead of a result. Storage and Compute name no code: `code` is undefined then. */
export function serviceFailure(status: number, body: string): GoogleError {
  const error = errorIn(body);
  const code = textAt(error, 'status');
  return new GoogleError(withCauses(textAt(error, 'message') ?? plainText(status, body), error), {
    status,
    ...(code === undefined ? {} : { code }),
    ...reasonIn(error),
  });
}

/** The `google.rpc.Status` of an operation that failed. */
export function operationFailure(error: Readonly<Record<string, unknown>>): GoogleError {
  const number = error['code'];
  const code = typeof number === 'number' ? names[number] : undefined;
  return new GoogleError(withCauses(textAt(error, 'message') ?? code ?? 'The operation failed.', error), {
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

/**
 * A message with all that the details tell beside it, as a list: of `QuotaFailure` and `PreconditionFailure`, of
 * `BadRequest`, and of the older list `errors`. The message itself is often only their heading, or the first of them.
 */
function withCauses(message: string, error: unknown): string {
  const violations = detailsOf(error).flatMap((one) => [
    ...listAt(one, 'violations'),
    ...listAt(one, 'fieldViolations'),
  ]);
  const causes = [
    ...violations.map((one) => textAt(one, 'description')),
    ...listAt(error, 'errors').map((one) => textAt(one, 'message')),
  ].filter((text) => text !== undefined);
  const further = [...new Set(causes)].filter((text) => !message.includes(text));
  return [message, ...further.map((text) => ` - ${text.replace(/\s*\n\s*/g, ' ')}`)].join('\n');
}

/** Of `google.rpc.ErrorInfo`, or of the older list `errors` where it says why access was refused. */
function reasonIn(error: unknown): { reason?: string; metadata?: Readonly<Record<string, string>> } {
  const info = detailsOf(error).find((one) => textAt(one, '@type')?.endsWith('google.rpc.ErrorInfo'));
  const reason = textAt(info, 'reason') ?? textAt(listAt(error, 'errors')[0], 'reason');
  const metadata = isObject(info) && isObject(info['metadata']) ? Object.entries(info['metadata']) : [];
  const texts = metadata.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    ...(reason === undefined ? {} : { reason: olderReasons[reason] ?? reason }),
    ...(texts.length === 0 ? {} : { metadata: Object.fromEntries(texts) }),
  };
}

/** What the older list calls what ErrorInfo has other names for. */
const olderReasons: Readonly<Record<string, string>> = {
  accessNotConfigured: 'SERVICE_DISABLED',
  accountDisabled: 'BILLING_DISABLED',
};

function detailsOf(error: unknown): readonly unknown[] {
  return listAt(error, 'details');
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const list = isObject(value) ? value[key] : undefined;
  return Array.isArray(list) ? (list as unknown[]) : [];
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
