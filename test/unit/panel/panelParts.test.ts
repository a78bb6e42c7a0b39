import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster, SchedulerEndpoint } from '../../../src/core/cluster';
import { UserError } from '../../../src/core/errors';
import type { RunRecord } from '../../../src/core/run';
import { DashboardFrames } from '../../../src/panel/dashboardFrames';
import { LayoutStore } from '../../../src/panel/layoutStore';
import { LogViewStore } from '../../../src/panel/logViewStore';
import { findLinkTarget } from '../../../src/panel/log/linkTarget';
import { panelHtml } from '../../../src/panel/panelHtml';
import {
  describeCluster,
  describePanel,
  describeRun,
  describeSources,
  locateSource,
} from '../../../src/panel/panelState';
import type { PanelDashboard } from '../../../src/protocol/panelState';
import { defaultLayout } from '../../../src/protocol/layout';
import { newLogView } from '../../../src/protocol/logView';
import { RecordingLogger } from '../../fakes/recordingLogger';
import { until, withFolder } from './tempFolder';

const ref = { backend: 'local', id: 'c1' } as const;

const run: RunRecord = {
  id: 'r1',
  request: { target: { kind: 'file', path: '/code/etl.py' }, profile: 'local', args: [], environment: {} },
  name: 'etl.py',
  state: 'succeeded',
  folder: '/runs/r1',
  createdAt: 0,
  released: true,
  clusterEndReason: 'Its run has ended.',
};

const cluster: Cluster = {
  ...ref,
  name: 'local',
  profile: 'local',
  state: 'running',
  createdAt: 0,
  workers: undefined,
  ephemeral: true,
  owned: true,
  resizable: true,
};

class Memento {
  values = new Map<string, unknown>();

  get(key: string): unknown {
    return this.values.get(key);
  }

  update(key: string, value: unknown): Promise<void> {
    this.values.set(key, JSON.parse(JSON.stringify(value)));
    return Promise.resolve();
  }
}

