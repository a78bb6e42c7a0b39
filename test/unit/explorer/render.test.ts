import assert from 'node:assert/strict';

import type { ExplorerNode } from '../../../src/explorer/nodes';
import { render } from '../../../src/explorer/render';
import type { RowView } from '../../../src/explorer/rowView';
import { cluster, job, noon, openRun, run, snapshot, worker } from './samples';

function draw(node: ExplorerNode): RowView {
  return render(node, noon);
}

function drawCluster(changes: Parameters<typeof cluster>[0], workers?: number, unreachable?: string): RowView {
  const present = workers === undefined ? undefined : snapshot(Array.from({ length: workers }, () => worker()));
  return draw({
    kind: 'cluster',
    cluster: cluster(changes),
    snapshot: present,
    unreachable,
    madeFor: undefined,
    expanded: false,
  });
}

describe('render a cluster', () => {
  it('shows workers and age while it runs', () => {
    const view = drawCluster({}, 3);
    assert.equal(view.label, 'etl.py');
    assert.equal(view.description, '3/4 workers · 12 min');
    assert.deepEqual([view.icon, view.color], ['vm-running', 'charts.green']);
    assert.equal(view.contextValue, 'cluster; owned; live; resizable;');
    assert.equal(view.spoken, 'Cluster etl.py, Running, 3/4 workers, up 12 min');
  });

  it('shows what an adaptive one has, and its range', () => {
    assert.equal(
      drawCluster({ workers: { kind: 'adaptive', minimum: 1, maximum: 8 } }, 1).description,
      '1 worker (1–8) · 12 min',
    );
  });

  it('shows what it was made for', () => {
    const node = {
      kind: 'cluster',
      cluster: cluster({ name: 'local' }),
      snapshot: undefined,
      unreachable: undefined,
    } as const;
    assert.equal(draw({ ...node, madeFor: 'etl.py', expanded: false }).description, 'etl.py · 4 workers · 12 min');
  });

  it('counts its workers', () => {
    const group = { kind: 'workers', cluster: cluster() } as const;
    assert.equal(draw({ ...group, count: 3, range: { kind: 'fixed', count: 4 } }).description, '3/4');
    assert.equal(
      draw({ ...group, count: 1, range: { kind: 'adaptive', minimum: 1, maximum: 6 } }).description,
      '1 (1–6)',
    );
    assert.equal(draw({ ...group, count: 1, range: undefined }).description, '1');
  });

  it('shows only what is known of a scheduler of others', () => {
    const changes = {
      backend: 'address',
      owned: false,
      resizable: false,
      workers: undefined,
      createdAt: undefined,
    } as const;
    const view = drawCluster(changes, 2);
    assert.equal(view.description, '2 workers');
    assert.equal(view.icon, 'vm-connect');
    assert.equal(view.contextValue, 'cluster; attached; live;');
    assert.match(view.tooltip ?? '', /never shut down from here/);
  });

  it('marks a cluster of others, and says where it is and whose', () => {
    const place = { project: 'my-project', region: 'europe-west1' };
    const others = cluster({
      backend: 'dataproc',
      name: 'nightly',
      owned: false,
      ephemeral: false,
      place,
      owner: 'ann',
    });
    const node = { kind: 'cluster', cluster: others, snapshot: undefined, unreachable: undefined } as const;
    const view = render({ ...node, madeFor: undefined, account: 'me@example.com', expanded: false }, noon);
    assert.match(view.description ?? '', /^ann · my-project, europe-west1 · /);
    assert.match(view.tooltip ?? '', /Made by: ann\nGoogle account: me@example\.com/);
    assert.match(view.contextValue, / others;/);
    assert.doesNotMatch(view.contextValue, / owned;/);
    const machinesAlone = { ...others, resizable: false, machinesResizable: true };
    const resizable = render({ ...node, cluster: machinesAlone, madeFor: undefined, expanded: false }, noon);
    assert.match(resizable.contextValue, / resizable;/);
    const unknown = { ...others };
    delete unknown.owner;
    const unnamed = render({ ...node, cluster: unknown, madeFor: undefined, expanded: false }, noon);
    assert.match(unnamed.description ?? '', /^of others · /);
  });

  it('names the stage of a start', () => {
    const view = drawCluster({ state: 'starting', stage: 'workers' });
    assert.equal(view.description, 'Starting workers');
    assert.equal(view.icon, 'loading~spin');
    assert.equal(view.collapsible, 'collapsed');
    assert.equal(drawCluster({ state: 'failed' }).collapsible, undefined);
    assert.equal(view.contextValue, 'cluster; owned; resizable;');
  });

  it('lets a cluster that failed be taken off the list, not shut down', () => {
    assert.equal(drawCluster({ state: 'failed', resizable: false }).contextValue, 'cluster; failed;');
    assert.equal(drawCluster({ state: 'failed', resizable: false, owned: false }).contextValue, 'cluster;');
  });

  it('says that a scheduler does not answer, and why', () => {
    const view = drawCluster({}, 3, 'The connection was refused.');
    assert.equal(view.description, 'Not answering');
    assert.equal(view.icon, 'warning');
    assert.match(view.tooltip ?? '', /The connection was refused\./);
  });

  it('cannot be shut down twice', () => {
    for (const state of ['closing', 'closed'] as const) {
      assert.doesNotMatch(drawCluster({ state }).contextValue, /owned/);
    }
  });

  it('does not change from second to second', () => {
    const node: ExplorerNode = {
      kind: 'cluster',
      cluster: cluster(),
      snapshot: undefined,
      unreachable: undefined,
      madeFor: undefined,
      expanded: false,
    };
    assert.deepEqual(render(node, noon), render(node, noon + 40_000));
    assert.notDeepEqual(render(node, noon), render(node, noon + 60_000));
  });
});

