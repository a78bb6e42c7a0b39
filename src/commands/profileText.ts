import type { Profile } from '../core/profile';

/** A profile in a few words: `4 workers · 2 threads each · 4GiB each`, or its address. */
export function profileText(profile: Profile): string {
  if (profile.backend === 'address') {
    return profile.address;
  }
  const { workers, threadsPerWorker, memoryLimit } = profile;
  const size =
    workers.kind === 'fixed'
      ? `${workers.count} ${workers.count === 1 ? 'worker' : 'workers'}`
      : `${workers.minimum} to ${workers.maximum} workers`;
  return [
    size,
    threadsPerWorker === undefined
      ? undefined
      : `${threadsPerWorker} ${threadsPerWorker === 1 ? 'thread' : 'threads'} each`,
    memoryLimit === 'auto' ? undefined : memoryLimit === '0' ? 'no memory limit' : `${memoryLimit} each`,
    profile.afterRun === 'keep' ? 'kept after a run' : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}
