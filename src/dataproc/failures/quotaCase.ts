import { console, type FailureCase } from './failureCase';

/** Quotas by their names, and what a profile can do about them. */
const remedies: readonly [name: RegExp, remedy: string][] = [
  [
    /ADDRESSES/,
    'Set "internalIpOnly" to true in the profile, so that machines need no public address, or ask for more addresses.',
  ],
  [
    /LOCAL_SSD/,
    'Choose fewer "localSsds" or fewer machines in the profile, or ask for more of the quota of local SSDs.',
  ],
  [
    /_GB$|DISK|SSD_TOTAL|HYPERDISK|HDB/,
    'Choose a smaller "diskSize", another "diskType" or fewer machines in the profile, or ask for more quota of disks.',
  ],
  [
    /^PREEMPTIBLE/,
    'Choose fewer spot machines in the profile, secondary ones of "kind": "standard", or ask for more quota of spot machines.',
  ],
  [/GPU|NVIDIA/, 'Choose machines with fewer GPUs, or ask for more quota of GPUs.'],
];

const others = 'Choose fewer or smaller machines, delete what is not used, or ask for more quota.';

/** A quota of Compute Engine; several in one message are one failure each (`causesOf`). */
export const quotaCase: FailureCase = {
  code: 'quotaExceeded',
  matches: ({ message }) =>
    /Quota '?[A-Z0-9_]+'? exceeded|Insufficient '?[A-Z0-9_]+'? quota|QUOTA_EXCEEDED/i.test(message),
  names:
    /(?:Quota|Insufficient) '?(?<quota>[A-Z0-9_]+)'?(?:[^]*?Requested (?<requested>\d+(?:\.\d+)?)[^]*?available (?<available>\d+(?:\.\d+)?)|[^]*?Limit: (?<limit>\d+(?:\.\d+)?))?/i,
  retry: 'never',
  why: ({ quota, requested, available, limit }, { region }) =>
    `The quota ${quota ?? 'of Compute Engine'} in ${/ALL_REGIONS/.test(quota ?? '') ? 'all regions together' : region} is used up${
      requested !== undefined && available !== undefined
        ? `: ${number(requested)} are asked for and ${number(available)} are left`
        : limit === undefined
          ? ''
          : `: its limit is ${number(limit)}`
    }.`,
  next: ({ quota = '' }) => remedies.find(([name]) => name.test(quota))?.[1] ?? others,
  page: (_names, { project }) => ({ title: 'Open Quotas', url: `${console}/iam-admin/quotas?project=${project}` }),
};

/** Google writes `24.0`. */
function number(text: string): string {
  return String(Number(text));
}