describe('render a worker', () => {
  it('shows threads, memory of its limit, and running tasks', () => {
    const view = draw({ kind: 'worker', cluster: cluster(), worker: worker() });
    assert.equal(view.label, 'Worker 0');
    assert.equal(view.description, '1 running · 512 MiB of 4 GiB · 2 threads');
    assert.equal(view.color, 'charts.green');
  });

  it('rounds memory, so that a row is not painted again for nothing', () => {
    const shown = (memoryUsed: number): string =>
      draw({ kind: 'worker', cluster: cluster(), worker: worker({ memoryUsed, memoryLimit: 0 }) }).description ?? '';
    assert.match(shown(0), /· 0 B ·/);
    assert.match(shown(900 * 1024), /· 900 KiB ·/);
    assert.match(shown(123.4 * 1024 ** 2), /· 123 MiB ·/);
    assert.match(shown(1.26 * 1024 ** 3), /· 1.3 GiB ·/);
    assert.match(shown(64 * 1024 ** 3), /· 64 GiB ·/);
  });

  it('leaves out what is not there', () => {
    const view = draw({
      kind: 'worker',
      cluster: cluster(),
      worker: worker({ memoryLimit: 0, executing: 0, nthreads: 1 }),
    });
    assert.equal(view.description, '512 MiB · 1 thread');
    assert.equal(view.color, undefined);
  });

  it('shows a state that keeps it from working', () => {
    const view = draw({ kind: 'worker', cluster: cluster(), worker: worker({ status: 'closing_gracefully' }) });
    assert.match(view.description ?? '', /^closing gracefully · /);
    assert.equal(view.color, 'list.warningForeground');
  });

  it('is named by its host and port where its name is its address', () => {
    const address = 'tcp://10.0.0.5:4001';
    assert.equal(
      draw({ kind: 'worker', cluster: cluster(), worker: worker({ name: address, address }) }).label,
      '10.0.0.5:4001',
    );
  });
});

