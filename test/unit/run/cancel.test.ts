import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Step } from '../../fakes/fakeBackend';
import { requestFor } from '../../fakes/fakeWindow';
import { Scene, eventually, untilState } from '../../fakes/scene';

describe('Cancelling a run', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await Scene.make();
  });

  afterEach(() => scene.clear());

  it('works while Python is chosen or built, also when that does not listen', async () => {
    const window = scene.window();
    let asked = (): void => undefined;
    const reached = new Promise<void>((resolve) => (asked = resolve));
    window.resolveInterpreter = () => {
      asked();
      return new Promise(() => undefined);
    };
    const run = await window.service.start(requestFor(scene.script));
    await reached;
    await run.cancel();
    assert.deepEqual(await run.completed, { state: 'cancelled', exitCode: undefined, durationMs: 0 });
    await run.ended;
    assert.equal(scene.world.clusters.size, 0);
  });

  it('is what dismissing the choice of a Python does', async () => {
    const window = scene.window();
    window.resolveInterpreter = () => Promise.reject(Object.assign(new Error('dismissed'), { name: 'AbortError' }));
    const run = await window.service.start(requestFor(scene.script));
    assert.equal((await run.completed).state, 'cancelled');
    await run.ended;
  });

  const beforeTheJob: Step[] = ['clusters', 'createCluster', 'createCluster made'];
  for (const step of beforeTheJob) {
    for (const profile of ['local', 'kept']) {
      it(`works at "${step}" with the profile "${profile}", and leaves no cluster and no job`, async () => {
        const window = scene.window();
        const gate = window.backend.hold(step);
        const run = await window.service.start(requestFor(scene.script, profile));
        await gate.reached;
        await run.cancel();
        const result = await run.completed;
        assert.equal(result.state, 'cancelled');
        assert.equal(result.error, undefined);
        await run.ended;
        assert.deepEqual(scene.world.running(), []);
        assert.equal(scene.world.jobs.size, 0);
      });
    }
  }

  it('works while the job is submitted: it is cancelled as soon as it is there', async () => {
    const window = scene.window();
    const gate = window.backend.hold('submitJob');
    const run = await window.service.start(requestFor(scene.script));
    await gate.reached;
    await run.cancel();
    assert.equal(run.record.progress, 'Cancelling');
    gate.open();
    assert.equal((await run.completed).state, 'cancelled');
    await run.ended;
    assert.equal(scene.world.jobs.get(run.id)?.job.state, 'cancelled');
    assert.deepEqual(scene.world.running(), []);
  });

  it('does not wait for a submission that hangs', async () => {
    const window = scene.window({ submitGrace: 1 });
    const gate = window.backend.hold('submitJob made');
    const run = await window.service.start(requestFor(scene.script));
    await gate.reached;
    await run.cancel();
    assert.equal((await run.completed).state, 'cancelled');
    await run.ended;
    assert.equal(scene.world.jobs.get(run.id)?.job.state, 'cancelled');
  });

  it('works while it runs, and keeps the output so far', async () => {
    const window = scene.window();
    const run = await window.service.start(requestFor(scene.script));
    await untilState(run, 'running');
    scene.world.print(run.id, 'so far\n');
    await window.service.cancel(run.id);
    const result = await run.completed;
    assert.equal(result.state, 'cancelled');
    await run.ended;
    const text: string[] = [];
    for await (const piece of run.output()) {
      text.push(piece);
    }
    assert.equal(text.join(''), 'so far\n');
  });

  it('keeps a cluster that was there before, or that is kept', async () => {
    const window = scene.window();
    const run = await window.service.start(requestFor(scene.script, 'kept'));
    await untilState(run, 'running');
    await run.cancel();
    await run.ended;
    assert.equal(scene.world.running().length, 1);
  });

  it('tells when it could not be done, and the run goes on', async () => {
    const window = scene.window();
    const run = await window.service.start(requestFor(scene.script));
    await untilState(run, 'running');
    window.backend.fail('cancelJob', new Error('no permission'));
    await assert.rejects(run.cancel(), /no permission/);
    assert.equal(run.state, 'running');
    scene.world.finish(run.id);
    assert.equal((await run.completed).state, 'succeeded');
    await run.ended;
  });

  it('does nothing to a run that is over', async () => {
    const window = scene.window();
    const run = await window.service.start(requestFor(scene.script));
    await untilState(run, 'running');
    scene.world.finish(run.id);
    await run.ended;
    await run.cancel();
    assert.equal(run.state, 'succeeded');
    assert.ok(!window.backend.calls.includes('cancelJob'));
  });

  it('works from another window, while it prepares and while it runs', async () => {
    const one = scene.window();
    const two = scene.window();
    await two.service.reconcile();
    const gate = one.backend.hold('createCluster');
    const preparing = await one.service.start(requestFor(scene.script));
    await gate.reached;
    await two.service.cancel(preparing.id);
    assert.equal((await preparing.completed).state, 'cancelled');

    const running = await one.service.start(requestFor(scene.script));
    await untilState(running, 'running');
    const seen = await two.service.get(running.id);
    assert.ok(seen);
    await untilState(seen, 'running');
    await seen.cancel();
    assert.equal((await running.completed).state, 'cancelled');
    assert.equal((await seen.completed).state, 'cancelled');
    await eventually(() => seen.record.released);
  });

  it('tells when another window cannot be told of it', async () => {
    const one = scene.window();
    const two = scene.window();
    await two.service.reconcile();
    const gate = one.backend.hold('createCluster');
    const run = await one.service.start(requestFor(scene.script));
    await gate.reached;
    const seen = await two.service.get(run.id);
    assert.ok(seen);
    // A folder in its place: the file cannot be written, whoever the user is. The other window does not look.
    one.store.dispose();
    await mkdir(join(scene.folder(run.id), 'cancel'));
    await assert.rejects(seen.cancel(), { code: 'EISDIR' });
  });

  it('works where it cannot be written, in the window that drives the run', async () => {
    const window = scene.window();
    const gate = window.backend.hold('createCluster');
    const run = await window.service.start(requestFor(scene.script));
    await gate.reached;
    window.store.dispose();
    await mkdir(join(scene.folder(run.id), 'cancel'));
    await run.cancel();
    assert.equal((await run.completed).state, 'cancelled');
    await run.ended;
  });
});
