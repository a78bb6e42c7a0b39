import assert from 'node:assert/strict';
import type { ClusterRef } from '../../../src/core/cluster';
import { ClusterModel } from '../../../src/run/clusterModel';
import { FakeBackend } from '../../fakes/fakeBackend';
import { FakeScheduler, fakeSnapshot, fakeWorker } from '../../fakes/fakeScheduler';
import { FakeWorld } from '../../fakes/fakeWorld';
import { RecordingLogger } from '../../fakes/recordingLogger';
import { eventually } from '../../fakes/scene';

describe('The model of clusters', () => {
  let world: FakeWorld;
  let backend: FakeBackend;
  let scheduler: FakeScheduler;
  let model: ClusterModel;
  let seen: (ClusterRef | undefined)[];

  beforeEach(() => {
    world = new FakeWorld();
    backend = new FakeBackend(world);
    scheduler = new FakeScheduler();
    const other = new FakeBackend(world, 'address');
    model = new ClusterModel([backend, other], scheduler, new RecordingLogger(), { pollMs: 2, maximumBackoffMs: 20 });
    seen = [];
    model.onDidChange((ref) => seen.push(ref));
  });

  afterEach(() => model.dispose());

  const local = (id: string): ClusterRef => ({ backend: 'local', id });

  it('does nothing at all while nobody watches', async () => {
    world.addCluster(local('a'));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(backend.calls, []);
    assert.equal(world.observed, false);
    assert.equal(model.loaded, false);
    await model.refresh();
    assert.equal(model.entries().length, 1);
    assert.equal(scheduler.asked, 0);
  });

  it('stops when the last one stops watching, and goes on with the next', async () => {
    world.addCluster(local('a'));
    const watches = [model.watch(), model.watch()];
    await eventually(() => scheduler.asked > 3);
    watches[0]?.dispose();
    watches[0]?.dispose();
    assert.equal(world.observed, true);
    watches[1]?.dispose();
    assert.equal(world.observed, false);
    const asked = scheduler.asked;
    const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(scheduler.asked <= asked + 1, 'one that was under way');
    assert.ok(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length <= timers);
    world.addCluster(local('b'));
    model.watch();
    await eventually(() => model.entries().length === 2);
  });

  it('watches again at once after it was unwatched in the middle of a list', async () => {
    world.addCluster(local('a'));
    const gate = backend.hold('clusters');
    const watch = model.watch();
    await gate.reached;
    watch.dispose();
    model.watch();
    await eventually(() => model.entries().length === 1);
  });

  it('answers whoever asked although the view is hidden in the middle of it', async () => {
    world.addCluster(local('a'));
    const watch = model.watch();
    await eventually(() => model.loaded);
    const gate = backend.hold('clusters');
    const asked = model.refresh();
    await gate.reached;
    watch.dispose();
    world.addCluster(local('b'));
    gate.open();
    await asked;
    assert.equal(model.entries().length, 2);
  });

  it('tells the one cluster that changed, and nothing when nothing did', async () => {
    for (let index = 0; index < 20; index++) {
      world.addCluster(local(`c${index}`));
      world.addJob(local(`c${index}`), { id: `j${index}` });
    }
    scheduler.failure = undefined;
    const watch = model.watch();
    await eventually(() => model.entries().every(({ snapshot }) => snapshot !== undefined) && model.loaded);
    assert.equal(seen[0], undefined);
    seen.length = 0;
    const asked = scheduler.asked;
    await eventually(() => scheduler.asked > asked + 40);
    assert.deepEqual(seen, []);

    world.changeJob('j7', { state: 'succeeded' });
    await eventually(() => model.entry(local('c7'))?.jobs[0]?.state === 'succeeded');
    await eventually(() => scheduler.asked > asked + 80);
    assert.deepEqual(seen, [local('c7')]);

    scheduler.snapshots.set('tcp://c3:8786', fakeSnapshot({ workers: [fakeWorker({ executing: 2 })] }));
    await eventually(() => seen.length > 1);
    assert.deepEqual(seen, [local('c7'), local('c3')]);

    scheduler.snapshots.set('tcp://c3:8786', fakeSnapshot({ workers: [fakeWorker({ executing: 2, lastSeen: 99 })] }));
    const later = scheduler.asked;
    await eventually(() => scheduler.asked > later + 40);
    assert.deepEqual(seen.length, 2, 'a heartbeat is no change');
    watch.dispose();
  });

  it('asks only schedulers of clusters that run', async () => {
    world.addCluster({ ...local('a'), state: 'starting' });
    const watch = model.watch();
    await eventually(() => model.loaded);
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(scheduler.asked, 0);
    world.changeCluster('a', { state: 'running' });
    await eventually(() => scheduler.asked > 0);
    watch.dispose();
  });

  it('says why a scheduler does not answer, asks it less often, and recovers', async () => {
    world.addCluster(local('a'));
    scheduler.failure = new Error('The scheduler does not answer.');
    const watch = model.watch();
    await eventually(() => model.entry(local('a'))?.unreachable === 'The scheduler does not answer.');
    seen.length = 0;
    const begin = Date.now();
    const asked = scheduler.asked;
    await eventually(() => scheduler.asked >= asked + 6);
    assert.ok(Date.now() - begin > 40, 'six looks at an interval of 2 ms would take 12 ms');
    assert.deepEqual(seen, [], 'the same reason is no change');
    scheduler.failure = undefined;
    await eventually(() => model.entry(local('a'))?.unreachable === undefined);
    watch.dispose();
  });

  it('shows the others when one backend fails', async () => {
    world.addCluster(local('a'));
    world.addCluster({ backend: 'address', id: 'b' });
    backend.fail('clusters', new Error('The folder cannot be read.'));
    await model.refresh();
    assert.deepEqual(
      model.entries().map(({ cluster }) => cluster.id),
      ['b'],
    );
    assert.deepEqual(model.problems, ['The folder cannot be read.']);
    await model.refresh();
    assert.deepEqual(
      model.entries().map(({ cluster }) => cluster.id),
      ['b', 'a'],
    );
    assert.deepEqual(model.problems, []);
  });
});
