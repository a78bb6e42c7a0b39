import assert from 'node:assert/strict';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OwnerWatch } from '../../../src/run/ownerWatch';
import { openRun } from '../explorer/samples';
import { requestFor } from '../../fakes/fakeWindow';
import { eventually, Scene, until, untilState } from '../../fakes/scene';

describe('Runs of another machine that shares the home directory', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await Scene.make();
  });

  afterEach(() => scene.clear());

  it('are looked at seldom, beside those of this one', async () => {
    const looks: string[] = [];
    const runs = [openRun({ id: 'here' }), openRun({ id: 'there', host: 'node-b' })];
    const watch = new OwnerWatch(
      () => runs,
      (id) => looks.push(id),
      { here: 1, elsewhere: 3600_000 },
    );
    watch.update();
    await eventually(() => looks.length > 3);
    assert.deepEqual([...new Set(looks)], ['here']);
    watch.look('elsewhere');
    assert.ok(looks.includes('there'));
    runs.shift();
    await eventually(() => {
      const before = looks.length;
      watch.update();
      return looks.length === before;
    });
    watch.dispose();
  });

  it('are told from others, not taken over, and followed when somebody looks', async () => {
    const theirs = scene.window();
    const run = await theirs.service.start(requestFor(scene.script));
    await untilState(run, 'running');
    theirs.crash();
    const owner = join(scene.folder(run.id), 'owner.0');
    const identity = JSON.parse(await readFile(owner, 'utf8')) as object;
    await writeFile(owner, JSON.stringify({ ...identity, host: 'node-b' }));

    const ours = scene.window({ ownerCheck: 1 });
    await ours.service.reconcile();
    const seen = await ours.service.get(run.id);
    assert.ok(seen);
    assert.deepEqual([seen.record.host, seen.state], ['node-b', 'running']);
    // Nothing tells of a change on a network file system.
    ours.store.dispose();
    const at = new Date().toISOString();
    const ended = { at, act: 'ended', state: 'succeeded', endedAt: Date.now(), exitCode: 0 };
    await writeFile(join(scene.folder(run.id), 'journal.jsonl'), `\n${JSON.stringify(ended)}\n`, { flag: 'a' });
    assert.equal(seen.state, 'running');
    ours.service.lookElsewhere();
    await untilState(seen, 'succeeded');
    assert.deepEqual(ours.backend.calls, []);
  });

  it('are ours once nothing has changed there for a week', async () => {
    const theirs = scene.window();
    const run = await theirs.service.start(requestFor(scene.script));
    await untilState(run, 'running');
    theirs.crash();
    const folder = scene.folder(run.id);
    await writeFile(join(folder, 'owner.0'), JSON.stringify({ version: 1, pid: 1, pidStart: '1', host: 'node-b' }));
    const ours = scene.window();
    await ours.service.reconcile();
    const seen = await ours.service.get(run.id);
    assert.equal(seen?.record.host, 'node-b');
    const then = Date.now() / 1000 - 8 * 24 * 3600;
    for (const name of ['owner.0', 'journal.jsonl']) {
      await utimes(join(folder, name), then, then);
    }
    ours.service.lookElsewhere();
    await until(seen, ({ host }) => host === undefined);
    scene.world.finish(run.id);
    assert.equal((await seen.completed).state, 'succeeded');
    await seen.ended;
  });
});
