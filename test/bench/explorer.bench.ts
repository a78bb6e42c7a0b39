import { ClusterSource } from '../../src/explorer/clusterSource';
import { clusterNodeId, type ExplorerNode } from '../../src/explorer/nodes';
import { render } from '../../src/explorer/render';
import { Rows } from '../../src/explorer/rows';
import { ClusterModel } from '../../src/run/clusterModel';
import { openDask, rows } from '../e2e/screen';
import { FakeBackend } from '../fakes/fakeBackend';
import { FakeScheduler } from '../fakes/fakeScheduler';
import { FakeWorld } from '../fakes/fakeWorld';
import type { HostScope } from '../host/support/driverServer';
import { Editor } from '../host/support/editor';
import { benchmark, options, quietLogger, spread } from './benchmark';
import { writeClusters } from './clusterFolders';

const jobsEach = 10;

/** Many clusters with their jobs: what the view itself does, and what a user of a real window waits for. */
benchmark(async () => {
  const clusters = options.number('clusters', 1000, 100);
  return {
    clusters,
    jobs: clusters * jobsEach,
    model: await measureModel(clusters),
    window: await measureWindow(clusters),
    budget: { 'model.firstPaintMs': 300, 'model.rowsRepaintedForOneChangedJob': 1 },
  };
});

/**
 * Everything that the view does before VS Code draws: listing a fake backend, the model, nodes, rows and what they
 * look like. Jobs of all clusters are open.
 */
async function measureModel(clusters: number): Promise<Record<string, unknown>> {
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
    const shown = new Rows(
      (node) => source.children(node),
      (node: ExplorerNode) => JSON.stringify(render(node, Date.now())),
    );

    const start = performance.now();
    await source.load();
    const top = shown.children(undefined);
    top.forEach((row) => render(row.node, Date.now()));
    firstPaint.push(performance.now() - start);

    // Every cluster that is shown opened, its jobs too: the most that a change can touch.
    for (const row of top) {
      shown.children(row).forEach((group) => shown.children(group));
    }
    const changed = 'c' + String(clusters - 1);
    let painted = -1;
    let took = 0;
    const seen = new Promise<void>((resolve) => {
      model.onDidChange((ref) => {
        const began = performance.now();
        const row = ref === undefined ? undefined : shown.row(clusterNodeId(ref));
        const result = shown.update(row);
        took += performance.now() - began;
        painted = result === 'root' ? shown.children(undefined).length : result.length;
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
    firstPaintMs: spread(firstPaint),
    changedJobMs: spread(change),
    rowsRepaintedForOneChangedJob: spread(repainted),
  };
}

/** The real view in a real window, over as many clusters on disk: see {@link writeClusters}. */
async function measureWindow(clusters: number): Promise<Record<string, unknown>> {
  const editor = await Editor.start();
  try {
    writeClusters(editor.storage, clusters, jobsEach);
    const fromWindow: number[] = [];
    const fromClick: number[] = [];
    const fromRefresh: number[] = [];
    for (let round = 0; round < options.number('rounds', 5, 2); round++) {
      // It opens with the files; the extension begins to look for clusters by itself meanwhile.
      const { page, host } = await editor.openWindow();
      const opened = performance.now();
      const row = rows(page, 'Clusters').filter({ hasText: 'cluster ' }).first();
      await page.locator('.activitybar .action-item', { has: page.locator('a[aria-label^="Dask"]') }).waitFor();
      const clicked = performance.now();
      await openDask(page);
      await row.waitFor({ timeout: 180_000 });
      fromClick.push(performance.now() - clicked);
      fromWindow.push(performance.now() - opened);
      fromRefresh.push(
        await host.call(async ({ vscode }: HostScope) => {
          const start = performance.now();
          await vscode.commands.executeCommand('dask.refresh');
          return performance.now() - start;
        }),
      );
      // The next window opens with what this one shows.
      await host.call(({ vscode }: HostScope) => vscode.commands.executeCommand('workbench.view.explorer'));
      await page.locator('.explorer-folders-view').waitFor();
      await page.close();
    }
    return {
      rowsMs: { fromClick: spread(fromClick), fromOpenedWindow: spread(fromWindow) },
      refreshMs: spread(fromRefresh),
    };
  } finally {
    await editor.dispose();
  }
}
