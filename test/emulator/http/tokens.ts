import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock';
import { ApiError } from './apiError';

interface Grant {
  readonly email: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

const expected =
  'Expected OAuth 2 access token, login cookie or other valid authentication credential. ' +
  'See https://developers.google.com/identity/sign-in/web/devconsole-project.';

/** Access tokens that are let in. */
export class Tokens {
  readonly #grants = new Map<string, Grant>();

  constructor(
    private readonly clock: Clock,
    /** Let in for as long as the emulator runs. */
    lasting: readonly string[],
  ) {
    lasting.forEach((token) =>
      this.#grants.set(token, { email: 'user@example.com', expiresAt: Number.POSITIVE_INFINITY }),
    );
  }

  issue(email = 'user@example.com', lifetimeSeconds = 3600): string {
    const token = `ya29.${randomBytes(24).toString('base64url')}`;
    this.#grants.set(token, { email, expiresAt: this.clock.now() + lifetimeSeconds * 1000 });
    return token;
  }

  revoke(token: string): void {
    this.#grants.delete(token);
  }

  /** The account of an `Authorization` or `Proxy-Authorization` header. Throws UNAUTHENTICATED without one that counts. */
  check(header: string | undefined): string {
    const token = /^Bearer (\S+)$/i.exec(header ?? '')?.[1];
    if (token === undefined) {
      throw unauthenticated(
        `Request is missing required authentication credential. ${expected}`,
        'CREDENTIALS_MISSING',
      );
    }
    const grant = this.#grants.get(token);
    if (grant === undefined || grant.expiresAt <= this.clock.now()) {
      throw unauthenticated(`Request had invalid authentication credentials. ${expected}`, 'ACCESS_TOKEN_EXPIRED');
    }
    return grant.email;
  }
}

function unauthenticated(message: string, reason: string): ApiError {
  return new ApiError('UNAUTHENTICATED', message, [
    { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' },
  ]);
}
