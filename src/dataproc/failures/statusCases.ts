import { console, firstSentence, isCode, isMute, type FailureCase } from './failureCase';

const states = 'CREATING|ERROR|DELETING|UPDATING|STOPPING|STOPPED|STARTING|REPAIRING';

/**
 * What a code alone tells, tried last and only where the text does not speak of something else: that is then told in
 * the service's own words.
 */
export const statusCases: readonly FailureCase[] = [
  {
    code: 'operationCancelled',
    matches: isCode('CANCELLED', [499], /cancel|abort|delet/i),
    retry: 'never',
    why: () => 'It was cancelled or deleted by somebody else while Google worked on it.',
    next: () => 'Run it again.',
  },
  {
    code: 'tooManyRequests',
    matches: isCode('RESOURCE_EXHAUSTED', [429], /request|rate|per (?:minute|second|day)|quota metric|too fast|slow/i),
    retry: 'later',
    why: (_names, { project }) => `The project ${project} has made more requests than Google allows in a minute.`,
    next: () => 'It is tried again by itself, more slowly.',
  },
  {
    code: 'signInNeeded',
    matches: isCode('UNAUTHENTICATED', [401], /credential|token|authenticat|log ?in|sign|unauthorized/i),
    retry: 'never',
    why: () => 'Google does not know who asks: the sign-in has expired or is missing.',
    next: () => 'Sign in: gcloud auth application-default login',
  },
  {
    code: 'permissionDenied',
    matches: isCode(
      'PERMISSION_DENIED',
      [403],
      /permission|denied|forbidden|not authorized|not allowed|access|\brole/i,
    ),
    names:
      /(?=[^]*?(?<![\w.@-])(?<permission>(?:dataproc|compute|storage|logging|iam|iap|cloudkms|serviceusage|resourcemanager)\.[a-zA-Z]+\.[a-zA-Z]+)(?!\.?\w))(?:[^]*?(?<account>[\w.-]+@[\w.-]+\.gserviceaccount\.com) does not have)?/,
    retry: 'never',
    why: ({ permission, account }, { project, message }) =>
      permission !== undefined
        ? `${account === undefined ? 'Your account' : `The service account ${account}`} lacks the permission ${permission} in the project ${project}.`
        : isMute(message) || /^(?:forbidden|permission denied|access denied)\.?$/i.test(message.trim())
          ? `Your account lacks a permission in the project ${project}.`
          : `Google refuses it to your account: ${firstSentence(message)}`,
    next: ({ permission }) =>
      permission?.startsWith('dataproc.') === false
        ? 'Ask for a role that has it.'
        : 'Ask for the role roles/dataproc.editor, or for one that has it. The role of viewers is not enough for dashboards.',
    page: (_names, { project }) => ({ title: 'Open IAM', url: `${console}/iam-admin/iam?project=${project}` }),
  },
  {
    code: 'nameTaken',
    matches: isCode('ALREADY_EXISTS', [409], /exist|taken/i),
    retry: 'later',
    why: () => 'Something of that name is there already.',
    next: () => 'Run again: another name is chosen.',
  },
  {
    code: 'clusterNotReady',
    // Without the name of a state it may be anything, also before there is a cluster.
    matches: ({ code, message }) =>
      code === 'FAILED_PRECONDITION' && new RegExp(`(?:state|in)(?: is)? '?(?:${states})`).test(message),
    names: new RegExp(`(?:state|in)(?: is)? '?(?<state>${states})`),
    retry: 'never',
    why: ({ state }) => `The cluster is in the state ${state ?? ''}.`,
    next: ({ state }) =>
      state === 'STOPPED'
        ? 'Start it, then try again.'
        : state === 'UPDATING' || state === 'REPAIRING'
          ? 'Try again when that is over.'
          : 'Run on another cluster, or let a new one be created.',
  },
];
