import assert from 'node:assert/strict';

import type { Cluster, EndedWorker, WorkerSupply } from '../../../src/core/cluster';
import { schedulerNotRunning, UserError } from '../../../src/core/errors';
import type { ClusterFilter } from '../../../src/host/clusterFilter';
import { ClusterSource } from '../../../src/explorer/clusterSource';
import { clusterNodeId, nodeId, type ExplorerNode } from '../../../src/explorer/nodes';
import { render } from '../../../src/explorer/render';
import type { RowView } from '../../../src/explorer/rowView';
import { Rows } from '../../../src/explorer/rows';
import { ClusterModel } from '../../../src/run/clusterModel';
import { FakeBackend } from '../../fakes/fakeBackend';
import { FakeScheduler, fakeSnapshot, fakeWorker } from '../../fakes/fakeScheduler';
import { FakeWorld } from '../../fakes/fakeWorld';
import { RecordingLogger } from '../../fakes/recordingLogger';
import { cluster } from './samples';

const ref = { backend: 'local', id: 'a' } as const;

describe('ClusterSource', () => {
  let world: FakeWorld;
  let scheduler: FakeScheduler;
  let backend: FakeBackend;
  let model: ClusterModel;
  let source: ClusterSource;

  beforeEach(() => {
    world = new FakeWorld();
    scheduler = new FakeScheduler();
    backend = new FakeBackend(world);
    model = new ClusterModel([backend], scheduler, new RecordingLogger(), { pollMs: 5 });
    source = new ClusterSource(model);
  });

  afterEach(() => model.dispose());

  function find(kind: ExplorerNode['kind'], parent?: ExplorerNode): ExplorerNode {
    const node = source.children(parent).find((one) => one.kind === kind);
    assert.ok(node, `${kind} is there`);
    return node;
  }

  /** Watches until the rows are as they should be. */
  async function until(holds: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (holds()) {
          watch.dispose();
          resolve();
        }
      };
      const watch = source.watch(check);
      check();
    });
  }

  it('is empty where there is no cluster, so that the view says what to do', async () => {
    await source.load();
    assert.deepEqual(source.children(undefined), []);
  });

  it('names the run that a cluster is made for while it has no job yet', async () => {
    source = new ClusterSource(model, Date.now, (id) => (id === 'r1' ? 'etl.py' : undefined));
    world.addCluster({ ...ref, ephemeral: true, runId: 'r1', state: 'starting' });
    world.addCluster({ ...ref, id: 'b', ephemeral: true, runId: 'r2', state: 'starting' });
    await source.load();
    const madeFor = source.children(undefined).map((node) => node.kind === 'cluster' && node.madeFor);
    assert.deepEqual(madeFor.sort(), ['etl.py', undefined]);
  });

  it('paints one row for one job that has ended', async () => {
    world.addCluster(ref);
    for (const id of ['r1', 'r2', 'r3']) {
      world.addJob(ref, { id });
    }
    await source.load();
    const rows = new Rows(
      (node) => source.children(node),
      (node) => JSON.stringify(render(node, 0)),
    );
    const all = rows.children(undefined).flatMap((row) => rows.children(row));
    assert.ok(all.flatMap((group) => rows.children(group)).length >= 3);
    world.changeJob('r2', { state: 'succeeded' });
    await model.refresh();
    const changed = rows.update(rows.row(clusterNodeId(ref)));
    assert.ok(changed !== 'root');
    assert.deepEqual(
      changed.map(({ id }) => id),
      ['job:local:a:r2'],
    );
  });

  it('lists clusters, each with its workers and jobs', async () => {
    world.addCluster(ref);
    world.addJob(ref, { id: 'r1' });
    scheduler.snapshots.clear();
    await until(() => model.entry(ref)?.snapshot !== undefined);
    const row = find('cluster');
    assert.deepEqual(
      source.children(row).map((node) => node.kind),
      ['workers', 'jobs'],
    );
    assert.deepEqual(
      source.children(find('workers', row)).map((node) => node.kind),
      ['worker'],
    );
    const [job] = source.children(find('jobs', row));
    assert.ok(job?.kind === 'job' && job.job.id === 'r1');
  });

  it('says that it waits for the scheduler, and what is not there', async () => {
    world.addCluster(ref);
    await source.load();
    const row = find('cluster');
    assert.equal(find('loading', row).kind, 'loading');
    scheduler.snapshots.set('', fakeSnapshot());
    scheduler.snapshot = () => Promise.resolve(fakeSnapshot({ workers: [] }));
    await until(() => model.entry(ref)?.snapshot !== undefined);
    assert.equal(source.children(find('workers', row))[0]?.kind, 'empty');
    assert.equal(source.children(find('jobs', row))[0]?.kind, 'empty');
  });

  it('says why a scheduler does not answer', async () => {
    world.addCluster(ref);
    scheduler.failure = new Error('The connection was refused.');
    await until(() => model.entry(ref)?.unreachable !== undefined);
    const error = find('error', find('cluster'));
    assert.ok(error.kind === 'error' && error.text.length > 0);
  });

  it('says that the next run starts Dask, where it has ended and its cluster has not', async () => {
    world.addCluster(ref);
    scheduler.snapshot = () => Promise.resolve(fakeSnapshot());
    await until(() => model.entry(ref)?.snapshot !== undefined);
    scheduler.snapshot = () =>
      Promise.reject(new UserError({ code: schedulerNotRunning, what: 'Dask is not running.', next: 'Run.' }));
    await until(() => model.entry(ref)?.asleep === true);
    const row = find('cluster');
    assert.ok(row.kind === 'cluster' && row.snapshot === undefined);
    const view = render(row, 0);
    assert.equal(view.description, 'Dask is not running');
    assert.equal(view.icon, 'vm');
    assert.match(view.tooltip ?? '', /Dask is not running\. Run\./);
    const said = find('empty', row);
    assert.ok(said.kind === 'empty' && said.text === 'The next run starts Dask');
    scheduler.snapshot = () => Promise.resolve(fakeSnapshot());
    await until(() => model.entry(ref)?.snapshot !== undefined);
    assert.equal(model.entry(ref)?.asleep, undefined);
  });

  it('says that a scheduler of others is gone', async () => {
    world.addCluster({ ...ref, state: 'unreachable' });
    await source.load();
    const error = find('error', find('cluster'));
    assert.ok(error.kind === 'error' && error.text === 'The scheduler does not answer.');
  });

  it('says that a backend cannot be listed, above the clusters that can', async () => {
    world.addCluster(ref);
    await source.load();
    backend.fail('clusters', new Error('The folder cannot be read.'));
    await source.refresh();
    assert.equal(source.children(undefined)[0]?.kind, 'error');
  });

  it('tells which row changed', async () => {
    world.addCluster(ref);
    world.addJob(ref, { id: 'r1' });
    await until(() => model.entry(ref)?.snapshot !== undefined);
    const told = await new Promise<string | undefined>((resolve) => {
      const watch = source.watch((id) => {
        if (id !== undefined) {
          watch.dispose();
          resolve(id);
        }
      });
      world.finish('r1');
    });
    assert.equal(told, nodeId(find('cluster')));
  });

  it('looks at nothing and ticks for nothing when it is not watched or empty', async () => {
    await source.load();
    assert.equal(source.tick(), undefined);
    assert.equal(world.observed, false);
    const watch = source.watch(() => undefined);
    assert.equal(world.observed, true);
    watch.dispose();
    assert.equal(world.observed, false);
    const asked = scheduler.asked;
    world.addCluster(ref);
    await source.refresh();
    assert.equal(scheduler.asked, asked);
  });

  it('ticks by the second only while a job runs', async () => {
    world.addCluster(ref);
    await source.load();
    assert.equal(source.tick(), 30_000);
    world.addJob(ref, { id: 'r1' });
    await source.refresh();
    assert.equal(source.tick(), 1000);
  });

  it('opens clusters at first sight only where there are few', async () => {
    for (const id of ['a', 'b', 'c']) {
      world.addCluster({ backend: 'local', id });
    }
    await source.load();
    assert.ok(source.children(undefined).every((node) => node.kind === 'cluster' && node.expanded));
    world.addCluster({ backend: 'local', id: 'd' });
    await source.refresh();
    assert.ok(source.children(undefined).every((node) => node.kind === 'cluster' && !node.expanded));
  });

  it('leaves out clusters that have ended, but for a failure of the last day', () => {
    const now = Date.now();
    const ended: Partial<Cluster>[] = [
      { id: 'closed', state: 'closed' },
      { id: 'killed', state: 'failed', ephemeral: false, createdAt: now },
      { id: 'killed-long-ago', state: 'failed', ephemeral: false, createdAt: now - 90_000_000 },
      { id: 'of-a-run', state: 'failed', ephemeral: true, createdAt: now },
    ];
    const entries = ended.map((changes) => ({
      cluster: cluster(changes),
      jobs: [],
      snapshot: undefined,
      unreachable: undefined,
    }));
    // The fake backend does not list them at all.
    const listing = {
      loaded: true,
      problems: [],
      entries: () => entries,
      entry: () => undefined,
      refresh: () => Promise.resolve(),
      watch: () => ({ dispose: () => undefined }),
      onDidChange: () => ({ dispose: () => undefined }),
    };
    assert.deepEqual(new ClusterSource(listing).children(undefined).map(nodeId), ['cluster:local:killed']);
  });

  describe('with a filter', () => {
    const others = { backend: 'dataproc', owned: false, ephemeral: false } as const;
    const clusters: Partial<Cluster>[] = [
      { id: 'mine' },
      { id: 'attached', backend: 'address', owned: false, ephemeral: false },
      { id: 'mine-stopped', backend: 'dataproc', state: 'stopped' },
      { ...others, id: 'theirs' },
      { ...others, id: 'theirs-starting', state: 'starting' },
      { ...others, id: 'theirs-stopped', state: 'stopped' },
      { ...others, id: 'theirs-failed', state: 'failed', createdAt: 0 },
      { id: 'mine-gone', state: 'closed' },
    ];
    const listing = (listed: readonly Partial<Cluster>[]): ConstructorParameters<typeof ClusterSource>[0] => ({
      loaded: true,
      problems: [],
      entries: () =>
        listed.map((changes) => ({ cluster: cluster(changes), jobs: [], snapshot: undefined, unreachable: undefined })),
      entry: () => undefined,
      refresh: () => Promise.resolve(),
      watch: () => ({ dispose: () => undefined }),
      onDidChange: () => ({ dispose: () => undefined }),
    });
    const sourceOf = (value: ClusterFilter, listed = clusters): ClusterSource =>
      new ClusterSource(listing(listed), Date.now, undefined, {
        value,
        onDidChange: () => ({ dispose: () => undefined }),
      });
    const idsOf = (of: ClusterSource): string[] =>
      of.children(undefined).map((node) => (node.kind === 'cluster' ? node.cluster.id : node.kind));

    it('lists those of ours and those that run, unless it is told otherwise', () => {
      const ids = ['mine', 'attached', 'mine-stopped', 'theirs', 'theirs-starting'];
      assert.deepEqual(idsOf(sourceOf('usual')), ids);
      assert.deepEqual(idsOf(new ClusterSource(listing(clusters))), ids);
      assert.equal(sourceOf('usual').description(), undefined);
    });

    it('lists ours, what runs, or all that is there, and says which', () => {
      assert.deepEqual(idsOf(sourceOf('mine')), ['mine', 'attached', 'mine-stopped']);
      assert.deepEqual(idsOf(sourceOf('running')), ['mine', 'attached', 'theirs', 'theirs-starting']);
      assert.deepEqual(
        idsOf(sourceOf('all')),
        clusters.map(({ id }) => id).filter((id) => id !== 'mine-gone'),
      );
      assert.equal(sourceOf('mine').description(), 'Mine');
    });

    it('says that a list is empty for its filter', () => {
      assert.deepEqual(idsOf(sourceOf('mine', [{ ...others, id: 'theirs' }])), ['empty']);
      assert.deepEqual(idsOf(sourceOf('mine', [])), []);
    });
  });

  describe('on YARN', () => {
    const now = Date.now();
    const supplied = async (supply: Partial<WorkerSupply>, workers = [fakeWorker()]): Promise<void> => {
      world.addCluster(ref);
      scheduler.snapshot = () =>
        Promise.resolve(fakeSnapshot({ workers, supply: { pending: 0, ended: [], problem: undefined, ...supply } }));
      await until(() => model.entry(ref)?.snapshot !== undefined);
    };
    const rows = (): RowView[] =>
      source.children(find('workers', find('cluster'))).map((node) => render(node, Date.now()));
    const texts = (): string[] => rows().map(({ label, description = '' }) => `${label} ${description}`.trim());

    it('says how many workers wait, and why', async () => {
      await supplied({ pending: 3 }, []);
      const [waiting, ...others] = rows();
      assert.equal(waiting?.label, '3 workers wait for YARN');
      assert.match(waiting.tooltip ?? '', /the machines have no room/);
      assert.deepEqual(others, []);
    });

    it('lists the workers that ended unexpectedly, the newest first, and not those of a cluster that shrank', async () => {
      await supplied({
        ended: [
          endedWorker({ name: 'worker-9', kind: 'retired' }),
          endedWorker({ name: 'worker-8', kind: 'memory', at: now - 120_000 }),
          endedWorker({ name: 'worker-7', kind: 'released' }),
          endedWorker({ name: 'worker-6', kind: 'failed', exitStatus: 3, at: now - 180_000 }),
          endedWorker({ name: 'worker-5', kind: 'a new word', at: now - 3_600_000 }),
          endedWorker({ name: 'worker-4', kind: 'memory', at: now - 90_000_000 }),
        ],
      });
      assert.deepEqual(texts().slice(0, -1), [
        'worker-8 killed: out of memory · 2 min ago',
        'worker-6 failed with exit code 3 · 3 min ago',
        'worker-5 a new word · 1 h ago',
      ]);
      const tooltip = rows()[0]?.tooltip ?? '';
      assert.match(tooltip, /YARN killed it\.\n[^]*Node: cluster-w-1\nContainer: container_1\nExit status: -104/);
    });

    it('has rows for the newest of many, and names the others in one', async () => {
      await supplied({
        ended: Array.from({ length: 12 }, (_, at) => endedWorker({ name: `worker-${at}`, kind: 'preempted' })),
      });
      assert.deepEqual(
        rows().map(({ label }) => label),
        ['worker-0', 'worker-1', 'worker-2', 'worker-3', 'worker-4', '7 more ended before', 'Worker 0'],
      );
      assert.match(rows()[5]?.tooltip ?? '', /worker-5: preempted\n[^]*worker-11: preempted$/);
      assert.equal(new Set(source.children(find('workers', find('cluster'))).map(nodeId)).size, 7);
    });

    it('tells a problem at the cluster, in one sentence with the rest in its tooltip', async () => {
      const problem = 'No more workers are asked for: 3 in a row ended alike (memory). It wrote at last:\nMemoryError';
      await supplied({ problem });
      const error = render(find('error', find('cluster')), now);
      assert.equal(error.label, 'No more workers are asked for: 3 in a row ended alike (memory).');
      assert.equal(error.tooltip, problem);
      const view = render(find('cluster'), now);
      assert.equal(view.icon, 'warning');
      assert.match(view.tooltip ?? '', /No more workers are asked for/);
      assert.match(view.spoken ?? '', /with a problem$/);
    });
  });

  it('keeps workers apart by their address', async () => {
    world.addCluster(ref);
    scheduler.snapshot = () =>
      Promise.resolve(fakeSnapshot({ workers: [fakeWorker(), fakeWorker({ address: 'tcp://127.0.0.1:40002' })] }));
    await until(() => model.entry(ref)?.snapshot !== undefined);
    const rows = source.children(find('workers', find('cluster')));
    assert.equal(new Set(rows.map(nodeId)).size, 2);
  });
});

function endedWorker(changes: Partial<EndedWorker>): EndedWorker {
  return {
    ...{ name: 'worker-1', kind: 'memory', reason: 'YARN killed it.', at: Date.now() },
    ...{ node: 'cluster-w-1', container: 'container_1', exitStatus: -104, ...changes },
  };
}
