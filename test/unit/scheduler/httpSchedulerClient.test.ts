import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isCancelled } from '../../../src/core/errors';
import { HttpSchedulerClient } from '../../../src/scheduler/httpSchedulerClient';
import { plotTitles } from '../../../src/scheduler/plotTitles';
import { hasGpu, workersInIdentity } from '../../../src/scheduler/workerIdentity';
import { fakeWorker } from '../../fakes/fakeScheduler';
import { DaskFixture } from './daskFixture';

const never = new AbortController().signal;

describe('HttpSchedulerClient', function () {
  this.timeout(60_000);
  let dask: DaskFixture;
  const client = new HttpSchedulerClient();

  before(async () => {
    dask = await DaskFixture.start('/prefix');
  });

  after(async () => {
    client.dispose();
    await dask.kill();
  });

  const endpoint = (): { address: string; httpUrl: string; dashboard: boolean } => ({
    address: dask.address,
    httpUrl: dask.httpUrl,
    dashboard: true,
  });

  it('reads workers, tasks and clients of an idle scheduler', async () => {
    const snapshot = await client.snapshot(endpoint(), never);
    assert.deepEqual(
      snapshot.workers.map(({ name }) => name),
      ['0', '1'],
    );
    for (const worker of snapshot.workers) {
      assert.deepEqual(
        [worker.nthreads, worker.memoryLimit, worker.host, worker.status],
        [1, 500 * 1024 * 1024, '127.0.0.1', 'running'],
      );
      assert.ok(worker.memoryUsed > 1_000_000 && Math.abs(Date.now() - worker.lastSeen) < 30_000);
      assert.match(worker.address, /^tcp:\/\/127\.0\.0\.1:\d+$/);
    }
    assert.equal(snapshot.clients, 1);
    assert.deepEqual(snapshot.tasks, { total: 0, processing: 0, memory: 0, waiting: 0, erred: 0 });
    assert.ok(Math.abs(Date.now() - snapshot.startedAt) < 60_000);
  });

  it('lists the plots without those of GPUs, with titles for people', async () => {
    const plots = await client.plots(endpoint(), never);
    assert.ok(plots.length > 20);
    assert.ok(plots.some(({ path, title }) => path === 'individual-task-stream' && title === 'Task stream'));
    assert.ok(
      plots.some(
        ({ path, title }) => path === 'individual-workers-cpu-timeseries' && title === 'Workers CPU timeseries',
      ),
    );
    assert.ok(!plots.some(({ path }) => path.includes('gpu') || path.includes('rmm') || path.includes('/')));
  });

  it('reads workers also while tasks run, when the identity cannot be had', async () => {
    await dask.makeBusy();
    const busy = new HttpSchedulerClient();
    let failed = false;
    while (!failed) {
      failed = (await fetch(`${dask.httpUrl}/json/identity.json`)).status === 500;
    }
    const snapshot = await busy.snapshot(endpoint(), never);
    busy.dispose();
    assert.deepEqual(
      snapshot.workers.map(({ name }) => name),
      ['0', '1'],
    );
    for (const worker of snapshot.workers) {
      assert.deepEqual([worker.nthreads, worker.memoryLimit, worker.host], [1, 500 * 1024 * 1024, '127.0.0.1']);
      assert.ok(worker.memoryUsed > 1_000_000);
      // Thousands are assigned to each; it has one thread. What its page does not tell is not made up.
      assert.deepEqual([worker.executing, worker.cpu], [1, undefined]);
    }
    assert.ok(snapshot.tasks.total > 1000);
  });

  it('reads workers of a cluster of ours by its own route, where Dask’s fails while tasks run', async () => {
    const metrics = { memory: 5_000_000, cpu: 98.6, spilled_bytes: { memory: 7 }, task_counts: { executing: 1 } };
    const asked: string[] = [];
    const answers: Record<string, [number, unknown]> = {
      '/json/counts.json': [200, { tasks: 5, processing: 5 }],
      '/json/identity.json': [500, {}],
      '/dask-runner/workers': [
        200,
        { started: 9, workers: { 'tls://127.0.0.1:4': { name: 0, nthreads: 1, metrics } } },
      ],
    };
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const [status, body] = answers[request.url ?? ''] ?? [404, {}];
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const ours = { ...endpoint(), httpUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const busy = new HttpSchedulerClient();
    for (let look = 0; look < 2; look += 1) {
      const { workers, startedAt } = await busy.snapshot(ours, never);
      const [{ cpu, executing, spilledBytes } = fakeWorker()] = workers;
      assert.deepEqual([workers.length, cpu, executing, spilledBytes, startedAt], [1, 98.6, 1, 7, 9000]);
    }
    assert.equal(asked.filter((path) => path === '/json/identity.json').length, 1, 'what fails is not asked again');
    busy.dispose();
    server.close();
  });

  it('says that a scheduler does not answer', async () => {
    const gone = { ...endpoint(), httpUrl: 'http://127.0.0.1:9' };
    await assert.rejects(client.snapshot(gone, never), { code: 'schedulerUnreachable' });
    await assert.rejects(client.snapshot({ ...endpoint(), httpUrl: undefined }, never), {
      code: 'schedulerUnreachable',
    });
  });

  it('does not wait longer than five seconds, and not at all after an abort', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const silent = { ...endpoint(), httpUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const start = Date.now();
    await assert.rejects(client.snapshot(silent, never), { code: 'schedulerUnreachable' });
    assert.ok(Date.now() - start < 8000);
    const controller = new AbortController();
    const asking = client.snapshot(silent, controller.signal);
    controller.abort();
    await assert.rejects(asking, isCancelled);
    server.closeAllConnections();
    server.close();
  });

  it('tolerates a scheduler that tells less', () => {
    const [worker] = workersInIdentity({ workers: { 'tls://[::1]:5': { name: 7 } } });
    assert.deepEqual([worker?.name, worker?.host, worker?.memoryLimit, worker?.status], ['7', '[::1]', 0, 'running']);
    assert.ok(hasGpu({ workers: { a: { metrics: { gpu: {} } } } }) && !hasGpu({ workers: { a: { metrics: {} } } }));
    const plots = {
      'Individual Gpu Memory': '/individual-gpu-memory',
      'Individual Cluster Map': '/statics/map.html',
      Odd: 5,
    };
    assert.deepEqual(plotTitles(plots, true), [{ path: 'individual-gpu-memory', title: 'GPU memory' }]);
    assert.deepEqual(plotTitles(plots, false), []);
  });
});
