import assert from 'node:assert/strict';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import promises from 'node:fs/promises';
import { join } from 'node:path';
import { ClusterModel } from '../../../src/run/clusterModel';
import { FakeScheduler } from '../../fakes/fakeScheduler';
import { LocalFixture, never, quiet } from './fixture';

const hour = 3600_000;

describe('The history of local clusters and runs', function () {
  this.timeout(60_000);
  let fixture: LocalFixture;

  beforeEach(async () => (fixture = await LocalFixture.create()));
  afterEach(() => fixture.dispose());

  /** A run that is over, and the cluster that went with it. */
  const write = async (name: string, endedAt: number): Promise<void> => {
    const cluster = join(fixture.storage, 'clusters', name);
    const run = join(fixture.storage, 'runs', name);
    await Promise.all([mkdir(cluster, { recursive: true }), mkdir(run, { recursive: true })]);
    const time = new Date(endedAt).toISOString();
    const head = { version: 1, id: name };
    const files = {
      [join(cluster, 'spec.json')]: { ...head, name: 'local', createdAt: time, ephemeral: true, runId: name },
      [join(cluster, 'state.json')]: { ...head, state: 'closed', stage: 'ready', endedAt: time },
      [join(run, 'job.json')]: { ...head, name: 'etl.py', cluster: { backend: 'local', id: name } },
      [join(run, 'status.json')]: { ...head, state: 'succeeded', startedAt: time, endedAt: time, released: true },
    };
    await Promise.all(Object.entries(files).map(([path, value]) => writeFile(path, JSON.stringify(value))));
  };

  const fill = async (from: number, to: number): Promise<void> => {
    for (let index = from; index < to; index++) {
      await write(`run-${String(index).padStart(4, '0')}`, Date.now() - hour + index);
    }
  };

  /** How many files are read meanwhile. */
  const readsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const { readFile } = promises;
    let reads = 0;
    const counting = (...args: Parameters<typeof readFile>): ReturnType<typeof readFile> => {
      reads++;
      return readFile(...args);
    };
    Object.assign(promises, { readFile: counting });
    try {
      await work();
    } finally {
      Object.assign(promises, { readFile });
    }
    return reads;
  };

  it('is read once, each folder by itself, and is not read again at the next refresh', async () => {
    const figures: { first: number; next: number }[] = [];
    for (const [from, to] of [
      [0, 100],
      [100, 1000],
    ] as const) {
      await fill(from, to);
      const backend = fixture.backend();
      const model = new ClusterModel([backend], new FakeScheduler(), quiet);
      const first = await readsOf(() => model.refresh());
      const next = await readsOf(() => model.refresh());
      assert.equal(model.entries().length, to);
      assert.ok(model.entries().every(({ cluster, jobs }) => jobs.length === 1 && jobs[0]?.id === cluster.id));
      figures.push({ first, next });
      model.dispose();
    }
    const [small, large] = figures;
    assert.ok(small && small.first >= 400, 'the counter sees the reads');
    assert.ok(large && large.first <= 10 * small.first, `${large?.first ?? 0} reads for 1,000, ${small.first} for 100`);
    assert.deepEqual([small.next, large.next], [0, 0]);
  });

  it('shows a run and a cluster that came since, and none that were deleted', async () => {
    await fill(0, 3);
    const backend = fixture.backend();
    const model = new ClusterModel([backend], new FakeScheduler(), quiet);
    await model.refresh();
    await write('run-new', Date.now());
    await promises.rm(join(fixture.storage, 'runs', 'run-0000'), { recursive: true });
    await promises.rm(join(fixture.storage, 'clusters', 'run-0001'), { recursive: true });
    await model.refresh();
    assert.deepEqual(
      model.entries().map(({ cluster, jobs }) => [cluster.id, jobs.length]),
      [
        ['run-new', 1],
        ['run-0002', 1],
        ['run-0000', 0],
      ],
    );
    model.dispose();
  });

  it('sees the reason that is worded just after the end', async () => {
    await write('run-now', Date.now());
    const backend = fixture.backend();
    const reason = async (): Promise<string | undefined> =>
      (await backend.cluster({ backend: 'local', id: 'run-now' }, never))?.endReason;
    assert.equal(await reason(), undefined);
    const state = {
      version: 1,
      id: 'run-now',
      state: 'closed',
      endedAt: new Date().toISOString(),
      endReason: 'Asked.',
    };
    await writeFile(join(fixture.storage, 'clusters', 'run-now', 'state.json'), JSON.stringify(state));
    assert.equal(await reason(), 'Asked.');
  });

  it('follows jobs of kept clusters, newest first', async () => {
    await fill(0, 1);
    const backend = fixture.backend();
    const runs = join(fixture.storage, 'runs');
    for (const [name, offset] of [
      ['a', 1],
      ['b', 3],
      ['c', 2],
    ] as const) {
      await write(name, Date.now() - hour + offset * 1000);
      const order = { version: 1, id: name, name, cluster: { backend: 'local', id: 'run-0000' } };
      await writeFile(join(runs, name, 'job.json'), JSON.stringify(order));
    }
    const other = { version: 1, id: 'd', name: 'd', cluster: { backend: 'address', id: 'run-0000' } };
    await write('d', Date.now());
    await writeFile(join(runs, 'd', 'job.json'), JSON.stringify(other));
    await appendFile(join(runs, 'no folder'), '');
    const ids: string[] = [];
    for await (const { id } of backend.jobs({ backend: 'local', id: 'run-0000' }, never)) {
      ids.push(id);
    }
    assert.deepEqual(ids, ['b', 'c', 'a', 'run-0000']);
  });
});
