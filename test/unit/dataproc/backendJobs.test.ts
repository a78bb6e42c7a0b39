import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataprocBackend } from '../../../src/dataproc/dataprocBackend';
import { stubOutput } from '../../fakes/stubJob';
import { BackendFixture, ref, text, type Followed } from './backendFixture';
import { all, rejection, until } from './google/fixture';

describe('jobs of the Dataproc backend', () => {
  let fixture: BackendFixture;
  let window: DataprocBackend;
  /** Runs throughout. */
  let cluster: string;

  before(async () => {
    fixture = await BackendFixture.start();
    window = fixture.window();
    cluster = fixture.id();
    await fixture.create(window, cluster, {}, { ephemeral: false });
  });

  afterEach(() => fixture.emulator.faults.clear());

  after(() => fixture.close());

  /** Submits and follows it. */
  const run = async (options: Readonly<Record<string, string | number>>): Promise<Followed> => {
    const id = fixture.id();
    await fixture.submit(window, cluster, id, options);
    return fixture.follow(window, cluster, id);
  };

  it('give their output byte for byte, their states, their result and their report', async () => {
    const { job, states, output, folder } = await run({ lines: 60, number: 5, exit: 3 });
    assert.ok(output.equals(stubOutput(5, 60)), output.toString().slice(0, 400));
    assert.deepEqual(
      [job.state, job.exitCode, job.signal, job.error, job.report],
      ['failed', 3, undefined, undefined, 'performance-report.html'],
    );
    assert.equal(states.at(-1), 'failed');
    assert.equal(await text(join(folder, 'performance-report.html')), '<html>report</html>');
    assert.ok(job.endedAt !== undefined && job.startedAt !== undefined && job.endedAt >= job.startedAt);
  });

  it('go on in the file where a window that has gone had stopped, in the middle of a character too', async () => {
    const id = fixture.id();
    await fixture.submit(window, cluster, id, { lines: 80, number: 7, pause: 0.01 });
    const file = join(fixture.folder(id), 'output.log');
    for (const least of [1, 4_000, 20_000]) {
      const die = new AbortController();
      const followed = rejection(fixture.follow(fixture.window(), cluster, id, die.signal));
      await until(
        () => text(file),
        ({ length }) => length >= least,
      );
      die.abort();
      await followed;
    }
    const kept = Buffer.from(await text(file));
    // As a window leaves it that ends within a write.
    const whole = stubOutput(7, 80);
    const cut = Array.from({ length: 4 }, (_, index) => kept.length - 1 - index).find(
      (at) => ((whole[at] ?? 0) & 0xc0) === 0x80,
    );
    await writeFile(file, whole.subarray(0, cut ?? assert.fail('no character of several bytes')));
    const { output, job } = await fixture.follow(fixture.window(), cluster, id);
    assert.ok(output.equals(whole), `${output.length} of ${whole.length} bytes`);
    assert.equal(job.state, 'succeeded');
  });

  it('lose and repeat nothing through a storage that fails and breaks off', async () => {
    const id = fixture.id();
    await fixture.submit(window, cluster, id, { lines: 60, number: 3, pause: 0.005 });
    fixture.emulator.faults.add({
      rules: [
        { method: 'storage.objects.*', times: 0, probability: 0.15, error: { status: 'UNAVAILABLE' } },
        { method: 'storage.objects.download', times: 0, probability: 0.1, lose: 'response' },
      ],
      seed: 11,
    });
    const { output, job } = await fixture.follow(window, cluster, id);
    assert.ok(output.equals(stubOutput(3, 60)), `${output.length} bytes`);
    assert.deepEqual([job.state, job.exitCode], ['succeeded', 0]);
  });

  it('are handed in once: through lost answers, by two windows, and again later although a file has changed', async () => {
    const id = fixture.id();
    const mark = join(fixture.storage, id);
    fixture.faults({ method: 'JobController.SubmitJob', times: 2, lose: 'response' });
    await Promise.all([
      fixture.submit(window, cluster, id, { mark }),
      fixture.submit(fixture.window(), cluster, id, { mark }),
    ]);
    await writeFile(join(fixture.storage, 'workspace', 'main.py'), 'print("changed")\n');
    const spec = await fixture.spec(id, { mark });
    await fixture.window().submitJob(ref(cluster), spec, id, fixture.signal);
    await fixture.follow(window, cluster, id);
    assert.equal((await text(`${mark}.starts`)).split('\n').length - 1, 1);
    assert.equal((await all(window.jobs(ref(cluster), fixture.signal))).filter((job) => job.id === id).length, 1);
  });

  it('are told to mark the lines of workers where that is wanted', async () => {
    const orders = async (markWorkers: boolean): Promise<unknown> => {
      const id = fixture.id();
      const spec = { ...(await fixture.spec(id, {})), markWorkers };
      await window.submitJob(ref(cluster), spec, id, fixture.signal);
      const order = fixture.emulator.store.object('dask-p1-us-central1', `dask-runner/jobs/${id}/job.json`);
      const { markWorkers: wanted } = JSON.parse(await text(order?.file ?? '')) as { markWorkers: unknown };
      await fixture.follow(window, cluster, id);
      return wanted;
    };
    assert.deepEqual([await orders(true), await orders(false)], [true, undefined]);
  });

  it('are handed in by a window that finds the order of one that has gone', async () => {
    const id = fixture.id();
    fixture.faults({ method: 'JobController.SubmitJob', times: 1, error: { status: 'PERMISSION_DENIED' } });
    const refused = await rejection(fixture.submit(window, cluster, id, { exit: 4 }));
    assert.match(refused.message, /main\.py could not be handed to the cluster\..*roles\/dataproc\.editor/);
    const spec = await fixture.spec(id, { exit: 4 });
    await writeFile(join(fixture.storage, 'workspace', 'main.py'), 'print("other content")\n');
    await fixture.window().submitJob(ref(cluster), spec, id, fixture.signal);
    assert.equal((await fixture.follow(window, cluster, id)).job.exitCode, 4);
  });

  it('are cancelled where they run, with all their output, and one that is over needs none', async () => {
    const id = fixture.id();
    await fixture.submit(window, cluster, id, { lines: 30, number: 9, wait: join(fixture.storage, 'never') });
    const following = fixture.follow(window, cluster, id);
    const file = join(fixture.folder(id), 'output.log');
    await until(
      () => text(file),
      (now) => now === stubOutput(9, 30).toString(),
    );
    const job = { backend: 'dataproc' as const, id, cluster: ref(cluster) };
    fixture.faults({ method: 'JobController.CancelJob', times: 1, lose: 'response' });
    await window.cancelJob(job, '', fixture.signal);
    const { job: end, output } = await following;
    assert.deepEqual([end.state, end.signal], ['cancelled', 'SIGTERM']);
    assert.ok(output.equals(stubOutput(9, 30)));
    await window.cancelJob(job, '', fixture.signal);
    await window.cancelJob({ ...job, id: fixture.id() }, '', fixture.signal);
  });

  it('that are killed have what they printed, and an end that says what to do', async () => {
    const { job, output } = await run({ lines: 20, number: 2, kill: 9 });
    assert.ok(output.equals(stubOutput(2, 10)));
    assert.deepEqual([job.state, job.error?.code], ['failed', 'driverOutOfMemory']);
    assert.match(job.error?.message ?? '', /left no result.*too much memory.*larger master type/);
  });

  it('end with a sentence that says so where their cluster goes, by its limits or by somebody', async () => {
    const hour = 3600;
    for (const [limit, end] of [
      [true, /greatest age of 60 minutes.*"maxAge"/],
      [false, /Somebody deleted it.*Run it again/],
    ] as const) {
      const own = fixture.id();
      await fixture.create(window, own, { maxAgeSeconds: hour });
      await fixture.submit(window, own, own, { lines: 5, wait: join(fixture.storage, 'never') });
      const following = fixture.follow(window, own, own);
      await until(
        () => text(join(fixture.folder(own), 'output.log')),
        (now) => now.includes('line 004'),
      );
      if (limit) {
        fixture.emulator.clock.jump((hour + 1) * 1000);
      } else {
        fixture.emulator.clusters.remove(fixture.there(own)[0] ?? assert.fail());
      }
      const { job, output } = await following;
      assert.deepEqual([job.state, job.error?.code], ['failed', 'clusterGone']);
      assert.match(job.error?.message ?? '', /The cluster was deleted while the script ran\./);
      assert.match(job.error?.message ?? '', end);
      assert.ok(output.equals(stubOutput(0, 5)));
      await window.deleteCluster(ref(own), 'The run ended.', fixture.signal);
      assert.match((await window.cluster(ref(own), fixture.signal))?.endReason ?? '', /outside of this window/);
      if (limit) {
        // The one of all tests went with it.
        cluster = fixture.id();
        await fixture.create(window, cluster, {}, { ephemeral: false });
      }
    }
  });

  it('have succeeded where their script had, although they were lost after that', async () => {
    const id = fixture.id();
    await fixture.submit(window, cluster, id, { lines: 2, pause: 0.2, kill: 1 });
    const result = {
      version: 1,
      id,
      exitCode: 0,
      signal: null,
      error: null,
      report: null,
      reportMissing: 'No Bokeh.',
      leftOver: 0,
    };
    const bucket = 'dask-p1-us-central1';
    await fixture.emulator.store.put(bucket, `dask-runner/jobs/${id}/result.json`, JSON.stringify(result));
    const { job } = await fixture.follow(window, cluster, id);
    assert.deepEqual([job.state, job.exitCode, job.error], ['succeeded', 0, undefined]);
    assert.equal(job.reportMissing, 'No Bokeh.');
  });

  it('have their report also where the bucket lets nobody write an object again', async () => {
    const id = fixture.id();
    await fixture.submit(window, cluster, id, { lines: 2, pause: 0.2, kill: 1 });
    const result = { version: 1, id, exitCode: 3, signal: null, error: null, report: null, leftOver: 0 };
    const put = (name: string, content: string): Promise<unknown> =>
      fixture.emulator.store.put('dask-p1-us-central1', `dask-runner/jobs/${id}/${name}`, content);
    await put('result.json', JSON.stringify(result));
    await put('performance-report.html', '<html>');
    await put('released.json', JSON.stringify({ ...result, report: 'performance-report.html' }));
    const { job } = await fixture.follow(window, cluster, id);
    assert.deepEqual([job.exitCode, job.report], [3, 'performance-report.html']);
    assert.equal(await text(join(fixture.folder(id), 'performance-report.html')), '<html>');
  });

  it('bring what the script wrote to the folder of the run, and nowhere else', async () => {
    const id = fixture.id();
    await fixture.submit(window, cluster, id, { lines: 2, pause: 0.2, kill: 1 });
    const names = ['out/result.csv', '../escaped', '/escaped', 'gone.txt'];
    const files = names.map((name) => ({ name, size: 3 }));
    const result = { version: 1, id, exitCode: 0, signal: null, error: null, report: null, leftOver: 0, files };
    const put = (name: string, content: string): Promise<unknown> =>
      fixture.emulator.store.put('dask-p1-us-central1', `dask-runner/jobs/${id}/${name}`, content);
    await put('files/out/result.csv', 'a,b');
    await put('escaped', 'no');
    await put('result.json', JSON.stringify(result));
    const { job } = await fixture.follow(window, cluster, id);
    assert.equal(job.state, 'succeeded');
    assert.equal(await text(join(fixture.folder(id), 'files', 'out', 'result.csv')), 'a,b');
    assert.deepEqual(readdirSync(join(fixture.folder(id), 'files')), ['out']);
    assert.ok(!existsSync(join(fixture.folder(id), 'escaped')));
  });

  it('are listed page by page, newest first', async () => {
    const ids = [fixture.id(), fixture.id()];
    for (const id of ids) {
      await fixture.submit(window, cluster, id);
      await fixture.follow(window, cluster, id);
    }
    const watching = window.onDidChange(() => undefined);
    await all(window.clusters(fixture.signal));
    const jobs = (await window.jobsByCluster(fixture.signal)).get(cluster) ?? [];
    watching.dispose();
    assert.deepEqual(
      jobs.slice(0, 2).map(({ id }) => id),
      ids.toReversed(),
    );
  });

  it('cost no more calls than with gcloud, and nothing where nothing runs', async () => {
    const id = fixture.id();
    const go = join(fixture.storage, `${id}.go`);
    await fixture.submit(window, cluster, id, { lines: 1, wait: go });
    const following = fixture.follow(window, cluster, id);
    await until(
      () => text(join(fixture.folder(id), 'output.log')),
      ({ length }) => length > 0,
    );
    const counts = fixture.counting();
    // Nothing comes: polls alone.
    await until(counts, (now) => (now['storage.objects.list'] ?? 0) >= 60);
    const { 'storage.objects.list': lists = 0, 'JobController.GetJob': looks = 0, ...others } = counts();
    // A minute of polls is 60; gcloud looks at the job each ten seconds meanwhile.
    assert.ok(looks <= Math.ceil((lists / 60) * 6) + 1, `${looks} looks in ${lists} polls`);
    assert.deepEqual(others, {});
    await writeFile(go, '');
    await following;
    const idle = fixture.counting();
    await new Promise((wake) => setTimeout(wake, 30_000));
    assert.deepEqual(idle(), {});
  });
});
