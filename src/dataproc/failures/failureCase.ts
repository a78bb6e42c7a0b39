import type { Failure, Retry } from './explainFailure';

/** Names in what the service said, and what it tells beside its message (`metadata` of `google.rpc.ErrorInfo`). */
export type FailureNames = Readonly<Record<string, string | undefined>>;

/** One kind of failure that is known: how it is told, why it comes and what to do. */
export interface FailureCase {
  /** Stable id in lowerCamelCase, of the UserError. */
  code: string;
  matches: (failure: Failure) => boolean;
  /** Names in the message that the sentences use. */
  names?: RegExp;
  retry: Retry;
  why: (names: FailureNames, failure: Failure) => string;
  next: (names: FailureNames, failure: Failure) => string;
  /** Where it is mended. */
  page?: (names: FailureNames, failure: Failure) => { title: string; url: string };
}

export const console = 'https://console.cloud.google.com';

export function says(pattern: RegExp): (failure: Failure) => boolean {
  return ({ message }) => pattern.test(message);
}

/** By what the service names as the reason, or by what it says. */
export function means(reason: string, pattern: RegExp): (failure: Failure) => boolean {
  return (failure) => failure.reason === reason || pattern.test(failure.message);
}

/**
 * By the code, or the status where no code is known, and only where the text says nothing else: Google uses one code
 * for many things, and what it says counts.
 */
export function isCode(name: string, statuses: readonly number[], text: RegExp): (failure: Failure) => boolean {
  return ({ code, status, message }) =>
    (code === name || (code === undefined && status !== undefined && statuses.includes(status))) &&
    (isMute(message) || text.test(message));
}

/** Whether a message says no more than a code or a status does. */
export function isMute(message: string): boolean {
  return /^(?:HTTP status \d+|[A-Z_]*)$/.test(message.trim());
}

/** Up to the first line end, as a sentence; at most 300 characters. */
export function firstSentence(message: string): string {
  const line = message.trim().split('\n')[0] ?? '';
  const text = line.length > 300 ? `${line.slice(0, 299)}…` : line;
  return text === '' || /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** `my-project` of `projects/my-project`, the form of ErrorInfo; undefined where there is none. */
export function projectIn(consumer: string | undefined): string | undefined {
  return /^projects\/([^/]+)/.exec(consumer ?? '')?.[1];
}
