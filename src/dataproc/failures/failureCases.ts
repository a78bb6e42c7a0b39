import type { Failure, Retry } from './explainFailure';

/** One kind of failure that is known: how it is told, why it comes and what to do. */
export interface FailureCase {
  /** Stable id in lowerCamelCase, of the UserError. */
  code: string;
  matches: (failure: Failure) => boolean;
  /** Names in the message that the sentences use. */
  names?: RegExp;
  retry: Retry;
  why: (names: Readonly<Record<string, string | undefined>>, failure: Failure) => string;
  next: (names: Readonly<Record<string, string | undefined>>, failure: Failure) => string;
  /** A page of the console where it is mended. */
  page?: (failure: Failure) => { title: string; url: string };
}

const console = 'https://console.cloud.google.com';

function says(pattern: RegExp): (failure: Failure) => boolean {
  return ({ message }) => pattern.test(message);
}

function isCode(name: string, ...statuses: number[]): (failure: Failure) => boolean {
  return ({ code, status }) =>
    code === name || (code === undefined && status !== undefined && statuses.includes(status));
}

/**
 * In the order in which they are tried: what names its cause comes before a bare code. What the service says was
 * gathered from Google's documentation and from reports of users; wordings may change, so each pattern holds the
 * least that tells a case from others.
 */
