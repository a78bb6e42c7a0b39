import type { DataprocProfile } from './dataprocProfile';
import type { Profile } from './profile';

/**
 * Two runs share a warm cluster only when this is the same for both: it holds everything of a profile that changes
 * what a script meets there, and so neither the limits of time nor what happens after the run. For a scheduler of
 * others only the way to it counts. Keys may stand in any order.
 *
 * @param interpreter absolute path of the Python of the workers; of no interest for the `address` backend. For
 *   `dataproc` it says which environment that is, as a hash of the files of requirements does; '' where nothing does.
 */
export function clusterFingerprint(profile: Profile, interpreter: string): string {
  switch (profile.backend) {
    case 'address':
      return JSON.stringify([profile.backend, profile.address, profile.tls?.ca, profile.tls?.cert, profile.tls?.key]);
    case 'dataproc':
      return JSON.stringify([
        profile.backend,
        interpreter,
        sorted(Object.fromEntries(Object.entries(profile).filter(([key]) => !unmet.has(key)))),
      ]);
    case 'local':
      return JSON.stringify([
        profile.backend,
        profile.name,
        interpreter,
        profile.workers.kind === 'fixed'
          ? ['fixed', profile.workers.count]
          : ['adaptive', profile.workers.minimum, profile.workers.maximum],
        profile.threadsPerWorker,
        profile.memoryLimit,
        profile.security,
        Object.entries(profile.environment).sort(([a], [b]) => (a < b ? -1 : 1)),
        profile.sharedWorkers,
      ]);
  }
}

/** What a script on the cluster does not see: time, costs, the second choices, and what is uploaded for a run. */
const unmet: ReadonlySet<string> = new Set<keyof DataprocProfile>([
  'idleTimeoutSeconds',
  'maxAgeSeconds',
  'maxRunSeconds',
  'afterRun',
  'labels',
  'impersonate',
  'otherZones',
  'otherMachineTypes',
  'include',
  'maxPackageBytes',
  'askFirst',
]);

/** With the keys of all objects in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  return typeof value === 'object' && value !== null
    ? Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inside]) => [key, sorted(inside)])
    : value;
}
