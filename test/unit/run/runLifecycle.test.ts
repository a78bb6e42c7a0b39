import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CancelledError, UserError } from '../../../src/core/errors';
import type { ReceiptRequest } from '../../../src/core/ports';
import type { RunState } from '../../../src/core/run';
import { requestFor } from '../../fakes/fakeWindow';
import { Scene, until, untilState } from '../../fakes/scene';

describe('A run', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await Scene.make();
  });

  afterEach(() => scene.clear());

  it('goes through its states, and leaves its record, its output and no cluster', async () => {
    const window = scene.window();
    const run = await window.service.start(requestFor(scene.script));
    const states: RunState[] = [run.state];
    run.onDidChange(() => states.at(-1) === run.state || states.push(run.state));

    await untilState(run, 'running');
    assert.equal(scene.world.clusters.get(run.id)?.state, 'running');
    scene.world.print(run.id, 'one\n');
    scene.world.finish(run.id);
    const record = await run.ended;

    assert.deepEqual(states, ['preparing', 'submitting', 'running', 'succeeded']);
    assert.deepEqual(await run.completed, { state: 'succeeded', exitCode: 0, durationMs: 1 });
    assert.equal(record.clusterEndReason, 'The run ended.');
    assert.equal(record.fileHash?.length, 64);
    assert.deepEqual(scene.world.running(), []);
    assert.deepEqual(await scene.acts(run.id), ['createCluster', 'submit', 'submitted', 'ended', 'released']);
    assert.deepEqual(await window.store.get(run.id), record);
    assert.equal(await readFile(join(scene.folder(run.id), 'output.log'), 'utf8'), 'one\n');
  });

  it('keeps what the script had left running, and why there is no report', async () => {
    const window = scene.window();
    const run = await window.service.start(requestFor(scene.script));
    await untilState(run, 'running');
    const rest = { leftOver: 3, reportMissing: 'There is no performance report: no Bokeh.' };
    scene.world.finish(run.id, rest);
    for (const record of [await run.ended, await window.store.get(run.id)]) {
      assert.deepEqual({ leftOver: record?.leftOver, reportMissing: record?.reportMissing }, rest);
    }
  });

  it('of fetched code says which, packs from its folder, and is the same commit when it is run again', async () => {
    const window = scene.window();
    const folder = join(dirname(scene.script), '..');
    const origin = { repository: 'https://git.example.com/jobs.git', ref: 'main', commit: 'a1b2c3d4e5', folder };
    const run = await window.service.start(requestFor(scene.script, 'local', { origin }));
    await untilState(run, 'running');
    scene.world.finish(run.id);
    const { name, request, codeRoot } = await run.ended;
    assert.equal(name, `${basename(scene.script)} @ a1b2c3d`);
    assert.deepEqual(request.origin, origin);
    assert.equal(codeRoot, folder);
    assert.deepEqual(await window.store.get(run.id), run.record);
    const again = await window.service.rerun(run.id);
    assert.deepEqual(again.record.request, request);
    scene.world.finish(again.id);
  });

  it('has its intent on disk before anything is asked of a backend', async () => {
    const window = scene.window();
    const gate = window.backend.hold('clusters');
    const run = await window.service.start(requestFor(scene.script, 'local', { args: ['--n', '3'] }));
    await gate.reached;
    const intent = JSON.parse(await readFile(join(scene.folder(run.id), 'intent.json'), 'utf8')) as object;
    assert.deepEqual(
      (intent as { request: object }).request,
      requestFor(scene.script, 'local', { args: ['--n', '3'] }),
    );
    assert.deepEqual(window.backend.calls, ['clusters']);
    gate.open();
    await untilState(run, 'running');
    scene.world.finish(run.id);
    await run.ended;
  });

  it('writes each act before it does it', async () => {
    const window = scene.window();
    const create = window.backend.hold('createCluster');
    const submit = window.backend.hold('submitJob');
    const run = await window.service.start(requestFor(scene.script));
    await create.reached;
    assert.deepEqual(await scene.acts(run.id), ['createCluster']);
    create.open();
    await submit.reached;
    assert.deepEqual(await scene.acts(run.id), ['createCluster', 'submit']);
    submit.open();
    await untilState(run, 'running');
    scene.world.finish(run.id);
    await run.ended;
  });

  it('tells what is going on while a cluster starts', async () => {
    const window = scene.window();
    const made = window.backend.hold('createCluster made');
    const run = await window.service.start(requestFor(scene.script));
    await made.reached;
    assert.equal(run.record.progress, 'Starting 4 workers');
    made.open();
    await untilState(run, 'running');
    assert.equal(run.record.progress, undefined);
    scene.world.finish(run.id);
    await run.ended;
  });

  it('keeps the cluster where the profile says so, and the next run uses it', async () => {
    const window = scene.window();
    const first = await window.service.start(requestFor(scene.script, 'kept'));
    await untilState(first, 'running');
    scene.world.finish(first.id);
    await first.ended;
    assert.equal(scene.world.running().length, 1);

    const second = await window.service.start(requestFor(scene.script, 'kept'));
    await untilState(second, 'running');
    assert.deepEqual(second.record.cluster, { backend: 'local', id: first.id, name: 'kept', reused: true });
    scene.world.finish(second.id);
    await second.ended;
    assert.deepEqual(await scene.acts(second.id), ['submit', 'submitted', 'ended', 'released']);
    assert.equal(scene.world.running().length, 1);
  });

  it('does not use a cluster of another run, of other settings, or one that is closing', async () => {
    const window = scene.window();
    const busy = await window.service.start(requestFor(scene.script));
    await untilState(busy, 'running');
    const kept = await window.service.start(requestFor(scene.script, 'kept'));
    await untilState(kept, 'running');
    scene.world.changeCluster(kept.id, { state: 'closing' });

    const run = await window.service.start(requestFor(scene.script));
    await untilState(run, 'running');
    assert.equal(run.clusterId, run.id);
    const again = await window.service.start(requestFor(scene.script, 'kept'));
    await untilState(again, 'running');
    assert.equal(again.clusterId, again.id);
    scene.world.changeCluster(kept.id, { state: 'running' });
    scene.world.finish(again.id);
    await again.ended;
    window.resolveInterpreter = () => Promise.resolve('/opt/other/python');
    const other = await window.service.start(requestFor(scene.script, 'kept'));
    await untilState(other, 'running');
    assert.equal(other.clusterId, other.id);
    for (const each of [busy, kept, run, other]) {
      scene.world.finish(each.id);
      await each.ended;
    }
  });

  it('never deletes a scheduler of others, and attaches it once', async () => {
    const window = scene.window();
    const first = await window.service.start(requestFor(scene.script, 'shared'));
    await untilState(first, 'running');
    scene.world.finish(first.id, { exitCode: 1 });
    await first.ended;
    assert.equal(scene.world.clusters.get(first.id)?.state, 'running');
    const second = await window.service.start(requestFor(scene.script, 'shared'));
    await untilState(second, 'running');
    assert.equal(second.clusterId, first.id);
    scene.world.finish(second.id);
    await second.ended;
    assert.equal(scene.world.running().length, 1);
  });

  it('runs on exactly the cluster that is given, and leaves it', async () => {
    const window = scene.window();
    scene.world.addCluster({ backend: 'local', id: 'mine' });
    const cluster = { backend: 'local', id: 'mine' } as const;
    const run = await window.service.start(requestFor(scene.script, '', { cluster }));
    await untilState(run, 'running');
    assert.equal(run.clusterId, 'mine');
    scene.world.finish(run.id);
    await run.ended;
    assert.equal(scene.world.clusters.get('mine')?.state, 'running');

    scene.world.endCluster('mine', 'It was shut down.');
    const late = await window.service.rerun(run.id);
    const { state, error } = await late.completed;
    assert.equal(state, 'failed');
    assert.equal(error?.code, 'clusterGone');
    assert.match(error.message, /It was shut down\. Run it on another cluster/);
  });

  it('tells what it will do before it does it, also on a cluster that is given', async () => {
    const agreed: (string | undefined)[] = [];
    const receipt = { place: 'Here.', upload: undefined, notUploaded: [], notes: [], machines: [], end: [] };
    let answer: () => Promise<void> = () => Promise.resolve();
    const window = scene.window({ receipts: { agree: () => answer() } });
    Object.assign(window.backend, {
      receipt: ({ reused }: ReceiptRequest) => {
        agreed.push(reused);
        return Promise.resolve(receipt);
      },
    });
    scene.world.addCluster({ backend: 'local', id: 'mine', name: 'warm one' });
    const cluster = { backend: 'local', id: 'mine' } as const;
    const run = await window.service.start(requestFor(scene.script, 'local', { cluster }));
    await untilState(run, 'running');
    assert.deepEqual(agreed, ['warm one']);
    scene.world.finish(run.id);
    await run.ended;

    answer = () => Promise.reject(new CancelledError());
    const refused = await window.service.start(requestFor(scene.script, 'local', { cluster }));
    assert.equal((await refused.ended).state, 'cancelled');
    assert.deepEqual(await scene.acts(refused.id), ['ended', 'released'], 'nothing was submitted');
  });

  it('explains a failure by the end of the output, and names the place', async () => {
    const window = scene.window();
    const run = await window.service.start(requestFor(scene.script));
    await untilState(run, 'running');
    scene.world.print(
      run.id,
      `before\nTraceback (most recent call last):\n  File "${scene.script}", line 1, in <module>\n    input()\nEOFError: EOF when reading a line\n`,
    );
    scene.world.finish(run.id, { exitCode: 1 });
    const { error, exitCode } = await run.completed;
    assert.equal(exitCode, 1);
    assert.match(error?.message ?? '', /reads from standard input, which a run does not have/);
    assert.deepEqual(error?.location, { file: scene.script, line: 1 });
    await run.ended;
  });

  it('runs beside others', async () => {
    const window = scene.window();
    const runs = await Promise.all(Array.from({ length: 5 }, () => window.service.start(requestFor(scene.script))));
    await Promise.all(runs.map((run) => untilState(run, 'running')));
    assert.equal(new Set(runs.map((run) => run.clusterId)).size, 5);
    runs.forEach((run) => scene.world.finish(run.id));
    await Promise.all(runs.map((run) => run.ended));
    assert.deepEqual(scene.world.running(), []);
  });

  it('completes before its cluster is released, and is released by us where the supervisor died', async () => {
    const window = scene.window();
    scene.world.supervisorReleases = false;
    const run = await window.service.start(requestFor(scene.script));
    await untilState(run, 'running');
    const gate = window.backend.hold('deleteCluster');
    scene.world.finish(run.id);
    await run.completed;
    await gate.reached;
    assert.equal(run.record.released, false);
    await assert.rejects(window.service.delete(run.id), (error: UserError) => error.code === 'runNotOver');
    gate.open();
    await run.ended;
    assert.deepEqual(scene.world.running(), []);
  });

  describe('that cannot go on', () => {
    const down = new UserError({ code: 'noWorkers', what: 'No worker came.', next: 'See the log.' });

    it('fails in words when no cluster can be made, and deletes what was begun', async () => {
      const window = scene.window();
      window.backend.fail('createCluster made', down);
      const run = await window.service.start(requestFor(scene.script, 'kept'));
      const result = await run.completed;
      assert.equal(result.state, 'failed');
      assert.deepEqual(result.error, { code: 'noWorkers', message: 'No worker came. See the log.' });
      await run.ended;
      assert.deepEqual(scene.world.running(), []);
    });

    it('fails when no Python is found, and no cluster was asked for', async () => {
      const window = scene.window();
      window.resolveInterpreter = () => Promise.reject(new Error('spawn EAGAIN'));
      const run = await window.service.start(requestFor(scene.script));
      const { error } = await run.completed;
      assert.equal(error?.code, 'unexpected');
      assert.match(error.message, /The run of etl\.py failed: spawn EAGAIN\. See the log/);
      assert.deepEqual(error.buttons, [{ title: 'Show Log', action: { kind: 'showLog' } }]);
      await run.ended;
      assert.deepEqual(window.backend.calls, []);
    });

    it('fails when the job is not taken, and the cluster goes', async () => {
      const window = scene.window();
      window.backend.fail('submitJob', down);
      const run = await window.service.start(requestFor(scene.script));
      assert.equal((await run.completed).state, 'failed');
      await run.ended;
      assert.deepEqual(scene.world.running(), []);
    });

    it('does not leave a job alone whose submission failed only in the answer', async () => {
      const window = scene.window();
      window.backend.fail('submitJob made', down);
      const run = await window.service.start(requestFor(scene.script, 'kept'));
      assert.equal((await run.completed).state, 'failed');
      await run.ended;
      assert.equal(scene.world.jobs.get(run.id)?.job.state, 'cancelled');
    });

    it('asks again when nobody tells about the job for a while', async () => {
      const window = scene.window();
      window.backend.fail('watchJob', new Error('reset'), new Error('reset'));
      const run = await window.service.start(requestFor(scene.script));
      await untilState(run, 'running');
      scene.world.finish(run.id);
      assert.equal((await run.completed).state, 'succeeded');
      await run.ended;
    });

    it('fails when nothing can be learned of the job any more, and ends it', async () => {
      const window = scene.window();
      window.backend.fail('watchJob', ...Array.from({ length: 4 }, () => new Error('reset')));
      const run = await window.service.start(requestFor(scene.script, 'kept'));
      assert.match((await run.completed).error?.message ?? '', /reset/);
      await run.ended;
      assert.equal(scene.world.jobs.get(run.id)?.job.state, 'cancelled');
    });

    it('tries a deletion that fails again', async () => {
      const window = scene.window();
      scene.world.supervisorReleases = false;
      window.backend.fail('deleteCluster', new Error('busy'), new Error('busy'));
      const run = await window.service.start(requestFor(scene.script));
      await untilState(run, 'running');
      scene.world.finish(run.id);
      await run.ended;
      assert.deepEqual(scene.world.running(), []);
    });
  });

  describe('that cannot begin', () => {
    it('is refused for an unknown profile and a missing file, and leaves nothing', async () => {
      const window = scene.window();
      await assert.rejects(window.service.start(requestFor(scene.script, 'nope')), { code: 'profileUnknown' });
      await assert.rejects(window.service.start(requestFor('/nowhere/x.py')), { code: 'fileMissing' });
      assert.deepEqual(await window.store.ids(), []);
    });

    it('is refused where the storage cannot be written', async () => {
      await writeFile(scene.storage, 'a file where a folder should be');
      const window = scene.window();
      await assert.rejects(window.service.start(requestFor(scene.script)), (error: UserError) => {
        assert.equal(error.code, 'storageNotWritable');
        assert.match(
          error.message,
          /The run was not started\. ".*" cannot be written \(\w+\)\. Make that folder writable/,
        );
        return true;
      });
      assert.deepEqual(window.backend.calls, []);
      await rm(scene.storage);
    });

    it('is refused in a folder without write permission', async function () {
      if (process.platform === 'win32' || process.getuid?.() === 0) {
        this.skip();
      }
      await mkdir(join(scene.storage, 'runs'), { recursive: true });
      await chmod(join(scene.storage, 'runs'), 0o500);
      const window = scene.window();
      await assert.rejects(window.service.start(requestFor(scene.script)), { code: 'storageNotWritable' });
      await chmod(join(scene.storage, 'runs'), 0o700);
    });
  });

  it('does not submit when the journal cannot be written, and says so', async () => {
    const window = scene.window();
    const made = window.backend.hold('createCluster made');
    const run = await window.service.start(requestFor(scene.script));
    await made.reached;
    const journal = join(scene.folder(run.id), 'journal.jsonl');
    await rm(journal);
    await mkdir(journal);
    made.open();
    assert.equal((await run.completed).state, 'failed');
    await run.ended;
    assert.equal(scene.world.jobs.size, 0);
    assert.deepEqual(scene.world.running(), []);
    await rm(journal, { recursive: true });
  });

  it('is deleted, and run again', async () => {
    const window = scene.window();
    const run = await window.service.start(requestFor(scene.script, 'local', { args: ['1'] }));
    await until(run, ({ state }) => state === 'running');
    await assert.rejects(window.service.delete(run.id), { code: 'runNotOver' });
    scene.world.finish(run.id);
    await run.ended;
    const again = await window.service.rerun(run.id);
    assert.deepEqual(again.record.request, run.record.request);
    await untilState(again, 'running');
    scene.world.finish(again.id);
    await again.ended;
    await window.service.delete(run.id);
    assert.deepEqual(await window.store.ids(), [again.id]);
    assert.deepEqual(
      window.service.runs().map(({ id }) => id),
      [again.id],
    );
    await assert.rejects(window.service.rerun(run.id), { code: 'runUnknown' });
  });

  it('removes nothing for what is no id of a run', async () => {
    const window = scene.window();
    const kept = join(scene.storage, 'kept', 'file');
    await mkdir(join(scene.storage, 'kept'), { recursive: true });
    await writeFile(kept, 'kept');
    for (const id of ['../kept', '', '.', 'kept']) {
      await assert.rejects(window.service.delete(id), { code: 'runUnknown' });
    }
    assert.equal(await readFile(kept, 'utf8'), 'kept');
  });

  describe('with variables', () => {
    const request = { environment: { TOKEN: 'secret-1' } };
    const orders = (id: string): string => join(scene.folder(id), 'job.json');
    const order = { version: 1, environment: { TOKEN: 'secret-1', OTHER: 'secret-2' }, interpreter: '/python' };

    it('leaves their values in its intent alone when it is over, and runs again with them', async () => {
      const window = scene.window();
      const run = await window.service.start(requestFor(scene.script, 'local', request));
      await untilState(run, 'running');
      await writeFile(orders(run.id), JSON.stringify(order));
      scene.world.finish(run.id);
      await run.ended;
      assert.deepEqual(JSON.parse(await readFile(orders(run.id), 'utf8')), {
        ...order,
        environment: {},
        environmentNames: ['TOKEN', 'OTHER'],
      });
      const again = await window.service.rerun(run.id);
      assert.deepEqual(again.record.request.environment, request.environment);
      await untilState(again, 'running');
      scene.world.finish(again.id);
      await again.ended;
    });

    it('has them dropped by the next window when its own went before', async () => {
      const first = scene.window();
      const run = await first.service.start(requestFor(scene.script, 'local', request));
      await untilState(run, 'running');
      scene.world.finish(run.id);
      await run.ended;
      first.crash();
      await writeFile(orders(run.id), JSON.stringify(order));
      const marker = join(scene.storage, 'open', run.id);
      await writeFile(marker, '');
      await scene.window().service.reconcile();
      assert.ok(!(await readFile(orders(run.id), 'utf8')).includes('secret'));
      await assert.rejects(readFile(marker), { code: 'ENOENT' });
    });
  });
});
