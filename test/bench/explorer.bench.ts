import { ClusterSource } from '../../src/explorer/clusterSource';
import { clusterNodeId, type ExplorerNode } from '../../src/explorer/nodes';
import { render } from '../../src/explorer/render';
import { Rows } from '../../src/explorer/rows';
import { ClusterModel } from '../../src/run/clusterModel';
import { FakeBackend } from '../fakes/fakeBackend';
import { FakeScheduler } from '../fakes/fakeScheduler';
import { FakeWorld } from '../fakes/fakeWorld';
import { benchmark, options, quietLogger, spread } from './benchmark';

/**
 * Everything that the view does before VS Code draws: listing a fake backend, the model, nodes, rows and what they
 * look like. Jobs of all clusters are open. VS Code's own drawing is the same for every extension, and not in it.
 */
benchmark(async () => {
  const [clusters, jobsEach] = [options.number('clusters', 1000, 100), 10];
  const firstPaint: number[] = [];
  const change: number[] = [];
  const repainted: number[] = [];
  for (let round = 0; round < options.number('rounds', 10, 3); round++) {
    const world = new FakeWorld();
    for (let i = 0; i < clusters; i++) {
      const cluster = world.addCluster({ backend: 'local', id: `c${i}` });
      for (let j = 0; j < jobsEach; j++) {
        world.addJob(cluster, { id: `j${i}-${j}`, state: 'running' });
      }
    }
    const model = new ClusterModel([new FakeBackend(world)], new FakeScheduler(), quietLogger, { pollMs: 1e9 });
    const source = new ClusterSource(model);
    const rows = new Rows(
      (node) => source.children(node),
      (node: ExplorerNode) => JSON.stringify(render(node, Date.now())),
    );

    const start = performance.now();
    await source.load();
    const top = rows.children(undefined);
    top.forEach((row) => render(row.node, Date.now()));
    firstPaint.push(performance.now() - start);

    // Every cluster that is shown opened, its jobs too: the most that a change can touch.
    for (const row of top) {
      rows.children(row).forEach((group) => rows.children(group));
    }
    const changed = 'c' + String(clusters - 1);
    let painted = -1;
    let took = 0;
    const seen = new Promise<void>((resolve) => {
      model.onDidChange((ref) => {
        const began = performance.now();
        const row = ref === undefined ? undefined : rows.row(clusterNodeId(ref));
        const result = rows.update(row);
        took += performance.now() - began;
        painted = result === 'root' ? rows.children(undefined).length : result.length;
        resolve();
      });
    });
    const watching = model.watch();
    world.changeJob(`j${changed.slice(1)}-0`, { state: 'succeeded' });
    await seen;
    change.push(took);
    repainted.push(painted);
    watching.dispose();
    model.dispose();
  }
  return {
    clusters,
    jobs: clusters * jobsEach,
    firstPaintMs: spread(firstPaint),
    changedJobMs: spread(change),
    rowsRepaintedForOneChangedJob: spread(repainted),
    budget: { firstPaintMs: 300, rowsRepaintedForOneChangedJob: 1 },
  };
});
