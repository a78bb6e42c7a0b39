import assert from 'node:assert/strict';
import type { ClusterRef } from '../../../src/core/cluster';
import { SnapshotPoller } from '../../../src/run/snapshotPoller';
import { fakeSnapshot } from '../../fakes/fakeScheduler';
import { eventually } from '../../fakes/scene';

describe('The poller of schedulers', () => {
  it('goes on after it was stopped and begun again with all requests out', async () => {
    const held: (() => void)[] = [];
    const answered: string[] = [];
    let hold = true;
    const poller = new SnapshotPoller(
      {
        ask: async () => {
          if (hold) {
            await new Promise<void>((resolve) => held.push(resolve));
          }
          return fakeSnapshot();
        },
        answered: ({ id }) => answered.push(id),
      },
      5,
      20,
    );
    const refs = Array.from({ length: 10 }, (_, index): ClusterRef => ({ backend: 'local', id: `c${index}` }));
    poller.watch(refs);
    await eventually(() => held.length === 8);
    poller.stop();
    poller.watch(refs);
    hold = false;
    held.forEach((release) => release());
    await eventually(() => refs.every(({ id }) => answered.filter((one) => one === id).length > 1));
    poller.stop();
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const left = timers();
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(timers() <= left, 'a stopped one sets no timer');
  });

  it('asks again where an answer never comes, and says so meanwhile', async () => {
    const told: string[] = [];
    let asked = 0;
    const poller = new SnapshotPoller(
      {
        ask: () => (++asked === 1 ? new Promise(() => undefined) : Promise.resolve(fakeSnapshot())),
        answered: (_ref, answer) => told.push('problem' in answer ? answer.problem : 'answered'),
      },
      5,
      20,
      50,
    );
    poller.watch([{ backend: 'local', id: 'stuck' }]);
    await eventually(() => told.includes('answered'));
    poller.stop();
    assert.equal(told[0], 'No answer came in 0.05 s.');
  });
});
