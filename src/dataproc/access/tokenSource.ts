import type { AccessSource } from './access';

export interface Token {
  value: string;
  /** Milliseconds since 1970. */
  endsAt: number;
}

/** One way to tokens. Each ask makes a new one, where that can be. */
export interface TokenSource {
  readonly kind: AccessSource;
  fetch(signal: AbortSignal): Promise<Token>;
  account(signal: AbortSignal): Promise<string | undefined>;
  project(signal: AbortSignal): Promise<string | undefined>;
  readonly quotaProject?: string | undefined;
}
