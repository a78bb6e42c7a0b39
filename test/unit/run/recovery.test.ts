import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Step } from '../../fakes/fakeBackend';
import type { FakeWindow } from '../../fakes/fakeWindow';
import { requestFor } from '../../fakes/fakeWindow';
import { Scene, eventually, untilState } from '../../fakes/scene';
import { staleAfter } from '../../../src/run/recovery';
import type { Run } from '../../../src/run/run';

describe('A window that has gone', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await Scene.make();
  });

  afterEach(() => scene.clear());

  /** Kills the window at a step of a run; returns the run's id. */
  async function crashAt(step: Step, profile = 'local'): Promise<string> {
    const window = scene.window();
    const crashed = new Promise<void>((resolve) => {
      window.backend.decide = (reached) => {
        if (reached === step) {
          resolve();
          return 'crash';
        }
        return 'go';
      };
    });
    const run = await window.service.start(requestFor(scene.script, profile));
    await crashed;
    return run.id;
  }

  async function next(options = {}): Promise<{ window: FakeWindow; find: (id: string) => Promise<Run> }> {
    const window = scene.window(options);
    await window.service.reconcile();
    return {
      window,
      find: async (id) => {
        const run = await window.service.get(id);
        assert.ok(run);
        return run;
      },
    };
  }

  const later = { now: () => Date.now() + staleAfter + 1000 };
  const before: Step[] = ['clusters', 'createCluster', 'createCluster made', 'submitJob', 'submitJob made'];
  const submitted: Step[] = ['submitJob made', 'watchJob'];

  for (const step of before) {
    it(`has its run go on after a crash at "${step}"`, async () => {
      const id = await crashAt(step);
      const { find } = await next();
      const run = await find(id);
      await untilState(run, 'running');
      scene.world.finish(id);
      assert.equal((await run.completed).state, 'succeeded');
      await run.ended;
      assert.deepEqual(
        [...scene.world.made],
        [
          [`cluster ${id}`, 1],
          [`job ${id}`, 1],
        ],
      );
      assert.deepEqual(scene.world.running(), []);
    });

    it(`has its run end as cancelled after a cancel and a crash at "${step}"`, async () => {
      const id = await crashAt(step);
      await writeFile(join(scene.folder(id), 'cancel'), '');
      const { find } = await next();
      const run = await find(id);
      assert.equal((await run.completed).state, 'cancelled');
      await run.ended;
      assert.deepEqual(scene.world.running(), []);
      assert.notEqual(scene.world.jobs.get(id)?.job.state, 'running');
    });
  }

  for (const step of before.filter((each) => !submitted.includes(each))) {
    it(`has its run end as interrupted long after a crash at "${step}"`, async () => {
      const id = await crashAt(step, 'kept');
      const { find } = await next(later);
      const result = await (await find(id)).completed;
      assert.equal(result.error?.code, 'interrupted');
      assert.equal(result.error.message, 'VS Code was closed before the run started. Run it again.');
      await (
        await find(id)
      ).ended;
      assert.equal(scene.world.jobs.size, 0);
    });
  }

  it('leaves no half made cluster of an interrupted run', async () => {
    const id = await crashAt('createCluster made', 'kept');
    assert.equal(scene.world.running().length, 1);
    const { find } = await next(later);
    await (
      await find(id)
    ).ended;
    assert.deepEqual(scene.world.running(), []);
  });

  for (const step of submitted) {
    it(`has its job followed long after a crash at "${step}"`, async () => {
      const id = await crashAt(step);
      const { find } = await next(later);
      const run = await find(id);
      await untilState(run, 'running');
      scene.world.print(id, 'late\n');
      scene.world.finish(id, { exitCode: 3 });
      const result = await run.completed;
      assert.equal(result.exitCode, 3);
      await run.ended;
    });
  }

  it('has its run end as it ended, when the job was over long ago', async () => {
    const id = await crashAt('watchJob');
    scene.world.finish(id);
    const { find } = await next(later);
    assert.equal((await (await find(id)).completed).state, 'succeeded');
    await (
      await find(id)
    ).ended;
  });

  it('has its cluster released, when it went in the middle of that', async () => {
    scene.world.supervisorReleases = false;
    scene.world.onSubmitted = (id) => scene.world.finish(id);
    const id = await crashAt('deleteCluster');
    assert.equal(scene.world.running().length, 1);
    const { find } = await next(later);
    await (
      await find(id)
    ).ended;
    assert.deepEqual(scene.world.running(), []);
    assert.deepEqual((await scene.acts(id)).slice(-2), ['ended', 'released']);
    assert.deepEqual(await readdir(join(scene.storage, 'open')), []);
  });

  it('hands its runs over when it closes in order', async () => {
    const first = scene.window();
    const run = await first.service.start(requestFor(scene.script));
    await untilState(run, 'running');
    await first.close();
    const { find } = await next();
    const again = await find(run.id);
    scene.world.finish(run.id);
    assert.equal((await again.completed).state, 'succeeded');
    await again.ended;
    assert.equal(run.state, 'running');
  });

  it('does not stop the next from reading a journal that was cut in the middle of a line', async () => {
    const id = await crashAt('submitJob');
    await appendFile(join(scene.folder(id), 'journal.jsonl'), '{"at":"2026-11-24T06:11:33.123Z","act":"subm');
    const { find } = await next();
    const run = await find(id);
    await untilState(run, 'running');
    scene.world.finish(id);
    await run.ended;
    assert.deepEqual(scene.world.made.get(`job ${id}`), 1);
    const { find: findLater } = await next();
    assert.equal((await findLater(id)).record.released, true);
  });

  it('leaves runs alone whose intent never came to be, and they are cleared away', async () => {
    const id = '20261124-061133-123-00000000';
    const marker = join(scene.storage, 'open', id);
    await mkdir(scene.folder(id), { recursive: true });
    await mkdir(join(scene.storage, 'open'));
    await writeFile(marker, '');
    const window = scene.window();
    await window.service.reconcile();
    assert.deepEqual(await readdir(join(scene.storage, 'open')), [id]);
    assert.deepEqual(window.service.runs(), []);

    const old = new Date(Date.now() - staleAfter - 1000);
    await utimes(marker, old, old);
    await window.service.reconcile();
    assert.deepEqual(await readdir(join(scene.storage, 'open')), []);
    assert.deepEqual(await readdir(join(scene.storage, 'runs')), []);
  });

  describe('beside another', () => {
    it('has its runs shown there, and taken over when it dies, by exactly one', async () => {
      const others = [scene.window(), scene.window(), scene.window()];
      await Promise.all(others.map((window) => window.service.reconcile()));
      const window = scene.window();
      const run = await window.service.start(requestFor(scene.script));
      await untilState(run, 'running');
      await eventually(() => others.every(({ service }) => service.runs()[0]?.state === 'running'));
      const calls = others.map(({ backend }) => backend.calls.filter((call) => call === 'watchJob').length);
      assert.deepEqual(calls, [0, 0, 0]);

      window.crash();
      await eventually(() => others.some(({ backend }) => backend.calls.includes('watchJob')));
      scene.world.finish(run.id);
      await Promise.all(others.map(async ({ service }) => (await service.get(run.id))?.ended));
      const watching = others.filter(({ backend }) => backend.calls.includes('watchJob'));
      assert.equal(watching.length, 1);
    });

    it('never acts twice when both start at the same time', async () => {
      const id = await crashAt('submitJob');
      const windows = Array.from({ length: 6 }, () => scene.window());
      await Promise.all(windows.map(({ service }) => service.reconcile()));
      await eventually(() => scene.world.jobs.has(id));
      scene.world.finish(id);
      await Promise.all(windows.map(async ({ service }) => (await service.get(id))?.ended));
      const submits = windows.flatMap(({ backend }) => backend.calls.filter((call) => call === 'submitJob'));
      assert.equal(submits.length, 1);
      const acts = await scene.acts(id);
      assert.equal(acts.filter((act) => act === 'ended').length, 1);
      assert.equal(acts.filter((act) => act === 'released').length, 1);
    });

    it('starts runs while it reconciles, and drives each once', async () => {
      const window = scene.window();
      const starting = Promise.all(Array.from({ length: 20 }, () => window.service.start(requestFor(scene.script))));
      const started = starting.then(() => true);
      while (!(await Promise.race([started, window.service.reconcile()]))) {
        // Again, in the middle of the starts.
      }
      for (const run of await starting) {
        await untilState(run, 'running');
        scene.world.finish(run.id);
        await run.ended;
      }
      assert.equal(window.backend.calls.filter((call) => call === 'createCluster').length, 20);
      assert.equal(window.backend.calls.filter((call) => call === 'submitJob').length, 20);
    });
  });
});