describe('render a run', () => {
  it('shows how long it took, and its profile', () => {
    const view = draw({ kind: 'run', run: run() });
    assert.equal(view.description, '11:59 · 12 s · local');
    assert.equal(view.icon, 'pass');
    assert.equal(view.contextValue, 'run; over; file;');
    assert.equal(view.opens, 'dask.run.showLogs');
  });

  it('shows the arguments that tell it from others of its file, as far as there is room', () => {
    const request = { ...run().request, args: ['--year', '2024', 'two\nlines'] };
    assert.equal(
      draw({ kind: 'run', run: run({ request }) }).description,
      '11:59 · 12 s · local · --year 2024 two lines',
    );
    const long = draw({ kind: 'run', run: openRun({ request: { ...request, args: ['x'.repeat(500)] } }) });
    assert.match(long.description ?? '', /^Preparing · 1 min · local · x{59}…$/);
  });

  it('tells the time of its script beside the whole', () => {
    const late = draw({ kind: 'run', run: run({ startedAt: noon - 58_000 }) });
    assert.equal(late.description, '11:59 · 12 s · local');
    assert.match(late.tooltip ?? '', /^Took: 12 s, its script 10 s$/m);
  });

  it('says how it failed', () => {
    assert.equal(
      draw({ kind: 'run', run: run({ state: 'failed', exitCode: 1 }) }).description,
      'Failed · 11:59 · 12 s · local',
    );
    assert.equal(
      draw({ kind: 'run', run: run({ state: 'failed', exitCode: 3 }) }).description,
      'Failed with exit code 3 · 11:59 · 12 s · local',
    );
    const killed = run({ state: 'failed', signal: 'SIGKILL' });
    assert.equal(draw({ kind: 'run', run: killed }).description, 'Ended by SIGKILL · 11:59 · 12 s · local');
  });

  it('shows the stage before it runs, and the seconds while it does', () => {
    assert.equal(
      draw({ kind: 'run', run: openRun({ progress: 'Starting 4 workers' }) }).description,
      'Starting 4 workers · 1 min · local',
    );
    const running = draw({ kind: 'run', run: openRun({ state: 'running', startedAt: noon - 5000 }) });
    assert.equal(running.description, '1 min · local', 'the clock goes on from the click');
    assert.equal(running.contextValue, 'run; active; file;');
  });

  it('names the other machine that has it, and moves nothing', () => {
    const there = draw({ kind: 'run', run: openRun({ state: 'running', startedAt: noon - 5000, host: 'node-b' }) });
    assert.deepEqual([there.label, there.description, there.icon], ['etl.py on node-b', 'Running · local', 'sync']);
  });

  it('says nothing of the time of a run that never began', () => {
    const never = openRun({ state: 'failed', endedAt: noon, released: true });
    assert.equal(draw({ kind: 'run', run: never }).description, 'Failed · 11:59 · local');
  });

  it('says while its cluster is released', () => {
    assert.equal(
      draw({ kind: 'run', run: run({ released: false }) }).description,
      '11:59 · 12 s · local · releasing its cluster',
    );
  });

  it('offers a report only where there is one', () => {
    assert.equal(draw({ kind: 'run', run: run({ report: '/r.html' }) }).contextValue, 'run; over; file; report;');
  });

  it('says in its tooltip what the script had left running', () => {
    const tooltip = (leftOver: number): string => draw({ kind: 'run', run: run({ leftOver }) }).tooltip ?? '';
    assert.match(tooltip(3), /^3 processes that the script left running were ended\.$/m);
    assert.match(tooltip(1), /^1 process that the script left running was ended\.$/m);
    assert.doesNotMatch(draw({ kind: 'run', run: run() }).tooltip ?? '', /left running/);
  });

  it('says in its tooltip why there is no report', () => {
    const reportMissing = 'There is no performance report: the cluster had ended before.';
    assert.ok(
      draw({ kind: 'run', run: run({ reportMissing }) })
        .tooltip?.split('\n')
        .includes(reportMissing),
    );
  });

  it('says the error in its tooltip', () => {
    const view = draw({ kind: 'run', run: run({ state: 'failed', error: { code: 'x', message: 'ValueError: no.' } }) });
    assert.match(view.tooltip ?? '', /ValueError: no\./);
  });
});

describe('render the rest', () => {
  it('names days', () => {
    const start = new Date(2026, 10, 24).getTime();
    assert.equal(draw({ kind: 'day', start, count: 1, partial: false, expanded: true }).label, 'Today');
    assert.equal(draw({ kind: 'day', start, count: 1, partial: false, expanded: true }).description, '1 run');
    assert.equal(draw({ kind: 'day', start, count: 60, partial: true, expanded: true }).description, '60+ runs');
    assert.equal(
      draw({ kind: 'day', start: new Date(2026, 10, 23).getTime(), count: 2, partial: false, expanded: true }).label,
      'Yesterday',
    );
    assert.equal(
      draw({ kind: 'day', start: new Date(2026, 9, 1).getTime(), count: 2, partial: false, expanded: true }).label,
      '2026-10-01',
    );
  });

  it('shows jobs with their state and when they began', () => {
    const view = draw({ kind: 'job', job: job() });
    assert.equal(view.description, 'Running since 11:59');
    assert.equal(view.contextValue, 'job; active;');
    const theirs = draw({ kind: 'job', job: job({ owner: 'jane.doe@example.com' }) });
    assert.equal(theirs.description, 'Running since 11:59 · jane.doe');
    assert.match(theirs.tooltip ?? '', /Submitted by: jane\.doe@example\.com/);
    assert.equal(draw({ kind: 'job', job: job({ state: 'succeeded', endedAt: noon }) }).contextValue, 'job; over;');
  });

  it('offers more', () => {
    const view = draw({ kind: 'more', parent: 'root', shown: 200, remaining: 800 });
    assert.deepEqual([view.label, view.description, view.opens], ['Show More', '800 more', 'more']);
  });
});
