import { console, says, type FailureCase } from './failureCase';
import { quotaCase } from './quotaCase';

/** The machines of a cluster, and what runs on them. */
export const machineCases: readonly FailureCase[] = [
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
    page: (_names, { project }) => ({
      title: 'Open Firewall Rules',
      url: `${console}/net-security/firewall-manager/firewall-policies/list?project=${project}`,
    }),
  },
  quotaCase,
];

/** What machines did once they were there, or a cluster that is there no more. */
export const runningCases: readonly FailureCase[] = [
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
    code: 'bucketNameTaken',
    matches: says(/bucket name is not available|bucket namespace is shared/i),
    retry: 'never',
    why: () => 'The name of the staging bucket belongs to somebody else: all of Google Cloud shares such names.',
    next: () => 'Name another "stagingBucket" in the profile.',
  },
];
