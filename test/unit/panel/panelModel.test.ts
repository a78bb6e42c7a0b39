import assert from 'node:assert/strict';
import { schedulerNotRunning, UserError } from '../../../src/core/errors';
import { PanelModelOfRuns } from '../../../src/panelModel';
import { ClusterModel } from '../../../src/run/clusterModel';
import { FakeBackend } from '../../fakes/fakeBackend';
import { FakeScheduler, fakeSnapshot } from '../../fakes/fakeScheduler';
import { FakeWorld } from '../../fakes/fakeWorld';
import { RecordingLogger } from '../../fakes/recordingLogger';

const ref = { backend: 'local', id: 'a' } as const;

describe('What a panel sees of a cluster', () => {
  it('cannot be drawn while Dask has ended there, and can once a run has started it', async () => {
    const world = new FakeWorld();
    const scheduler = new FakeScheduler();
    const clusters = new ClusterModel([new FakeBackend(world)], scheduler, new RecordingLogger(), { pollMs: 5 });
    const model = new PanelModelOfRuns(clusters, { runs: () => [], onDidChange: () => ({ dispose: () => undefined }) });
    const seen = (wanted: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const watching = model.onDidChange(() => {
          if (wanted()) {
            watching.dispose();
            resolve();
          }
        });
      });
    world.addCluster(ref);
    scheduler.snapshot = () =>
      Promise.reject(new UserError({ code: schedulerNotRunning, what: 'Dask is not running.', next: 'Run.' }));
    await seen(() => model.cluster(ref)?.state === 'unreachable');
    assert.equal(model.cluster(ref)?.error?.message, 'Dask is not running. Run.');
    scheduler.snapshot = () => Promise.resolve(fakeSnapshot());
    await seen(() => model.cluster(ref)?.state === 'running');
    assert.equal(model.cluster(ref)?.error, undefined);
    clusters.dispose();
  });
});
