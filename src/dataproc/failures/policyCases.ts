import { console, says, type FailureCase } from './failureCase';

const custom = /customConstraints\/(custom\.\w+)"?'?(?:\s*:\s*["'](?<text>[^"']+)["'])?/g;
const managed = /(?<!\w)constraints\/([a-zA-Z][\w.]*\w)/g;

/** Networks that Dataproc cannot use, and policies of an organization. */
export const policyCases: readonly FailureCase[] = [
  {
    code: 'noPrivateGoogleAccess',
    matches: says(/does not support Private Google Access/i),
    names: /Subnetwork '(?<subnetwork>[^']+)'/i,
    retry: 'never',
    why: ({ subnetwork }) =>
      `The subnetwork ${subnetwork ?? 'of the cluster'} has no Private Google Access, which machines without a public address need.`,
    next: () => 'Turn Private Google Access on for it, or choose another subnetwork in the profile.',
    page: (_names, { project }) => ({
      title: 'Open Networks',
      url: `${console}/networking/networks/list?project=${project}`,
    }),
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
    code: 'customOrganizationPolicy',
    matches: ({ reason, message }) =>
      reason === 'CUSTOM_ORG_POLICY_VIOLATION' || /customConstraints\/|by custom org policy/i.test(message),
    retry: 'never',
    why: (_names, { message }) => {
      const found = [...message.matchAll(custom)].map(([, name = '', text]) =>
        text === undefined ? name : `${name} (“${text}”)`,
      );
      return `A policy that your organization made itself forbids it${found.length === 0 ? '' : `: ${unique(found)}`}.`;
    },
    next: () =>
      'Change in the profile what the policy speaks of, or ask the administrators of your organization, with its name.',
    page: (_names, { project }) => policies(project),
  },
  {
    code: 'organizationPolicy',
    matches: says(/(?<!\w)constraints\/[a-zA-Z]/),
    retry: 'never',
    why: (_names, { message }) => {
      const found = namesOf(message);
      return `${found.length === 1 ? 'A policy of your organization forbids' : 'Policies of your organization forbid'} it: ${unique(found.map((name) => `constraints/${name}`))}.`;
    },
    next: (_names, { message }) => {
      const remedies = namesOf(message).map((name) => policyRemedies[name] ?? askAdministrators);
      return [...new Set(remedies)].join(' ');
    },
    page: (_names, { project }) => policies(project),
  },
];

const askAdministrators = 'Ask the administrators of your organization, with the name of this policy.';

const policyRemedies: Readonly<Record<string, string>> = {
  'compute.vmExternalIpAccess': 'Set "internalIpOnly" in the profile.',
  'compute.requireShieldedVm': 'Set shielded machines in the profile, or ask your administrators.',
  'gcp.resourceLocations': 'Choose a "region" in the profile that the policy allows, or ask your administrators.',
  'gcp.restrictNonCmekServices': 'Name a "kmsKey" in the profile, or ask your administrators.',
  'gcp.restrictCmekCryptoKeyProjects': 'Name a "kmsKey" of a project that the policy allows.',
};

function policies(project: string): { title: string; url: string } {
  return { title: 'Open Policies', url: `${console}/iam-admin/orgpolicies/list?project=${project}` };
}

function namesOf(message: string): string[] {
  return [...new Set([...message.matchAll(managed)].map(([, name = '']) => name))];
}

function unique(texts: readonly string[]): string {
  return [...new Set(texts)].join(', ');
}
