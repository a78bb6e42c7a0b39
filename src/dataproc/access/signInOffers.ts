import { isCancelled, UserError } from '../../core/errors';
import type { SignIn, SignInOffer } from '../../core/googleAccount';
import { findGcloud, Gcloud } from './gcloud';
import { GoogleAccess, type GoogleAccessOptions } from './googleAccess';
import { gcloudMissing, notSignedIn, signInCommand } from './signInErrors';

type Options = Omit<GoogleAccessOptions, 'choice'>;

/**
 * All ways to sign in on this machine: application default credentials, and each of gcloud's accounts. What is not
 * there says which command makes it.
 *
 * @param used the access that follows the settings
 */
export async function signInOffers(
  used: Pick<GoogleAccess, 'who'>,
  options: Options,
  signal: AbortSignal,
): Promise<readonly SignInOffer[]> {
  const now = await attempt(() => used.who(signal));
  const current = 'why' in now ? undefined : now;
  const [credentials, gcloud] = await Promise.all([
    credentialsOffer(current?.source === 'applicationDefault', options, signal),
    gcloudOffers(current?.source === 'gcloud' ? current.account : undefined, options, signal),
  ]);
  return [credentials, ...gcloud];
}

async function credentialsOffer(current: boolean, options: Options, signal: AbortSignal): Promise<SignInOffer> {
  const signIn: SignIn = { source: 'applicationDefault' };
  const found = await attempt(() => new GoogleAccess({ ...options, choice: signIn }).who(signal));
  return 'why' in found
    ? missing('applicationDefault', found.why)
    : { signIn, account: found.account, project: found.project, current, missing: undefined, command: undefined };
}

async function gcloudOffers(
  current: string | undefined,
  { environment = process.env }: Options,
  signal: AbortSignal,
): Promise<readonly SignInOffer[]> {
  const source = 'gcloud';
  const found = await attempt(async () => {
    if ((await findGcloud(environment)) === undefined) {
      throw gcloudMissing();
    }
    const accounts = await new Gcloud(environment).accounts(signal);
    if (accounts.length === 0) {
      throw notSignedIn('gcloud');
    }
    return accounts;
  });
  return 'why' in found
    ? [missing(source, found.why)]
    : found.map(({ account }) => {
        const signIn: SignIn = { source, account };
        return {
          signIn,
          account,
          project: undefined,
          current: account === current,
          missing: undefined,
          command: undefined,
        };
      });
}

function missing(source: 'applicationDefault' | 'gcloud', why: string): SignInOffer {
  const command = signInCommand(source);
  return {
    signIn: { source },
    account: undefined,
    project: undefined,
    current: false,
    missing: why,
    // Without gcloud there is nothing to run.
    command: why.includes('PATH') ? undefined : command,
  };
}

/** What it gives, or why it gives nothing and what to do about it. */
async function attempt<T extends object>(ask: () => Promise<T>): Promise<T | { why: string }> {
  try {
    return await ask();
  } catch (error) {
    if (isCancelled(error)) {
      throw error;
    }
    if (error instanceof UserError) {
      return { why: [error.why, error.next].filter((part) => part !== undefined).join(' ') };
    }
    return { why: error instanceof Error ? error.message : String(error) };
  }
}
