import assert from 'node:assert/strict';
import type { AutoscalingPolicy } from '../../emulator/dataproc/autoscalingPolicies';
import { wantedSizes } from '../../emulator/dataproc/autoscaling';
import { noDaemons } from '../../emulator/machines/noDaemons';
import { clusters, EmulatorFixture, region, type Cluster } from './fixture';

describe('emulated autoscaling', () => {
  const yarn = { gracefulDecommissionTimeout: '0s', scaleUpFactor: 1, scaleDownFactor: 1 };
  const basicAlgorithm = { yarnConfig: yarn, cooldownPeriod: '120s' };

  function sizes(policy: object, now: [number, number], pendingMb: number, availableMb: number): [number, number] {
    const whole = { id: 'p', name: 'p', basicAlgorithm, ...policy } as AutoscalingPolicy;
    const wanted = wantedSizes(whole, { workers: now[0], secondaryWorkers: now[1] }, { pendingMb, availableMb }, 1000);
    return [wanted.workers, wanted.secondaryWorkers];
  }

  it('follows the formula of the service', () => {
    const workerConfig = { minInstances: 2, maxInstances: 10 };
    const factor = (change: object) => ({
      workerConfig,
      basicAlgorithm: { ...basicAlgorithm, yarnConfig: { ...yarn, ...change } },
    });
    assert.deepEqual(sizes({ workerConfig }, [2, 0], 2500, 0), [5, 0]);
    assert.deepEqual(sizes({ workerConfig }, [2, 0], 2500, 1500), [3, 0]);
    assert.deepEqual(sizes({ workerConfig }, [2, 0], 99_000, 0), [10, 0]);
    assert.deepEqual(sizes({ workerConfig }, [5, 0], 0, 2900), [3, 0]);
    assert.deepEqual(sizes({ workerConfig }, [5, 0], 0, 5000), [2, 0]);
    assert.deepEqual(sizes(factor({ scaleUpFactor: 0.5 }), [2, 0], 3000, 0), [4, 0]);
    assert.deepEqual(sizes(factor({ scaleDownFactor: 0 }), [5, 0], 0, 5000), [5, 0]);
    // Less than its fraction of the cluster is not worth it.
    assert.deepEqual(sizes(factor({ scaleUpMinWorkerFraction: 0.5 }), [4, 0], 1000, 0), [4, 0]);
    const secondaryWorkerConfig = { maxInstances: 8, weight: 3 };
    assert.deepEqual(sizes({ workerConfig, secondaryWorkerConfig }, [2, 0], 6000, 0), [2, 6]);
    assert.deepEqual(
      sizes({ workerConfig: { ...workerConfig, maxInstances: 2 }, secondaryWorkerConfig }, [2, 0], 4000, 0),
      [2, 4],
    );
    assert.deepEqual(
      sizes({ workerConfig, secondaryWorkerConfig: { maxInstances: 1, weight: 3 } }, [2, 0], 4000, 0),
      [5, 1],
    );
  });

  it('grows and shrinks a cluster with what its daemons say, once in a cooldown period', async () => {
    let pending = 40_000;
    const daemons = {
      ...noDaemons,
      metrics: () =>
        Promise.resolve({
          hdfs: {},
          yarn: { 'yarn-memory-mb-pending': pending, 'yarn-memory-mb-available': pending === 0 ? 90_000 : 0 },
        }),
    };
    const fixture = await EmulatorFixture.start({ daemons, sampleMilliseconds: 10 });
    try {
      await fixture.call('POST', `/v1/${region}/autoscalingPolicies`, {
        id: 'auto',
        basicAlgorithm,
        workerConfig: { maxInstances: 5 },
      });
      await fixture.running('auto', { autoscalingConfig: { policyUri: 'auto' } });
      const workers = async () => {
        const { config, status } = await fixture.get<Cluster>(`${clusters}/auto`);
        return status.state === 'RUNNING' ? config['workerConfig']?.['numInstances'] : undefined;
      };
      const decisions = async () => {
        const request = { resourceNames: ['projects/p1'], filter: 'logName:autoscaler' };
        const { body } = await fixture.call('POST', '/v2/entries:list', request);
        return ((body['entries'] ?? []) as { jsonPayload: { recommendation: { decision: string } } }[]).map(
          ({ jsonPayload }) => jsonPayload.recommendation.decision,
        );
      };
      assert.equal(await workers(), 2);
      const jumpUntil = (count: number) =>
        fixture.until(
          async () => {
            await fixture.jump(61);
            return workers();
          },
          (found) => found === count,
        );
      await jumpUntil(5);
      assert.equal((await decisions())[0], 'SCALE_UP');
      pending = 0;
      await jumpUntil(2);
      assert.equal((await decisions()).at(-1), 'SCALE_DOWN');
    } finally {
      await fixture.close();
    }
  });
});
