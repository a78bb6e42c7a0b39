import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/** Those of one connection only (RFC 9110, 7.6.1). */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
/** The browser's, which tell of the page around or belong to another server. */
const ours = [
  'cookie',
  'origin',
  'referer',
  'host',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'authorization',
];

/** Headers for the way up; `added` wins. */
export function upstreamHeaders(
  headers: IncomingHttpHeaders,
  host: string,
  added: Record<string, string>,
): OutgoingHttpHeaders {
  return { ...without(headers, [...hopByHop, ...ours]), host, ...added };
}

/** Headers for the way down. */
export function downstreamHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return without(headers, [...hopByHop, 'set-cookie']);
}

function without(headers: IncomingHttpHeaders, names: readonly string[]): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