describe('What a panel is told', () => {
  it('says what a script had left running', () => {
    assert.equal(describeRun(run).note, undefined);
    assert.equal(describeRun({ ...run, leftOver: 1 }).note, '1 process that the script left running was ended.');
    assert.match(describeRun({ ...run, leftOver: 3 }).note ?? '', /^3 processes .* were ended\.$/);
  });

  it('says why there is no report, where its button would be', () => {
    const reportMissing = 'There is no performance report: Bokeh is not installed.';
    const { note, report } = describeRun({ ...run, reportMissing });
    assert.deepEqual([note, report], [reportMissing, false]);
    const both = describeRun({ ...run, leftOver: 1, reportMissing }).note;
    assert.equal(both, `1 process that the script left running was ended. ${reportMissing}`);
  });

  it('knows a cluster that is gone by its last run', () => {
    const known = { ...run, cluster: { ...ref, name: 'big', reused: false } };
    assert.deepEqual(describeCluster(ref, undefined, [known]), {
      ...ref,
      title: 'big · etl.py',
      state: 'gone',
      endReason: 'Its run has ended.',
    });
  });

  it('takes a cluster that is not known yet for one that starts, while its run is under way', () => {
    assert.equal(describeCluster(ref, undefined, [{ ...run, state: 'preparing' }]).state, 'starting');
    assert.equal(describeCluster(ref, undefined, []).state, 'gone');
  });

  it('takes a cluster that is not known for one that starts, until the backends have answered', () => {
    const parts = {
      ref,
      cluster: undefined,
      runs: [],
      logs: [],
      listing: true,
      dashboard: { kind: 'starting' as const },
    };
    const starting = describePanel({ ...parts, settling: true });
    assert.deepEqual([starting.cluster.state, starting.dashboard.kind], ['starting', 'starting']);
    const gone = describePanel({ ...parts, settling: false });
    assert.deepEqual([gone.cluster.state, gone.dashboard], ['gone', { kind: 'ended', report: false }]);
  });

  it('shows no dashboard of a cluster that is over, but says whether a run left a report', () => {
    const parts = { ref, logs: [], listing: false, settling: false, dashboard: { kind: 'starting' as const } };
    const dashboard = (state: Cluster['state'], runs: RunRecord[]): PanelDashboard =>
      describePanel({ ...parts, cluster: { ...cluster, state }, runs }).dashboard;
    assert.deepEqual(dashboard('closed', [run]), { kind: 'ended', report: false });
    assert.deepEqual(dashboard('failed', [run, { ...run, report: '/runs/r1/report.html' }]), {
      kind: 'ended',
      report: true,
    });
    assert.deepEqual(dashboard('closing', [run]), { kind: 'starting' });
  });

  it('names the file that a cluster was made for, so that panels of one profile can be told apart', () => {
    const title = (...args: [Cluster | undefined, RunRecord[]]): string => describeCluster(ref, ...args).title;
    const own = { ...run, cluster: { ...ref, name: 'big', reused: false } };
    const kept = { ...cluster, ephemeral: false };
    assert.equal(title({ ...cluster, runId: 'r1' }, [own]), 'local · etl.py');
    assert.equal(title({ ...cluster, runId: 'r0' }, [own]), 'local', 'its run was deleted');
    assert.equal(title({ ...kept, runId: 'r1' }, [own]), 'local');
    assert.equal(title(cluster, []), 'local');
    assert.equal(title(undefined, [own, { ...own, id: 'r2' }]), 'big', 'gone, and used by several');
    assert.equal(title(undefined, [{ ...run, cluster: { ...ref, name: 'big', reused: true } }]), 'big');
    assert.equal(title(undefined, []), 'c1');
  });

  it('lists runs first, and tells those of the same file apart', () => {
    const sources = describeSources(
      [run, { ...run, id: 'r2', createdAt: 3_600_000 }, { ...run, id: 'r3', name: 'other.py' }],
      [{ id: 'scheduler', label: 'Scheduler', path: '/l/scheduler.log' }],
    );
    assert.deepEqual(
      sources.map(({ id }) => id),
      ['run:r1', 'run:r2', 'run:r3', 'scheduler'],
    );
    assert.equal(new Set(sources.map(({ label }) => label)).size, 4);
    assert.equal(sources[2]?.label, 'other.py');
  });

  it('finds each log on disk', () => {
    const logs = [{ id: 'worker-0', label: 'Worker 0', path: '/l/worker-0.log' }];
    const { local, ...location } = locateSource('run:r1', [{ ...run, codeRoot: '/work' }], logs) ?? {};
    assert.deepEqual(location, {
      path: join('/runs/r1', 'output.log'),
      fileName: 'etl.log',
      directories: ['/code'],
      scripts: ['/code/etl.py'],
    });
    const master = '/opt/dask-runner/jobs/r1/code/jobs/etl.py';
    assert.deepEqual(local?.(master), ['/work/jobs/etl.py']);
    const worker = `/yarn/dask-worker-space/x/code/${'0123'.repeat(16)}/jobs/etl.py`;
    assert.deepEqual(local(worker), ['/work/jobs/etl.py']);
    assert.deepEqual(locateSource('worker-0', [{ ...run, codeRoot: '/work' }], logs)?.local?.(worker), [
      '/work/jobs/etl.py',
    ]);
    const others = ['/opt/dask-runner/jobs/r2/code/a.py', '/opt/dask-runner/jobs/r1/code/../../x.py', '/usr/code/a.py'];
    assert.deepEqual(others.flatMap(local), []);
    assert.equal(locateSource('worker-0', [run], logs)?.path, '/l/worker-0.log');
    assert.equal(locateSource('run:none', [run], logs), undefined);
    assert.equal(locateSource('worker-9', [run], logs), undefined);
  });
});

describe('The page of a panel', () => {
  it('loads our own files and frames of one place, and nothing else', () => {
    const html = panelHtml({
      source: 'vscode-resource:',
      script: 's.js',
      style: 's.css',
      frames: 'http://127.0.0.1:5/',
    });
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? '';
    const nonce = /<script nonce="([^"]+)"/.exec(html)?.[1] ?? 'none';
    assert.deepEqual(policy.split('; '), [
      `default-src 'none'`,
      `script-src 'nonce-${nonce}'`,
      'style-src vscode-resource:',
      'font-src vscode-resource:',
      'frame-src http://127.0.0.1:5/',
    ]);
    assert.match(panelHtml({ source: 'x', script: 's', style: 's' }), /frame-src 'none'/);
    assert.notEqual(nonce, /<script nonce="([^"]+)"/.exec(panelHtml({ source: 'x', script: 's', style: 's' }))?.[1]);
  });
});

