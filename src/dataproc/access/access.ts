/** Where tokens come from. `gcloud`: the account of the gcloud tool. `applicationDefault`: a file, or the machine's own account. */
export type AccessSource = 'gcloud' | 'applicationDefault';

export interface Identity {
  /** E-mail of whoever asks; undefined where nothing says it. */
  account: string | undefined;
  /** Project that was chosen, or that the source names; undefined where it names none. */
  project: string | undefined;
  source: AccessSource;
  /** E-mail of whoever stands behind an impersonated account, where it is known. */
  impersonatedBy?: string;
}

/** Whom Google takes us for. Rejects with a UserError that names the command to run, where there is nobody. */
export interface Access {
  /** A bearer token that is good for five minutes at least; renewed by itself. */
  token(signal: AbortSignal): Promise<string>;
  /** Google did not take this token: the next ask gets another. */
  refused(token: string): void;
  /** What to say where the next token was not taken either. @param failure the service's answer */
  unaccepted?(failure: Error): Error;
  who(signal: AbortSignal): Promise<Identity>;
  /** Project that pays for calls, where the source names one; known once it has given a token. */
  readonly quotaProject?: string | undefined;
}
