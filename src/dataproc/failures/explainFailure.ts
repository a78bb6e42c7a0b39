import type { ErrorButton } from '../../core/errors';
import { UserError } from '../../core/errors';
import { causesOf } from './causes';
import { firstSentence, isMute, type FailureCase } from './failureCase';
import { failureCases } from './failureCases';
import { statusCases } from './statusCases';

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
  /** `metadata` of it: `service`, `consumer` and the like. */
  metadata?: Readonly<Record<string, string>>;
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

/** What is said of one of the causes of a failure. */
interface Told {
  code: string;
  why: string;
  next: string;
  page: { title: string; url: string } | undefined;
  /** Undefined where the cause is not known. */
  retry: Retry | undefined;
  /** By its text, not by a code that stands for much. */
  byText: boolean;
}

/**
 * A failure with its cause and its remedy, after what the service is known to say; with each of them where it names
 * several. What is not known is said in the service's own words, with the way to Google's log of it.
 */
export function explainFailure(failure: Failure): Explanation {
  const told = tellAll(failure);
  const pages = told.map(({ page }) => page).filter((page) => page !== undefined);
  const buttons = pages.filter(({ url }, index) => pages.findIndex((page) => page.url === url) === index);
  const why = unique(told.map((one) => one.why));
  return {
    error: new UserError({
      code: told.find(({ retry }) => retry !== undefined)?.code ?? 'dataprocFailed',
      what: failure.what,
      ...(why === '' ? {} : { why }),
      next: unique(told.map((one) => one.next)),
      buttons: [
        ...buttons.map(({ title, url }): ErrorButton => ({ title, action: { kind: 'openUrl', url } })),
        { title: 'Show Log', action: { kind: 'showLog' } },
      ],
    }),
    retry: retryOf(told) ?? (isPassing(failure) ? 'later' : 'never'),
    output: outputIn(failure.message),
  };
}

/** A heading is told where it names a cause itself, or says what is listed below and not known. */
function tellAll(failure: Failure): readonly Told[] {
  const { heading, causes } = causesOf(failure.message);
  const told = causes.map((message) => tell({ ...failure, message }));
  if (heading === undefined) {
    return told;
  }
  const first = tell({ ...failure, message: heading });
  const counts = first.byText || (!/:\s*$/.test(heading) && told.every(({ retry }) => retry === undefined));
  return counts ? [first, ...told] : told;
}

function tell(failure: Failure): Told {
  const found = failureCases.find((one) => one.matches(failure));
  return found === undefined ? unknown(failure) : known(failure, found);
}

function known(failure: Failure, found: FailureCase): Told {
  const inText = Object.entries(found.names?.exec(failure.message)?.groups ?? {}) as [string, string | undefined][];
  const names = { ...failure.metadata, ...Object.fromEntries(inText.filter(([, name]) => name !== undefined)) };
  return {
    code: found.code,
    why: found.why(names, failure),
    next: found.next(names, failure),
    page: found.page?.(names, failure),
    retry: found.retry,
    byText: !statusCases.includes(found),
  };
}

function unknown(failure: Failure): Told {
  const { message, code } = failure;
  const text = isMute(message) && code !== undefined ? `${code}.` : firstSentence(message);
  return {
    code: 'dataprocFailed',
    why: text === '' ? '' : `Google says: ${text}`,
    next: isPassing(failure) ? 'Try again in a moment.' : 'Look into the log for all that was answered.',
    page: undefined,
    retry: undefined,
    byText: false,
  };
}

/** What no other try mends counts most; causes that are not known are often what the known ones led to. */
function retryOf(told: readonly Told[]): Retry | undefined {
  const order: readonly Retry[] = ['never', 'otherPlace', 'later'];
  return order.find((retry) => told.some((one) => one.retry === retry));
}

function unique(sentences: readonly string[]): string {
  return [...new Set(sentences)].filter((sentence) => sentence !== '').join(' ');
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
