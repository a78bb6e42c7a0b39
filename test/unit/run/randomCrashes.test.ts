import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { terminalRunStates } from '../../../src/core/run';
import type { FakeWindow } from '../../fakes/fakeWindow';
import { requestFor } from '../../fakes/fakeWindow';
import { Scene, eventually } from '../../fakes/scene';
import { seededRandom } from '../../fakes/seededRandom';

describe('Runs under random crashes, cancels and failures', function () {
  this.timeout(20_000);

  for (let seed = 1; seed <= 16; seed++) {
    it(`each end once and leave nothing (seed ${seed})`, async () => {
      const scene = await Scene.make();
      const random = seededRandom(seed);
      try {
        await play(scene, random);
      } finally {
        await scene.clear();
      }
    });
  }
});

async function play(scene: Scene, random: () => number): Promise<void> {
  const { world } = scene;
  world.supervisorReleases = random() < 0.7;
  world.onSubmitted = (id) => {
    if (random() < 0.6) {
      setImmediate(() => world.finish(id, { exitCode: random() < 0.5 ? 0 : 1 }));
    }
  };
  const open = (): FakeWindow => {
    const window = scene.window();
    window.backend.decide = () => (random() < 0.06 ? 'crash' : 'go');
    if (random() < 0.3) {
      window.backend.fail('deleteCluster', new Error('busy'));
      window.backend.fail('watchJob', new Error('reset'));
    }
    return window;
  };
  let windows = [open(), open()];
  for (let round = 0; round < 12; round++) {
    windows = windows.filter(({ backend }) => !backend.crashed);
    while (windows.length < 2) {
      windows.push(open());
    }
    await Promise.all(windows.map((window) => act(scene, window, random)));
  }
  windows.filter(() => random() < 0.5).forEach((window) => window.crash());
  // A killed window can have a write under way in a real one, too: it lands before the next activation.
  await new Promise((resolve) => setTimeout(resolve, 5));

  world.onSubmitted = (id) => world.finish(id);
  [...world.jobs.keys()].forEach((id) => world.finish(id));
  const last = scene.window();
  await last.service.reconcile();
  windows.forEach(({ backend }) => (backend.decide = undefined));
  const runs = last.service.runs();
  await Promise.all(runs.map((run) => run.ended));

  for (const [what, count] of world.made) {
    assert.equal(count, 1, `${what} was made ${count} times`);
  }
  for (const run of runs) {
    assert.ok(terminalRunStates.includes(run.state));
    const acts = await scene.acts(run.id);
    assert.equal(acts.filter((each) => each === 'ended').length, 1, `${run.id}: ${acts.join(' ')}`);
    assert.equal(acts.filter((each) => each === 'released').length, 1, `${run.id}: ${acts.join(' ')}`);
    assert.notEqual(world.jobs.get(run.id)?.job.state, 'running');
  }
  assert.deepEqual(
    world.running().filter(({ ephemeral }) => ephemeral),
    [],
  );
  // Markers of runs that came to be, that is: others are too young to be cleared away. Another window may be at it.
  await eventually(async () => {
    const marked = await readdir(join(scene.storage, 'open'));
    return !marked.some((id) => runs.some((run) => run.id === id));
  });
}

/** One thing that happens in one window, or nothing, should it die meanwhile. */
async function act(scene: Scene, window: FakeWindow, random: () => number): Promise<void> {
  const died = new Promise<void>((resolve) => {
    const before = window.backend.onCrash;
    window.backend.onCrash = () => {
      before?.();
      resolve();
    };
  });
  const what = random();
  const work = async (): Promise<void> => {
    if (what < 0.5) {
      await window.service.start(requestFor(scene.script, random() < 0.7 ? 'local' : 'kept'));
    } else if (what < 0.7) {
      await window.service.reconcile();
    } else if (what < 0.85) {
      await window.service.runs()[Math.floor(random() * 3)]?.cancel();
    } else {
      [...scene.world.jobs.keys()].forEach((id) => scene.world.finish(id));
    }
    await new Promise((resolve) => setTimeout(resolve, Math.floor(random() * 8)));
  };
  // Errors of a window that dies are nobody's to see.
  await Promise.race([work().catch((error: unknown) => assert.ok(window.backend.crashed, String(error))), died]);
}
