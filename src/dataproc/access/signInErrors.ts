import { UserError } from '../../core/errors';
import type { AccessSource } from './access';

const what = 'Google Cloud could not be asked.';
const showLog = { title: 'Show Log', action: { kind: 'showLog' } } as const;

/** The command that signs in. */
export function signInCommand(source: AccessSource, account?: string): string {
  return source === 'gcloud'
    ? `gcloud auth login${account === undefined ? '' : ` ${account}`}`
    : 'gcloud auth application-default login';
}

export function notSignedIn(source: AccessSource, account?: string): UserError {
  return new UserError({
    code: 'notSignedIn',
    what,
    why: account === undefined ? 'Nobody is signed in.' : `gcloud has no sign-in of ${account}.`,
    next: `Sign in: ${signInCommand(source, account)}`,
    buttons: [showLog],
  });
}

/** The sign-in has ended: by itself, or because an organization wants it again and again (`invalid_rapt`). */
export function signInEnded(source: AccessSource, again: boolean, account?: string, cause?: unknown): UserError {
  return new UserError({
    code: 'signInEnded',
    what,
    why: again
      ? `Your organization wants you to sign in again${account === undefined ? '' : ` as ${account}`}.`
      : `The sign-in${account === undefined ? '' : ` of ${account}`} has expired or was revoked.`,
    next: `Sign in: ${signInCommand(source, account)}`,
    buttons: [showLog],
    cause,
  });
}

export function gcloudMissing(): UserError {
  return new UserError({
    code: 'gcloudMissing',
    what,
    why: 'The gcloud tool was not found on the PATH.',
    next: 'Install it, then sign in: gcloud auth login',
    buttons: [
      { title: 'Install gcloud', action: { kind: 'openUrl', url: 'https://cloud.google.com/sdk/docs/install' } },
      showLog,
    ],
  });
}

/** Neither application default credentials nor gcloud. */
export function noCredentials(): UserError {
  return new UserError({
    code: 'noCredentials',
    what,
    why: 'There are no application default credentials, and the gcloud tool was not found on the PATH.',
    next: 'Install gcloud, then sign in: gcloud auth application-default login',
    buttons: [
      { title: 'Install gcloud', action: { kind: 'openUrl', url: 'https://cloud.google.com/sdk/docs/install' } },
      showLog,
    ],
  });
}

export function gcloudFailed(command: string, text: string): UserError {
  return new UserError({
    code: 'gcloudFailed',
    what,
    why: text === '' ? `gcloud could not give a token.` : `gcloud says: ${text}`,
    next: `See what it says in a terminal: ${command}`,
    buttons: [showLog],
  });
}

export function credentialsUnreadable(path: string, why: string): UserError {
  return new UserError({
    code: 'credentialsUnreadable',
    what,
    why: `The application default credentials in ${path} ${why}.`,
    next: 'Make them again: gcloud auth application-default login',
    buttons: [showLog],
  });
}

/** `text`: what the token endpoint said. */
export function tokenRefused(text: string): UserError {
  return new UserError({
    code: 'tokenRefused',
    what,
    why: `Google gave no token: ${text}`,
    next: 'Sign in: gcloud auth application-default login',
    buttons: [showLog],
  });
}

export function quotaProjectMissing(project: string, cause: unknown): UserError {
  return new UserError({
    code: 'quotaProjectMissing',
    what,
    why: 'The application default credentials name no project that pays for calls.',
    next: `Name one: gcloud auth application-default set-quota-project ${project}`,
    buttons: [showLog],
    cause,
  });
}

export function impersonationDenied(target: string, account: string | undefined): UserError {
  return new UserError({
    code: 'impersonationDenied',
    what,
    why: `${account ?? 'Your account'} may not act as ${target}, or there is no such service account.`,
    next: `Have roles/iam.serviceAccountTokenCreator granted: gcloud iam service-accounts add-iam-policy-binding ${target} --member=user:${account ?? 'YOU'} --role=roles/iam.serviceAccountTokenCreator`,
    buttons: [showLog],
  });
}