describe('Saved layouts', () => {
  const log = { root: { kind: 'tile', tile: { kind: 'log', id: 'log' } } } as const;

  it('are kept for each cluster, and the last for new ones', async () => {
    const store = new LayoutStore(new Memento());
    assert.deepEqual(store.load(ref), defaultLayout);
    await store.save(ref, log);
    await store.save({ ...ref, id: 'c2' }, defaultLayout);
    assert.deepEqual(store.load(ref), log);
    assert.deepEqual(store.load({ ...ref, id: 'c3' }), defaultLayout);
  });

  it('are forgotten, the oldest first, and ignored when they are damaged', async () => {
    const memento = new Memento();
    const store = new LayoutStore(memento);
    await store.save(ref, log);
    for (let number = 0; number < 60; number += 1) {
      await store.save({ ...ref, id: `x${number}` }, defaultLayout);
    }
    assert.deepEqual(store.load(ref), defaultLayout);
    assert.ok(JSON.stringify([...memento.values]).length < 50_000);
    memento.values.set('panel.layouts', { last: 7, clusters: { 'local:c1': { root: 'x' } } });
    assert.deepEqual(store.load(ref), defaultLayout);
  });
});

describe('How logs were left', () => {
  const view = { ...newLogView, source: 'run:r1', line: 1_200, follow: false };

  it('is known at once, and after a reload', () => {
    const memento = new Memento();
    const store = new LogViewStore(memento);
    store.keep(ref, 'log', view);
    store.keep(ref, 'log-2', newLogView);
    store.keep({ ...ref, id: 'c2' }, 'log', newLogView);
    const expected = { log: view, 'log-2': newLogView };
    assert.deepEqual(store.load(ref), expected);
    store.dispose();
    assert.deepEqual(new LogViewStore(memento).load(ref), expected);
  });

  it('is written without an end too, as windows may be killed', async () => {
    const memento = new Memento();
    const store = new LogViewStore(memento);
    store.keep(ref, 'log', { ...view, line: 1 });
    store.keep(ref, 'log', view);
    await until('a write', () => memento.values.size > 0);
    assert.deepEqual(new LogViewStore(memento).load(ref), { log: view });
  });

  it('is forgotten of clusters seen longest ago, and ignored when it is damaged', () => {
    const memento = new Memento();
    const store = new LogViewStore(memento);
    for (let number = 0; number < 60; number += 1) {
      store.keep({ ...ref, id: `x${number}` }, 'log', view);
      store.keep({ ...ref, id: 'x0' }, 'log', view);
    }
    store.dispose();
    assert.deepEqual(store.load({ ...ref, id: 'x0' }), { log: view });
    assert.deepEqual(store.load({ ...ref, id: 'x5' }), {});
    assert.ok(JSON.stringify([...memento.values]).length < 50_000);
    memento.values.set('panel.logs', { 'local:c1': { log: 7 }, 'local:c2': 'x' });
    assert.deepEqual(new LogViewStore(memento).load(ref), { log: newLogView });
  });
});

describe('Files that a log names', () => {
  it('are looked for in each directory in turn, and must be files', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'a.py'), '');
      assert.equal(await findLinkTarget('a.py', ['/nowhere', folder]), join(folder, 'a.py'));
      assert.equal(await findLinkTarget(join(folder, 'a.py'), []), join(folder, 'a.py'));
      assert.equal(await findLinkTarget('b.py', [folder]), undefined);
      assert.equal(await findLinkTarget('.', [folder]), undefined);
    });
  });
});

