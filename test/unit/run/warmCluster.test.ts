import assert from 'node:assert/strict';
import type { Cluster } from '../../../src/core/cluster';
import { clusterFingerprint } from '../../../src/core/fingerprint';
import type { Job, JobState } from '../../../src/core/job';
import type { Backend } from '../../../src/core/ports';
import type { Profile } from '../../../src/core/profile';
import { findWarmCluster } from '../../../src/run/warmCluster';
import { profile as local } from '../local/fixture';
import { cloudProfile } from '../../fakes/stubJob';

const { signal } = new AbortController();

/** A cluster that was kept, and its jobs. */
function kept(profile: Profile, ...states: JobState[]): Backend {
  const cluster = {
    backend: profile.backend,
    id: 'kept',
    state: 'running',
    ephemeral: false,
    fingerprint: clusterFingerprint(profile, '/python'),
  } as Cluster;
  async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
    yield* await Promise.resolve(values);
  }
  const backend: Partial<Backend> = {
    clusters: () => each([cluster]),
    cluster: () => Promise.resolve(cluster),
    jobs: () => each(states.map((state) => ({ state }) as Job)),
  };
  return backend as Backend;
}

describe('a cluster that was kept', () => {
  for (const profile of [local, cloudProfile({ afterRun: 'keep' })]) {
    const used = async (wanted: Profile, ...states: JobState[]): Promise<boolean> =>
      (await findWarmCluster(kept(wanted, ...states), wanted, '/python', signal)) !== undefined;

    it(`of ${profile.backend} is used by one run at a time`, async () => {
      assert.ok(await used(profile));
      assert.ok(await used(profile, 'succeeded', 'failed', 'cancelled'));
      assert.ok(!(await used(profile, 'succeeded', 'running')));
      assert.ok(!(await used(profile, 'pending')));
    });

    it(`of ${profile.backend} is used by several where its profile shares the workers`, async () => {
      assert.ok(await used({ ...profile, sharedWorkers: true }, 'running'));
    });
  }
});
