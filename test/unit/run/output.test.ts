import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requestFor } from '../../fakes/fakeWindow';
import { Scene, untilState } from '../../fakes/scene';

describe("A run's output", () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await Scene.make();
  });

  afterEach(() => scene.clear());

  async function all(output: AsyncIterable<string>): Promise<string> {
    let text = '';
    for await (const piece of output) {
      text += piece;
    }
    return text;
  }

  it('comes as text while it runs, with characters that were split over chunks', async () => {
    const window = scene.window();
    const run = await window.service.start(requestFor(scene.script));
    const text = all(run.output());
    await untilState(run, 'running');
    for (const byte of Buffer.from('é€😀\n')) {
      scene.world.print(run.id, Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    scene.world.finish(run.id);
    assert.equal(await text, 'é€😀\n');
    await run.ended;
  });

  it('does not break on bytes that are no text', async () => {
    const window = scene.window();
    const run = await window.service.start(requestFor(scene.script));
    await untilState(run, 'running');
    scene.world.print(run.id, Uint8Array.of(0x61, 0xff, 0xfe, 0x62, 0xe2, 0x82));
    scene.world.finish(run.id);
    await run.ended;
    assert.equal(await all(run.output()), 'a\ufffd\ufffdb\ufffd');
  });

  it('is there for runs of the history, also when their cluster and backend are not', async () => {
    const first = scene.window();
    const run = await first.service.start(requestFor(scene.script));
    await untilState(run, 'running');
    scene.world.print(run.id, 'kept\n');
    scene.world.finish(run.id);
    await run.ended;
    scene.world.jobs.clear();
    const late = await scene.window().service.get(run.id);
    assert.ok(late);
    assert.equal(await all(late.output()), 'kept\n');
    assert.equal((await late.completed).state, 'succeeded');
  });

  it('ends at once for a run that never began, and by a signal', async () => {
    const window = scene.window();
    const gate = window.backend.hold('createCluster');
    const run = await window.service.start(requestFor(scene.script));
    const abort = new AbortController();
    const reading = all(run.output(abort.signal));
    await gate.reached;
    abort.abort();
    await assert.rejects(reading, { name: 'AbortError' });
    await run.cancel();
    await run.ended;
    assert.equal(await all(run.output()), '');
  });

  it('is copied whole from a backend that keeps it elsewhere, over failures', async () => {
    const window = scene.window({ copyOutput: true });
    window.backend.fail('output', new Error('503'), new Error('503'));
    const run = await window.service.start(requestFor(scene.script));
    await untilState(run, 'running');
    scene.world.print(run.id, 'first ');
    scene.world.print(run.id, 'second');
    scene.world.finish(run.id);
    await run.completed;
    assert.equal(await readFile(join(scene.folder(run.id), 'output.log'), 'utf8'), 'first second');
    await run.ended;
  });

  it('is copied on from where a killed window left it', async () => {
    const first = scene.window({ copyOutput: true });
    const run = await first.service.start(requestFor(scene.script));
    await untilState(run, 'running');
    scene.world.print(run.id, 'one ');
    const path = join(scene.folder(run.id), 'output.log');
    while ((await readFile(path, 'utf8').catch(() => '')) !== 'one ') {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    first.crash();
    scene.world.print(run.id, 'two');
    const second = scene.window({ copyOutput: true });
    await second.service.reconcile();
    scene.world.finish(run.id);
    await (
      await second.service.get(run.id)
    )?.ended;
    assert.equal(await readFile(path, 'utf8'), 'one two');
  });

  it('places the error of a function that ran on a worker at its line in the script', async () => {
    await writeFile(scene.script, 'import dask\n\ndef load(x):\n    return 1 / x\n');
    const run = await scene.window().service.start(requestFor(scene.script));
    await untilState(run, 'running');
    scene.world.print(
      run.id,
      `Traceback (most recent call last):\n  File "${scene.script}", line 9, in <module>\n    c.gather(f)\n  File "<dynamic-code>", line 4, in load\nZeroDivisionError: division by zero\n`,
    );
    scene.world.finish(run.id, { exitCode: 1 });
    const { error } = await run.completed;
    assert.deepEqual(error?.location, { file: scene.script, line: 4 });
    await run.ended;
  });

  it('is in the error with its last line, where there is no traceback', async () => {
    const run = await scene.window().service.start(requestFor(scene.script));
    await untilState(run, 'running');
    scene.world.print(run.id, 'started\nno such table: days\n');
    scene.world.finish(run.id, { exitCode: 3 });
    const { error } = await run.completed;
    assert.match(error?.message ?? '', /exit code 3\. Its last line is “no such table: days”/);
    await run.ended;
  });
});
