import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { AddressBackend } from '../../../src/address/addressBackend';
import { UserError } from '../../../src/core/errors';
import type { Logger } from '../../../src/core/ports';
import { RunnerPackage } from '../../../src/machine/runnerPackage';
import { DashboardProxyServer } from '../../../src/scheduler/dashboardProxyServer';
import { HttpSchedulerClient } from '../../../src/scheduler/httpSchedulerClient';
import { DaskFixture } from '../scheduler/daskFixture';

const python = process.env['DASK_TEST_PYTHON'] ?? 'python3';
const quiet: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const never = new AbortController().signal;

describe('AddressBackend', function () {
  this.timeout(90_000);
  let dask: DaskFixture;
  let storage: string;
  let client: HttpSchedulerClient;
  let backend: AddressBackend;

  before(async () => {
    dask = await DaskFixture.start();
  });

  after(() => dask.kill());

  beforeEach(async () => {
    storage = await mkdtemp(join(tmpdir(), 'dask address '));
    client = new HttpSchedulerClient();
    backend = new AddressBackend({
      storage,
      runner: new RunnerPackage(resolve('python/dask_runner'), storage),
      client,
      logger: quiet,
    });
  });

  afterEach(async () => {
    backend.dispose();
    client.dispose();
    await rm(storage, { recursive: true, force: true, maxRetries: 5 });
  });

  it('attaches a scheduler, finds its dashboard, and never shuts it down', async () => {
    const cluster = await backend.attach({ address: dask.address, name: 'theirs', interpreter: python }, never);
    assert.deepEqual(
      [cluster.name, cluster.state, cluster.owned, cluster.resizable],
      ['theirs', 'running', false, false],
    );
    const endpoint = await backend.scheduler(cluster, never);
    assert.deepEqual([endpoint.address, endpoint.httpUrl, endpoint.dashboard], [dask.address, dask.httpUrl, true]);
    await assert.rejects(backend.deleteCluster(cluster), { code: 'clusterNotOurs' });
    await assert.rejects(backend.resizeCluster(cluster), { code: 'clusterNotOurs' });
    await backend.restartWorkers(cluster, never);
    assert.equal((await client.snapshot(endpoint, never)).workers.length, 2);
    const logs = await backend.logs(cluster, never);
    assert.deepEqual(
      logs.map(({ id }) => id),
      ['scheduler', 'worker-0', 'worker-1'],
    );
    assert.match(await readFile(logs[0]!.path, 'utf8'), /distributed\.scheduler/);
    await backend.detach(cluster);
    assert.equal(await backend.cluster(cluster, never), undefined);
    assert.deepEqual(await readdir(join(storage, 'attached')), []);
    assert.equal((await client.snapshot(endpoint, never)).workers.length, 2);
  });

  it('finds the same cluster for a profile with the same address', async () => {
    const attached = await backend.attach({ address: dask.address, name: 'theirs', interpreter: python }, never);
    const profile = { name: 'far', backend: 'address' as const, address: dask.address, environment: { A: 'b' } };
    const stages: string[] = [];
    const cluster = await backend.createCluster(
      { name: 'far', profile, interpreter: python, ephemeral: false },
      'request',
      (stage) => stages.push(stage),
      never,
    );
    assert.deepEqual([cluster.id, cluster.profile, stages.at(-1)], [attached.id, 'far', 'ready']);
    const listed = [];
    for await (const one of backend.clusters(never)) {
      listed.push(one);
    }
    assert.deepEqual(listed, [cluster]);
  });

  it('runs a script on it, keeps its output, and leaves the scheduler alone', async () => {
    const profile = {
      name: 'far',
      backend: 'address' as const,
      address: dask.address,
      environment: { WORD: 'profile' },
    };
    const cluster = await backend.createCluster(
      { name: 'far', profile, interpreter: python, ephemeral: false },
      'r',
      () => undefined,
      never,
    );
    const folder = join(storage, 'runs', 'run');
    await mkdir(folder, { recursive: true });
    const path = join(storage, 'job.py');
    await writeFile(
      path,
      'import os\nimport beside\nfrom distributed import Client\nprint(Client().submit(beside.size, "four").result(), os.environ["WORD"])\n',
    );
    await writeFile(join(storage, 'beside.py'), 'def size(text): return len(text)\n');
    const spec = {
      target: { kind: 'file' as const, path },
      args: [],
      environment: {},
      folder,
      releaseCluster: true,
      report: true,
    };
    const job = await backend.submitJob(cluster, spec, 'run', never);
    let text = '';
    for await (const { bytes } of backend.output(job, folder, 0, never)) {
      text += Buffer.from(bytes).toString();
    }
    assert.equal(text, '4 profile\n');
    let last = job;
    for await (const seen of backend.watchJob(job, folder, never)) {
      last = seen;
    }
    assert.deepEqual([last.state, last.released], ['succeeded', true]);
    assert.equal((await backend.cluster(cluster, never))?.state, 'running');
  });

  it('is brought no modules where the profile, or that of the run, says so', async () => {
    const ended: string[] = [];
    const brings = async (localModules: 'bring' | 'leave', ofRun?: boolean): Promise<unknown> => {
      const profile = {
        name: 'far',
        backend: 'address' as const,
        address: dask.address,
        environment: {},
        localModules,
      };
      const spec = { name: 'far', profile, interpreter: python, ephemeral: false };
      const cluster = await backend.createCluster(spec, 'r', () => undefined, never);
      const folder = await mkdtemp(join(storage, 'run-'));
      const job = {
        target: { kind: 'file' as const, path: join(storage, 'missing.py') },
        args: [],
        environment: {},
        folder,
        releaseCluster: true,
        report: false,
        ...(ofRun === undefined ? {} : { localModules: ofRun }),
      };
      const submitted = await backend.submitJob(cluster, job, basename(folder), never);
      const order = JSON.parse(await readFile(join(folder, 'job.json'), 'utf8')) as { localModules: unknown };
      // Its process writes into the folder until it has ended.
      for await (const { state, released } of backend.watchJob(submitted, folder, never)) {
        ended.push(`${state} ${String(released)}`);
      }
      return order.localModules;
    };
    assert.deepEqual(
      [await brings('bring'), await brings('leave'), await brings('leave', true), await brings('bring', false)],
      [true, false, true, false],
    );
    assert.equal(ended.filter((end) => end === 'failed true').length, 4);
  });

  it('says why a scheduler cannot be attached', async () => {
    const attach = (address: string, interpreter = python): Promise<unknown> =>
      backend.attach({ address, interpreter }, never);
    await assert.rejects(
      attach('tcp://127.0.0.1:9'),
      (error) => error instanceof UserError && error.code === 'schedulerUnreachable' && error.next !== '',
    );
    await assert.rejects(attach('nonsense://x'), (error) => error instanceof UserError);
    await assert.rejects(attach(dask.address, '/no/python'), { code: 'interpreterMissing' });
    assert.deepEqual(await readdir(join(storage, 'attached')).catch(() => []), []);
  });

  it('is reachable while the scheduler is, also when its dashboard is closed', async () => {
    const dashboard = createServer((request, response) =>
      response.end(JSON.stringify(request.url === '/json/counts.json' ? { tasks: 0 } : {})),
    );
    dashboard.listen(0, '127.0.0.1');
    await once(dashboard, 'listening');
    const { port } = dashboard.address() as AddressInfo;
    const dashboardUrl = `http://127.0.0.1:${port}`;
    const attached = await backend.attach({ address: dask.address, dashboardUrl, interpreter: python }, never);
    assert.equal((await backend.scheduler(attached, never)).httpUrl, dashboardUrl);
    dashboard.close();
    dashboard.closeAllConnections();
    const later = new AddressBackend({
      storage,
      runner: new RunnerPackage(resolve('python/dask_runner'), storage),
      client,
      logger: quiet,
    });
    assert.equal((await later.cluster(attached, never))?.state, 'running');
    later.dispose();
  });

  it('says why a dashboard that was given is not used', async () => {
    const dashboardUrl = 'http://127.0.0.1:9/status';
    const attached = await backend.attach({ address: dask.address, dashboardUrl, interpreter: python }, never);
    const endpoint = await backend.scheduler(attached, never);
    assert.equal(endpoint.httpUrl, undefined);
    assert.match(endpoint.dashboardProblem ?? '', /http:\/\/127\.0\.0\.1:9\/status cannot be used: .*ECONNREFUSED/);
    await assert.rejects(new DashboardProxyServer(quiet).open(endpoint), /ECONNREFUSED.*Check dashboardUrl/);
    await backend.attach({ address: dask.address, interpreter: python }, never);
    assert.equal((await backend.scheduler(attached, never)).dashboardProblem, undefined);
  });

  it('tells its listeners when a scheduler stops answering', async () => {
    const own = await DaskFixture.start();
    const cluster = await backend.attach({ address: own.address, interpreter: python }, never);
    const unreachable = new Promise<void>((resolveWhen) => {
      const subscription = backend.onDidChange(async () => {
        if ((await backend.cluster(cluster, never))?.state === 'unreachable') {
          subscription.dispose();
          resolveWhen();
        }
      });
    });
    await own.kill();
    await unreachable;
  });
});
