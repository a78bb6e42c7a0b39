/** What a button on an error message does. The host layer maps each to a command. */
export type ErrorAction =
  | { kind: 'openSettings'; setting: string; path?: readonly (string | number)[] }
  | { kind: 'showLog' }
  | { kind: 'showRun'; runId: string }
  | { kind: 'installDask'; interpreter: string }
  | { kind: 'useManagedEnvironment' }
  | { kind: 'selectInterpreter' }
  | { kind: 'openUrl'; url: string };

export interface ErrorButton {
  title: string;
  action: ErrorAction;
}

export interface UserErrorDetails {
  /** Stable id in lowerCamelCase, e.g. `daskMissing`: for tests and for the journal, never shown. */
  code: string;
  /** What happened, as one sentence. */
  what: string;
  /** Why, as one sentence, where it is known. */
  why?: string;
  /** What to do next, as one sentence. */
  next: string;
  buttons?: readonly ErrorButton[];
  cause?: unknown;
}

/**
 * An error that is meant for people: everything else goes to the log with its stack.
 * Its `message` is the whole text, sentence by sentence.
 */
export class UserError extends Error {
  readonly code: string;
  readonly what: string;
  readonly why: string | undefined;
  readonly next: string;
  readonly buttons: readonly ErrorButton[];

  /** Every bundle has a copy of this class of its own: they are told by name. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'UserError';
  }

  constructor(details: UserErrorDetails) {
    const text = [details.what, details.why, details.next]
      .filter((part) => part !== undefined && part !== '')
      .join(' ');
    super(text, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'UserError';
    this.code = details.code;
    this.what = details.what;
    this.why = details.why;
    this.next = details.next;
    this.buttons = details.buttons ?? [];
  }
}

/** Code of what is thrown where a cluster runs and Dask on it does not: a run starts it. */
export const schedulerNotRunning = 'schedulerNotRunning';

/** An error as it is kept in the journal and handed to other extensions. */
export interface ErrorRecord {
  code: string;
  message: string;
  /** Where in the user's code, when a traceback names a place: absolute path, 1-based line. */
  location?: { file: string; line: number };
  /** What can be done about it, where the error says so. */
  buttons?: readonly ErrorButton[];
}

/** Thrown when an AbortSignal ended the work: a cancel is never shown as an error. */
export class CancelledError extends Error {
  constructor(message = 'Cancelled') {
    super(message);
    this.name = 'CancelledError';
  }
}

export function isCancelled(error: unknown): boolean {
  // By name: every bundle has a copy of the class of its own.
  return error instanceof Error && (error.name === 'CancelledError' || error.name === 'AbortError');
}
