import { timingSafeEqual } from 'node:crypto';

/** Pages of Dask's dashboard (`distributed.dashboard.scheduler.applications`). */
const pages =
  'counters|events|exceptions|gpu|graph|groups|hardware|profile|profile-server|shuffle|status|stealing|system|tasks|workers';

/** What a request may name below the secret. Never `dask-runner/`, `api/` or `proxy/`: those act. */
const allowed = [
  new RegExp(`^(?:${pages}|individual-[a-z-]+)(?:/ws)?$`),
  /^(?:static|statics)\/[\w./-]+$/,
  /^json\/[a-z]+\.(?:json|html)$/,
  /^individual-plots\.json$/,
  /^info\/[^?#\\]+\.html$/,
];

/** Anything that a server might read as a way up. */
const wayUp = /(?:^|\/|%2f|\\|%5c)(?:\.|%2e){1,2}(?:$|\/|%2f|\\|%5c)/i;

/** The path and query below the secret, without a slash at the start; undefined when the secret is wrong. */
export function belowSecret(url: string, secret: string): string | undefined {
  const found = /^\/([^/?#]*)\/?(.*)$/s.exec(url);
  const given = Buffer.from(found?.[1] ?? '');
  const expected = Buffer.from(secret);
  // Compared in a time that tells nothing of how much was right.
  return given.length === expected.length && timingSafeEqual(given, expected) ? (found?.[2] ?? '') : undefined;
}

/** @param path without query */
export function isAllowedPath(path: string): boolean {
  return !wayUp.test(path) && allowed.some((pattern) => pattern.test(path));
}

/**
 * True for the names of this machine, at any port (forwarded ports differ), and for hosts that were added.
 * The secret in the path keeps strangers out already; this keeps a page of theirs out that has got hold of
 * the secret and reaches this port by a name of its own (DNS rebinding).
 */
export function isAllowedHost(host: string | undefined, added: ReadonlySet<string>): boolean {
  if (host === undefined) {
    return false;
  }
  const name = host.toLowerCase();
  return added.has(name) || /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/.test(name);
}
