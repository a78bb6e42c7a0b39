import type { Logger } from '../../core/ports';
import { GoogleError } from '../google/googleApi';
import { Transport } from '../google/transport';
import { textAt } from '../google/wire';
import type { Access, Identity } from './access';
import { impersonationDenied } from './signInErrors';
import { TokenCache } from './tokenCache';
import type { Token, TokenSource } from './tokenSource';

export interface ImpersonationOptions {
  /** E-mail of the service account. */
  target: string;
  /** Service accounts on the way to it. */
  delegates?: readonly string[];
  /** Of `iamcredentials.googleapis.com`, where it is elsewhere. */
  endpoint: string;
  logger: Logger;
}

/** A service account, whose tokens somebody else may make. */
export class Impersonation implements TokenSource {
  readonly #transport: Transport;

  constructor(
    private readonly by: TokenSource,
    private readonly options: ImpersonationOptions,
  ) {
    this.#transport = new Transport(new SourceAccess(by), options.logger);
  }

  get kind(): TokenSource['kind'] {
    return this.by.kind;
  }

  get quotaProject(): string | undefined {
    return this.by.quotaProject;
  }

  async fetch(signal: AbortSignal): Promise<Token> {
    const { target, delegates = [], endpoint } = this.options;
    try {
      const answer = await this.#transport.json({
        method: 'POST',
        url: `${endpoint}/v1/projects/-/serviceAccounts/${encodeURIComponent(target)}:generateAccessToken`,
        headers: { 'Content-Type': 'application/json; charset=UTF-8' },
        body: JSON.stringify({
          scope: ['https://www.googleapis.com/auth/cloud-platform'],
          lifetime: '3600s',
          delegates: delegates.map((one) => `projects/-/serviceAccounts/${one}`),
        }),
        tries: 3,
        signal,
      });
      return { value: textAt(answer, 'accessToken'), endsAt: Date.parse(textAt(answer, 'expireTime')) };
    } catch (error) {
      // A service account that is not there is told in the same way as one that may not be used.
      if (
        error instanceof GoogleError &&
        (error.status === 404 || error.status === 403) &&
        error.reason !== 'SERVICE_DISABLED'
      ) {
        throw impersonationDenied(target, await this.by.account(signal));
      }
      throw error;
    }
  }

  account(): Promise<string | undefined> {
    return Promise.resolve(this.options.target);
  }

  /** That of the service account is in its name. */
  async project(signal: AbortSignal): Promise<string | undefined> {
    return (
      (await this.by.project(signal)) ?? /@([a-z0-9-]+)\.iam\.gserviceaccount\.com$/.exec(this.options.target)?.[1]
    );
  }

  impersonatedBy(signal: AbortSignal): Promise<string | undefined> {
    return this.by.account(signal);
  }
}

class SourceAccess implements Access {
  readonly #cache: TokenCache;

  constructor(private readonly source: TokenSource) {
    this.#cache = new TokenCache((signal) => source.fetch(signal));
  }

  get quotaProject(): string | undefined {
    return this.source.quotaProject;
  }

  token(signal: AbortSignal): Promise<string> {
    return this.#cache.token(signal);
  }

  refused(token: string): void {
    this.#cache.refused(token);
  }

  async who(signal: AbortSignal): Promise<Identity> {
    const { source } = this;
    return { account: await source.account(signal), project: await source.project(signal), source: source.kind };
  }
}