export const failureCases: readonly FailureCase[] = [
  {
    code: 'certificateNotTrusted',
    matches: ({ network }) => network !== undefined && /CERT|SIGNED|SSL|TLS|ISSUER/.test(network),
    retry: 'later',
    why: (_names, { message, network }) =>
      `The network between this machine and Google is the cause: the certificate of ${hostIn(message)} is not trusted here (${network ?? ''}).`,
    next: () => 'Let VS Code use the certificates of your organization ("http.systemCertificates"), then run again.',
  },
  {
    code: 'networkFailed',
    matches: ({ network }) => network !== undefined,
    retry: 'later',
    why: (_names, { message, network }) =>
      `The network of this machine is the cause: ${hostIn(message)} could not be reached${network === undefined || network === '' ? '' : ` (${network})`}.`,
    next: () => 'Check the connection, the VPN and the proxy ("http.proxy"), then run again.',
  },
  {
    code: 'zoneHasNoMachines',
    matches: says(
      /STOCKOUT|ZONE_RESOURCE_POOL_EXHAUSTED|does not have enough resources available|errorSource: COMPUTE_ENGINE/i,
    ),
    names: /zones?\/(?<zone>[a-z]+-[a-z]+\d+-[a-z])/,
    retry: 'otherPlace',
    why: ({ zone }) => `${zone === undefined ? 'The zone' : `The zone ${zone}`} has no such machines free now.`,
    next: () => 'Leave the zone of the profile to Google, allow another machine type, or try again later.',
  },
  {
    code: 'machinesDoNotMeet',
    matches: says(/Timed out waiting for \d+ |minimum required (?:datanodes|node managers)/i),
    retry: 'otherPlace',
    why: () =>
      'The machines of the cluster did not find each other in time: a firewall is between them, or the zone had too few.',
    next: () => 'Allow tcp, udp and icmp between the machines of the subnetwork, or choose another zone.',
    page: ({ project }) => ({
      title: 'Open Firewall Rules',
      url: `${console}/net-security/firewall-manager/firewall-policies/list?project=${project}`,
    }),
  },
  {
    code: 'quotaExceeded',
    matches: says(/Quota '?[A-Z0-9_]+'? exceeded|Insufficient '?[A-Z0-9_]+'? quota|QUOTA_EXCEEDED/i),
    names:
      /(?:Quota|Insufficient) '?(?<quota>[A-Z0-9_]+)'?(?:[^]*?Requested (?<requested>\d+(?:\.\d+)?)[^]*?available (?<available>\d+(?:\.\d+)?)|[^]*?Limit: (?<limit>\d+(?:\.\d+)?))?/i,
    retry: 'never',
    why: ({ quota, requested, available, limit }, { region }) =>
      `The quota ${quota ?? 'of Compute Engine'} in ${region} is used up${
        requested !== undefined && available !== undefined
          ? `: ${number(requested)} are asked for and ${number(available)} are left`
          : limit === undefined
            ? ''
            : `: its limit is ${number(limit)}`
      }.`,
    next: () => 'Choose fewer or smaller machines, delete what is not used, or ask for more quota.',
    page: ({ project }) => ({ title: 'Open Quotas', url: `${console}/iam-admin/quotas?project=${project}` }),
  },
  {
    code: 'serviceAccountNotAllowed',
    matches: says(/not authorized to act as service account|iam\.serviceAccounts\.actAs/i),
    names: /service account '?(?<account>[^\s'"]+@[^\s'",]*[^\s'",.])/i,
    retry: 'never',
    why: ({ account }) => `Your account may not use the service account ${account ?? 'of the cluster'}.`,
    next: ({ account }) =>
      `Have the role roles/iam.serviceAccountUser granted on ${account ?? 'it'}, or name another in the profile.`,
    page: ({ project }) => ({
      title: 'Open Service Accounts',
      url: `${console}/iam-admin/serviceaccounts?project=${project}`,
    }),
  },
  {
    code: 'noPrivateGoogleAccess',
    matches: says(/does not support Private Google Access/i),
    names: /Subnetwork '(?<subnetwork>[^']+)'/i,
    retry: 'never',
    why: ({ subnetwork }) =>
      `The subnetwork ${subnetwork ?? 'of the cluster'} has no Private Google Access, which machines without a public address need.`,
    next: () => 'Turn Private Google Access on for it, or choose another subnetwork in the profile.',
    page: ({ project }) => ({ title: 'Open Networks', url: `${console}/networking/networks/list?project=${project}` }),
  },
  {
    code: 'subnetworkNotAllowed',
    matches: says(/compute\.subnetworks\.use/i),
    names: /for '?(?<subnetwork>projects\/[^\s'"]+)/i,
    retry: 'never',
    why: ({ subnetwork }) =>
      `Dataproc may not use the subnetwork${subnetwork === undefined ? '' : ` ${subnetwork}`}, which belongs to another project.`,
    next: () =>
      'Have roles/compute.networkUser granted in that project to the service agents of Dataproc and of Google APIs.',
  },
  {
    code: 'organizationPolicy',
    matches: says(/constraints\/[a-zA-Z.]+/),
    names: /constraints\/(?<constraint>[a-zA-Z.]*[a-zA-Z])/,
    retry: 'never',
    why: ({ constraint }) => `A policy of your organization forbids it: constraints/${constraint ?? ''}.`,
    next: ({ constraint }) =>
      constraint === 'compute.vmExternalIpAccess'
        ? 'Set "internalIpOnly" in the profile.'
        : constraint === 'compute.requireShieldedVm'
          ? 'Set shielded machines in the profile, or ask your administrators.'
          : 'Ask the administrators of your organization, with the name of this policy.',
  },
  {
    code: 'serviceDisabled',
    matches: (failure) =>
      failure.reason === 'SERVICE_DISABLED' ||
      /has not been used in project .* before or it is disabled/i.test(failure.message),
    names: /(?<service>[a-z]+\.googleapis\.com)/,
    retry: 'never',
    why: ({ service }, { project }) =>
      `The API ${service ?? 'dataproc.googleapis.com'} is not enabled in the project ${project}.`,
    next: ({ service }, { project }) =>
      `Enable it: gcloud services enable ${service ?? 'dataproc.googleapis.com'} --project ${project}`,
    page: ({ project }) => ({
      title: 'Open API',
      url: `${console}/apis/library/dataproc.googleapis.com?project=${project}`,
    }),
  },
  {
    code: 'machinesMayNotWork',
    matches: says(/roles\/dataproc\.worker|dataproc\.worker role|dataproc\.agents\.create/i),
    names: /(?<account>[^\s'"]+@[^\s'",]+\.gserviceaccount\.com)/,
    retry: 'never',
    why: ({ account }) =>
      `The machines' own service account${account === undefined ? '' : ` ${account}`} lacks the role roles/dataproc.worker.`,
    next: () => 'Have that role granted to it, or name another service account in the profile.',
    page: ({ project }) => ({ title: 'Open IAM', url: `${console}/iam-admin/iam?project=${project}` }),
  },
  {
    code: 'initializationTimedOut',
    matches: says(/Initialization action (?:timed out|.*timed out)/i),
    names: /action '?(?<script>gs:\/\/[^\s'"]+)/i,
    retry: 'never',
    why: ({ script }) => `An initialization action${script === undefined ? '' : `, ${script},`} took too long.`,
    next: () =>
      'Look at what it printed. Without a way to the internet it waits for downloads: set up Cloud NAT, a private index or a prebuilt environment; or give it more time in the profile.',
  },
  {
    code: 'initializationFailed',
    matches: says(/Initialization action|dataproc-initialization-script|Agent reports failure/i),
    names: /action '?(?<script>gs:\/\/[^\s'"]+)/i,
    retry: 'never',
    why: ({ script }) => `An initialization action failed${script === undefined ? '' : `: ${script}`}.`,
    next: () => 'Look at what it printed, correct it, and run again.',
  },
  {
    code: 'driverOutOfMemory',
    matches: says(/SIGTERM\/SIGKILL signal[^]*memory pressure/i),
    retry: 'never',
    why: () => 'The script was ended on the master, most likely because it took too much memory there.',
    next: () => 'Keep large data on the workers, or choose a larger master type in the profile.',
  },
  {
    code: 'driverGone',
    matches: says(/Agent reports job failure/i),
    retry: 'never',
    why: () => 'Google gives no reason: it ended before it could write one down.',
    next: () => 'See the end of the log for what it said last, and run it again.',
  },
  {
    code: 'clusterGone',
    matches: says(/Not found: Cluster|Cluster '?[^\s']+'? was deleted/i),
    retry: 'never',
    why: () => 'The cluster is not there any more: it was deleted by somebody, or by its time limits.',
    next: () =>
      'Run again on another one; where the script takes longer than it may, set a longer "maxAge" in the profile.',
  },
  {
    code: 'bucketMissing',
    matches: says(/(?:specified )?bucket does not exist/i),
    retry: 'never',
    why: () => 'The staging bucket was deleted, or belongs to another project.',
    next: () => 'Name another "stagingBucket" in the profile, or leave it out: one is made then.',
  },
  {
    code: 'operationCancelled',
    matches: isCode('CANCELLED', 499),
    retry: 'never',
    why: () => 'It was cancelled or deleted by somebody else while Google worked on it.',
    next: () => 'Run it again.',
  },
  {
    code: 'tooManyRequests',
    matches: isCode('RESOURCE_EXHAUSTED', 429),
    retry: 'later',
    why: (_names, { project }) => `The project ${project} has made more requests than Google allows in a minute.`,
    next: () => 'It is tried again by itself, more slowly.',
  },
  {
    code: 'signInNeeded',
    matches: isCode('UNAUTHENTICATED', 401),
    retry: 'never',
    why: () => 'Google does not know who asks: the sign-in has expired or is missing.',
    next: () => 'Sign in: gcloud auth application-default login',
  },
  {
    code: 'permissionDenied',
    matches: isCode('PERMISSION_DENIED', 403),
    names: /(?<permission>\b(?:dataproc|compute|storage|logging|iam)\.[a-zA-Z]+\.[a-zA-Z]+)/,
    retry: 'never',
    why: ({ permission }, { project }) =>
      `Your account lacks ${permission === undefined ? 'a permission' : `the permission ${permission}`} in the project ${project}.`,
    next: ({ permission }) =>
      permission?.startsWith('dataproc.') === false
        ? 'Ask for a role that has it.'
        : 'Ask for the role roles/dataproc.editor, or for one that has it. The role of viewers is not enough for dashboards.',
    page: ({ project }) => ({ title: 'Open IAM', url: `${console}/iam-admin/iam?project=${project}` }),
  },
  {
    code: 'nameTaken',
    matches: isCode('ALREADY_EXISTS', 409),
    retry: 'later',
    why: () => 'Something of that name is there already.',
    next: () => 'Run again: another name is chosen.',
  },
  {
    code: 'clusterNotReady',
    matches: isCode('FAILED_PRECONDITION'),
    names: /(?:state|in)(?: is)? '?(?<state>CREATING|ERROR|DELETING|UPDATING|STOPPING|STOPPED|STARTING|REPAIRING)/,
    retry: 'never',
    why: ({ state }) =>
      state === undefined ? 'The cluster is not in a state for that.' : `The cluster is in the state ${state}.`,
    next: ({ state }) =>
      state === 'STOPPED'
        ? 'Start it, then try again.'
        : state === 'UPDATING' || state === 'REPAIRING'
          ? 'Try again when that is over.'
          : 'Run on another cluster, or let a new one be created.',
  },
];

/** Of the sentence that the transport makes. */
function hostIn(message: string): string {
  return /^(\S+) (?:could not be reached|was answered for)/.exec(message)?.[1] ?? 'Google';
}

/** Google writes `24.0`. */
function number(text: string): string {
  return String(Number(text));
}
