import type { Profile } from './profile';

/**
 * Two runs share a warm cluster only when this is the same for both: it holds everything of a profile that changes
 * what a script meets there, and so neither the idle timeout nor what happens after the run. For a scheduler of
 * others only the way to it counts.
 *
 * @param interpreter absolute path of the Python of the workers; of no interest for the `address` backend.
 */
export function clusterFingerprint(profile: Profile, interpreter: string): string {
  if (profile.backend === 'dataproc') {
    // A cluster of another machine or of later settings is another cluster.
    return JSON.stringify(['dataproc', Object.entries(profile).sort(([a], [b]) => (a < b ? -1 : 1))]);
  }
  return profile.backend === 'address'
    ? JSON.stringify([profile.backend, profile.address, profile.tls?.ca, profile.tls?.cert, profile.tls?.key])
    : JSON.stringify([
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
      ]);
}
