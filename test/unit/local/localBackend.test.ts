import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StartupStage } from '../../../src/core/cluster';
import { isCancelled, UserError } from '../../../src/core/errors';
import type { LocalBackend } from '../../../src/local/localBackend';
import { HttpSchedulerClient } from '../../../src/scheduler/httpSchedulerClient';
import { pidStartOf } from '../../../src/machine/processes';
import { LocalFixture, never, profile, until } from './fixture';

describe('LocalBackend clusters', function () {
  this.timeout(120_000);
  let fixture: LocalFixture;
  let backend: LocalBackend;
  const ref = (id: string): { backend: 'local'; id: string } => ({ backend: 'local', id });

  beforeEach(async () => {
    fixture = await LocalFixture.create();
    backend = fixture.backend();
  });

  afterEach(() => fixture.dispose());

  it('starts one, tells each stage, resizes and restarts it, and deletes it without a trace', async () => {
    const stages: StartupStage[] = [];
    const tls = { ...profile, security: 'tls' as const };
    const cluster = await backend.createCluster(
      fixture.spec({ profile: tls }),
      'first',
      (stage) => stages.push(stage),
      never,
    );
    assert.equal(cluster.state, 'running');
    assert.deepEqual([cluster.id, cluster.owned, cluster.workers], ['first', true, { kind: 'fixed', count: 1 }]);
    assert.equal(stages.at(-1), 'ready');
    assert.deepEqual([...stages].sort(byStage), stages);
    const endpoint = await backend.scheduler(cluster, never);
    assert.match(endpoint.address, /^tls:/);
    assert.ok(endpoint.tls !== undefined && endpoint.dashboard);
    const client = new HttpSchedulerClient();
    assert.equal((await client.snapshot(endpoint, never)).workers.length, 1);
    await backend.resizeCluster(cluster, { kind: 'fixed', count: 2 }, never);
    await until(async () => (await client.snapshot(endpoint, never)).workers.length === 2);
    assert.deepEqual((await backend.cluster(cluster, never))?.workers, { kind: 'fixed', count: 2 });
    await backend.restartWorkers(cluster, never);
    client.dispose();
    const logs = await backend.logs(cluster, never);
    assert.equal(logs[0]?.id, 'scheduler');
    assert.ok(logs.some(({ id }) => id === 'cluster') && logs.some(({ id }) => id.startsWith('worker-')));
    const { pid } = await fixture.state(cluster);
    await backend.deleteCluster(cluster, 'It was deleted by a test.', never);
    assert.equal(await pidStartOf(pid as number), undefined);
    const ended = await backend.cluster(cluster, never);
    assert.deepEqual([ended?.state, ended?.endReason], ['closed', 'It was deleted by a test.']);
    await backend.deleteCluster(cluster, 'Again.', never);
    await backend.deleteCluster(ref('unknown'), 'Never was.', never);
  });

  it('makes one cluster when two windows ask with the same id', async () => {
    const other = fixture.backend();
    const [a, b] = await Promise.all([
      backend.createCluster(fixture.spec(), 'same', () => undefined, never),
      other.createCluster(fixture.spec(), 'same', () => undefined, never),
    ]);
    assert.deepEqual(a, b);
    const { pid } = await fixture.state(a);
    const again = await other.createCluster(fixture.spec(), 'same', () => undefined, never);
    assert.equal((await fixture.state(again))['pid'], pid);
    assert.deepEqual(await readdir(join(fixture.storage, 'clusters')), ['same']);
  });

  it('deletes what it began when the start is aborted', async () => {
    const controller = new AbortController();
    const creating = backend.createCluster(
      fixture.spec(),
      'aborted',
      (stage) => stage === 'scheduler' && controller.abort(),
      controller.signal,
    );
    await assert.rejects(creating, isCancelled);
    const { pid } = await fixture.state(ref('aborted'));
    assert.equal(await pidStartOf(pid as number), undefined);
    const ended = await backend.cluster(ref('aborted'), never);
    assert.deepEqual([ended?.state, ended?.endReason], ['closed', 'Its start was cancelled.']);
  });

  it('notices that the cluster process was killed, tells its listeners, and ends what is left', async () => {
    const cluster = await backend.createCluster(fixture.spec(), 'killed', () => undefined, never);
    const { pid } = (await fixture.state(cluster)) as { pid: number };
    const workers = await childrenOf(pid);
    assert.ok(workers.length > 0);
    const told = new Promise<void>((resolve) => {
      const subscription = backend.onDidChange(() => {
        subscription.dispose();
        resolve();
      });
    });
    process.kill(pid, 'SIGKILL');
    await told;
    const ended = await backend.cluster(cluster, never);
    assert.deepEqual([ended?.state, ended?.endReason], ['failed', 'The cluster process was killed.']);
    for (const worker of workers) {
      await until(async () => (await pidStartOf(worker)) === undefined);
    }
    await assert.rejects(backend.scheduler(cluster, never), { code: 'clusterEnded' });
  });

  it('gives the reason when the start fails', async () => {
    const wrong = { ...profile, memoryLimit: 'lots' };
    const creating = backend.createCluster(fixture.spec({ profile: wrong }), 'wrong', () => undefined, never);
    await assert.rejects(creating, (error) => error instanceof UserError && /lots/.test(error.message));
    assert.equal((await backend.cluster(ref('wrong'), never))?.state, 'failed');
  });

  it('offers to update a Dask that is too old, or to use another environment', async () => {
    const installed = await mkdtemp(join(tmpdir(), 'old-dask-'));
    try {
      await mkdir(join(installed, 'dask-2023.12.1.dist-info'));
      await writeFile(
        join(installed, 'dask-2023.12.1.dist-info', 'METADATA'),
        'Metadata-Version: 2.1\nName: dask\nVersion: 2023.12.1\n',
      );
      const old = { ...profile, environment: { PYTHONPATH: installed } };
      const spec = fixture.spec({ profile: old });
      await assert.rejects(
        backend.createCluster(spec, 'old', () => undefined, never),
        (error) => {
          assert.ok(error instanceof UserError);
          assert.deepEqual(
            [error.code, error.next, error.buttons.map(({ action }) => action)],
            [
              'daskTooOld',
              'Update Dask there, or use a managed environment.',
              [{ kind: 'installDask', interpreter: spec.interpreter }, { kind: 'useManagedEnvironment' }],
            ],
          );
          return true;
        },
      );
    } finally {
      await rm(installed, { recursive: true });
    }
  });

  it('gives the reason when Python itself breaks before the cluster can say anything', async () => {
    const broken = { ...profile, environment: { PYTHONHOME: '/no/such/home' } };
    const creating = backend.createCluster(fixture.spec({ profile: broken }), 'broken', () => undefined, never);
    await assert.rejects(
      creating,
      (error) => error instanceof UserError && error.code === 'clusterStartFailed' && error.why !== undefined,
    );
  });

  it('names an interpreter that is not there', async () => {
    const spec = fixture.spec({ interpreter: '/no/such/python' });
    await assert.rejects(
      backend.createCluster(spec, 'none', () => undefined, never),
      { code: 'interpreterMissing' },
    );
    assert.equal((await backend.cluster(ref('none'), never))?.state, 'failed');
  });

  it('gives up a start that stands still', async () => {
    const impatient = fixture.backend({
      stallMilliseconds: 200,
      totalMilliseconds: 60_000,
      handoverMilliseconds: 1000,
    });
    const { spec } = await fixture.slow();
    const creating = impatient.createCluster(spec, 'stalled', () => undefined, never);
    await assert.rejects(creating, { code: 'clusterStalled' });
    const { pid } = await fixture.state(ref('stalled'));
    await until(async () => pid === undefined || (await pidStartOf(pid as number)) === undefined);
  });

  it('lists clusters of all windows, and removes the remains of old ones, also of those that a run has used', async () => {
    const old = new Date(Date.now() - 8 * 24 * 3600 * 1000).toISOString();
    for (const id of ['old', 'referred', 'young']) {
      const folder = join(fixture.storage, 'clusters', id);
      await mkdir(folder, { recursive: true });
      const spec = { version: 1, id, name: id, createdAt: old, ephemeral: true, workers: profile.workers };
      await writeFile(
        join(folder, 'spec.json'),
        JSON.stringify({ ...spec, ...(id === 'referred' ? { runId: 'run' } : {}) }),
      );
      const endedAt = id === 'young' ? new Date().toISOString() : old;
      await writeFile(join(folder, 'state.json'), JSON.stringify({ version: 1, id, state: 'closed', endedAt }));
    }
    await mkdir(join(fixture.storage, 'runs', 'run'), { recursive: true });
    const ids: string[] = [];
    for await (const { id } of backend.clusters(never)) {
      ids.push(id);
    }
    assert.deepEqual(ids.sort(), ['old', 'referred', 'young']);
    assert.deepEqual(await readdir(join(fixture.storage, 'clusters')), ['young']);
    assert.deepEqual(await readdir(join(fixture.storage, 'runs')), ['run']);
  });

  it('calls a cluster failed that nobody has started for a minute', async () => {
    const folder = join(fixture.storage, 'clusters', 'orphan');
    await mkdir(folder, { recursive: true });
    const createdAt = new Date(Date.now() - 61_000).toISOString();
    await writeFile(join(folder, 'spec.json'), JSON.stringify({ version: 1, id: 'orphan', createdAt }));
    await utimes(folder, 1, 1);
    assert.equal((await backend.cluster(ref('orphan'), never))?.state, 'failed');
  });

  it('says that the storage folder cannot be written', async function () {
    if (process.getuid?.() === 0) {
      // The superuser may write anywhere: a file in the folder's place stands in the way of anybody.
      this.skip();
    }
    await mkdir(join(fixture.storage, 'clusters'), { mode: 0o500 });
    await assert.rejects(
      backend.createCluster(fixture.spec(), 'no', () => undefined, never),
      { code: 'storageNotWritable' },
    );
    await rm(join(fixture.storage, 'clusters'), { recursive: true });
  });
});

const order: readonly StartupStage[] = ['environment', 'process', 'scheduler', 'workers', 'ready'];
const byStage = (a: StartupStage, b: StartupStage): number => order.indexOf(a) - order.indexOf(b);

/** Linux only: all other processes in the session of a process. */
async function childrenOf(session: number): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    const text = /^\d+$/.test(name) ? await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '') : '';
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    if (Number(fields[3]) === session && Number(name) !== session) {
      found.push(Number(name));
    }
  }
  return found;
}