describe('The way to a dashboard', () => {
  const endpoint: SchedulerEndpoint = {
    address: 'tcp://127.0.0.1:1',
    httpUrl: 'http://127.0.0.1:2/p',
    dashboard: true,
  };

  class World {
    endpoint = endpoint;
    failure: Error | undefined;
    noPort: Error | undefined;
    opened = 0;
    disposed = 0;
    hosts: string[] = [];
    readonly frames = new DashboardFrames({
      ref,
      backends: { scheduler: () => Promise.resolve(this.endpoint), logs: () => Promise.resolve([]) },
      dashboards: {
        listen: () => (this.noPort ? Promise.reject(this.noPort) : Promise.resolve(4001)),
        allowHost: (host: string) => this.hosts.push(host),
        open: () => {
          this.opened += 1;
          return Promise.resolve({ port: 4001, secret: 'SECRET', dispose: () => (this.disposed += 1) });
        },
      },
      schedulerClient: {
        snapshot: () => Promise.reject(new Error('Not asked for')),
        plots: () =>
          this.failure ? Promise.reject(this.failure) : Promise.resolve([{ path: 'individual-cpu', title: 'CPU' }]),
      },
      external: (port) =>
        Promise.resolve({ origin: 'https://editor.example', authority: 'editor.example', path: `/proxy/${port}` }),
      log: new RecordingLogger(),
    });
  }

  it('is opened when the cluster runs, once, and closed when it has ended', async () => {
    const world = new World();
    world.frames.update({ ...cluster, state: 'starting' });
    assert.deepEqual([world.frames.state, world.opened], [{ kind: 'starting' }, 0]);
    world.frames.update(cluster);
    world.frames.update(cluster);
    await until('ready', () => world.frames.state.kind === 'ready');
    world.frames.update(cluster);
    assert.deepEqual(world.frames.state, {
      kind: 'ready',
      base: 'https://editor.example/proxy/4001/SECRET/',
      version: 1,
      plots: [{ path: 'individual-cpu', title: 'CPU' }],
    });
    assert.equal(world.frames.frames, 'https://editor.example/proxy/4001/');
    assert.equal(world.frames.address('status'), 'https://editor.example/proxy/4001/SECRET/status');
    assert.deepEqual([world.opened, world.hosts], [1, ['editor.example']]);
    world.frames.update({ ...cluster, state: 'closed' });
    assert.equal(world.disposed, 1);
  });

  it('is where the page may frame from before there is a cluster', async () => {
    const world = new World();
    await world.frames.prepare();
    const { frames } = world.frames;
    world.frames.update(cluster);
    await until('ready', () => world.frames.state.kind === 'ready');
    world.frames.update({ ...cluster, state: 'closed' });
    assert.deepEqual([frames, world.frames.frames], Array(2).fill('https://editor.example/proxy/4001/'));
  });

  it('is asked for again where there was no port for it', async () => {
    const world = new World();
    world.noPort = new Error('no port is free');
    await world.frames.prepare();
    world.frames.update(cluster);
    await until('failure', () => world.frames.state.kind === 'failed');
    assert.deepEqual(world.frames.state, {
      kind: 'failed',
      message: 'The dashboard could not be opened. no port is free',
    });
    world.noPort = undefined;
    world.frames.retry();
    await until('ready', () => world.frames.state.kind === 'ready');
  });

  it('says what is missing: a dashboard, or bokeh', async () => {
    const world = new World();
    world.endpoint = { ...endpoint, httpUrl: undefined };
    world.frames.update(cluster);
    await until('an answer', () => world.frames.state.kind === 'noPlots');
    world.endpoint = { ...endpoint, dashboard: false };
    world.frames.retry();
    await until('bokeh', () => world.frames.state.kind === 'noPlots' && /bokeh/.test(world.frames.state.message));
    assert.equal(world.opened, 0);
  });

  it('says why it failed, and can be tried again', async () => {
    const world = new World();
    world.failure = new UserError({ code: 'x', what: 'The scheduler is busy.', next: 'Wait.' });
    world.frames.update(cluster);
    await until('failure', () => world.frames.state.kind === 'failed');
    assert.deepEqual(world.frames.state, { kind: 'failed', message: 'The scheduler is busy. Wait.' });
    world.frames.update(cluster);
    assert.equal(world.frames.state.kind, 'failed', 'not tried again by itself');
    world.failure = undefined;
    world.frames.retry();
    await until('ready', () => world.frames.state.kind === 'ready');
  });

  it('is found again when a scheduler answers again', async () => {
    const world = new World();
    world.frames.update(cluster);
    await until('ready', () => world.frames.state.kind === 'ready');
    world.frames.update({ ...cluster, state: 'unreachable' });
    assert.ok(world.frames.state.kind === 'failed' && /does not answer/.test(world.frames.state.message));
    assert.equal(world.disposed, 1);
    world.frames.update(cluster);
    await until('ready again', () => world.frames.state.kind === 'ready');
    const error = { code: 'schedulerNotRunning', message: 'The next run starts it again.' };
    world.frames.update({ ...cluster, state: 'unreachable', error });
    assert.deepEqual(world.frames.state, { kind: 'failed', message: error.message });
  });
});
