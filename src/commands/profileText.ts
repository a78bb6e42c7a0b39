import type { Profile } from '../core/profile';

const afterwards = { delete: undefined, stop: 'stopped after a run', keep: 'kept after a run' } as const;

/** A profile in a few words: `4 workers · 2 threads each · 4GiB each`, with the project and region of a cloud; or its address. */
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
    profile.backend === 'dataproc' ? `${profile.project}, ${profile.region}` : undefined,
    afterwards[profile.afterRun],
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}
