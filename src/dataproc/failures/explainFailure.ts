import type { ErrorButton } from '../../core/errors';
import { UserError } from '../../core/errors';
import { failureCases, type FailureCase } from './failureCases';

/** What Google said of a call, an operation, a cluster or a job that failed. */
export interface Failure {
  /** What was being done, as a sentence: `The cluster etl-7 could not be created.` */
  what: string;
  /** The service's own words. */
  message: string;
  /** Name of the code, as `PERMISSION_DENIED`; undefined where only an HTTP status is known, or none. */
  code?: string;
  /** HTTP status, 100 to 599. */
  status?: number;
  /** `reason` of `google.rpc.ErrorInfo`, as `SERVICE_DISABLED`. */
  reason?: string;
  /** No answer came: node's name of what is wrong with the network, as `ECONNREFUSED`; '' where it has none. */
  network?: string;
  project: string;
  region: string;
}

/** What another try may change: `otherPlace`, another zone or machine family; `later`; or nothing that we can. */
export type Retry = 'otherPlace' | 'later' | 'never';

export interface Explanation {
  error: UserError;
  retry: Retry;
  /** `gs://…` of what an initialization action printed, or of the folder of a machine that failed, where it is named. */
  output: string | undefined;
}

/**
 * A failure with its cause and its remedy, after what the service is known to say. What is not known is said in the
 * service's own words, with the way to Google's log of it.
 */
export function explainFailure(failure: Failure): Explanation {
  const found = failureCases.find((one) => one.matches(failure));
  const names = found?.names?.exec(failure.message)?.groups ?? {};
  const output = outputIn(failure.message);
  return {
    error: found === undefined ? unknown(failure) : known(failure, found, names),
    retry: found?.retry ?? (isPassing(failure) ? 'later' : 'never'),
    output,
  };
}

function known(failure: Failure, found: FailureCase, names: Readonly<Record<string, string | undefined>>): UserError {
  const page = found.page?.(failure);
  const button: ErrorButton[] =
    page === undefined ? [] : [{ title: page.title, action: { kind: 'openUrl', url: page.url } }];
  return new UserError({
    code: found.code,
    what: failure.what,
    why: found.why(names, failure),
    next: found.next(names, failure),
    buttons: [...button, { title: 'Show Log', action: { kind: 'showLog' } }],
  });
}

function unknown(failure: Failure): UserError {
  const text = firstSentence(failure.message);
  return new UserError({
    code: 'dataprocFailed',
    what: failure.what,
    ...(text === '' ? {} : { why: `Google says: ${text}` }),
    next: isPassing(failure) ? 'Try again in a moment.' : 'Look into the log for all that was answered.',
    buttons: [{ title: 'Show Log', action: { kind: 'showLog' } }],
  });
}

/** The last place that is named: a message names the script first. */
function outputIn(message: string): string | undefined {
  return message
    .match(/gs:\/\/[^\s'",)]+/g)
    ?.at(-1)
    ?.replace(/\.$/, '');
}

/** Failures that pass by themselves: of the network and of the service, never of what was asked. */
function isPassing({ code, status }: Failure): boolean {
  const codes = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'INTERNAL', 'ABORTED'];
  return (code !== undefined && codes.includes(code)) || (status !== undefined && (status >= 500 || status === 408));
}

/** Up to the first line end; at most 300 characters. */
function firstSentence(message: string): string {
  const line = message.trim().split('\n')[0] ?? '';
  const text = line.length > 300 ? `${line.slice(0, 299)}…` : line;
  return text === '' || /[.!?…]$/.test(text) ? text : `${text}.`;
}
