import { UserError, type ErrorButton } from '../core/errors';
import type { CommandResult } from './command';
import { errorCode } from './jsonFile';

const showLog: ErrorButton = { title: 'Show Log', action: { kind: 'showLog' } };

/** Git's own words, in English, and ssh's. */
const causes: readonly { said: RegExp; code: string; why: string; next: (ref: string) => string }[] = [
  {
    said: /couldn't find remote ref|not our ref|needed a single revision|no such remote ref|not a tree|unadvertised object/i,
    code: 'gitReferenceUnknown',
    why: 'It has no such branch, tag or commit.',
    next: (ref) => `Look for "${ref}" there: it may not have been pushed.`,
  },
  {
    said: /authentication failed|could not read (username|password)|terminal prompts disabled|permission denied|access denied|403|host key verification failed/i,
    code: 'gitNotAllowed',
    why: 'It does not let you in.',
    next: () => 'Fetch it once in a terminal, so that git or ssh has your credentials, then try again.',
  },
  {
    said: /no space left on device|disk quota/i,
    code: 'diskFull',
    why: 'The disk is full.',
    next: () => 'Free some space, then try again.',
  },
  {
    said: /could not resolve host|failed to connect|couldn't connect|connection (refused|timed out|reset)|network is unreachable|no route to host|early eof|unable to access|hung up unexpectedly/i,
    code: 'gitUnreachable',
    why: 'Its server does not answer.',
    next: () => 'See whether this machine has a network and git needs a proxy (http.proxy), then try again.',
  },
  {
    said: /repository .*not found|does not appear to be a git repository|not a git repository|does not exist/i,
    code: 'gitRepositoryUnknown',
    why: 'There is no such repository, or you may not see it.',
    next: () => 'Check its address.',
  },
];

/** What a failed call of git means to people: how it ended, or why it could not be started. */
export function gitFailed(failure: unknown, repository: string, ref: string): UserError {
  const from = ref === '' ? repository : `"${ref}" of ${repository}`;
  const what = repository === '' ? 'git failed.' : `${from} could not be fetched.`;
  if (!isResult(failure)) {
    return errorCode(failure) === 'ENOENT'
      ? new UserError({
          code: 'gitMissing',
          what,
          why: 'git was not found on this machine.',
          next: 'Install it, or name its path in the setting "git.path".',
          cause: failure,
        })
      : new UserError({ code: 'gitFailed', what, next: 'See the log.', buttons: [showLog], cause: failure });
  }
  const text = withoutUsers(failure.stderr);
  const cause = new Error(text);
  const known = causes.find(({ said }) => said.test(text));
  if (known !== undefined) {
    return new UserError({ code: known.code, what, why: known.why, next: known.next(ref), buttons: [showLog], cause });
  }
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  return new UserError({
    code: 'gitFailed',
    what,
    ...(last === '' ? {} : { why: `git says: ${last}` }),
    next: 'Try it in a terminal.',
    buttons: [showLog],
    cause,
  });
}

function isResult(value: unknown): value is CommandResult {
  return typeof value === 'object' && value !== null && 'stderr' in value;
}

/** A credential helper may have put a name and a token into the address. */
function withoutUsers(text: string): string {
  return text.replaceAll(/:\/\/[^/@\s]+@/g, '://');
}
