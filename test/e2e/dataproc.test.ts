import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import type { HostScope } from '../host/support/driverServer';
import { Editor, type EditorWindow } from '../host/support/editor';
import { dialog, enter, notifications, question } from '../host/windows/asking';
import { ended, outputOf, startRun, until, writeScript } from '../host/windows/product';
import { cloudRecords, EmulatedCloud } from './emulatedCloud';
import { PageTraffic } from './pageTraffic';
import { plotState, type PlotState } from './plots';
import {
  chooseInExplorer,
  openDask,
  openExplorer,
  panelFrame,
  panelShows,
  plotFrame,
  rows,
  screenshot,
} from './screen';

/** Counts tasks that workers do, until a file is there; then ends with a sum. */
const live = (gate: string): string => `import os
import time

from dask.distributed import Client

import numbers_of_mine


if __name__ == "__main__":
    with Client() as client:
        print("ready", client.submit(abs, -1).result(), "ä€😀", flush=True)
        batch = 0
        while not os.path.exists(${JSON.stringify(gate)}):
            total = sum(client.gather(client.map(numbers_of_mine.slow, range(batch * 20, batch * 20 + 20))))
            print("batch", batch, total, flush=True)
            batch += 1
        print("batches", batch)
`;

const helper = `import time


def slow(number):
    time.sleep(0.05)
    return number
`;

/** What \`live\` prints. */
function liveOutput(batches: number): string {
  const batch = (index: number): number =>
    Array.from({ length: 20 }, (_, at) => index * 20 + at).reduce((a, b) => a + b);
  const lines = Array.from({ length: batches }, (_, index) => `batch ${index} ${batch(index)}\n`);
  return `ready 1 ä€😀\n${lines.join('')}batches ${batches}\n`;
}

/** Wants many workers until a file is there, then none until another one is, and fails on its line 17. */
const growing = (enough: string, go: string): string => `import os
import time

from dask.distributed import Client

if __name__ == "__main__":
    with Client() as client:
        print("grows", flush=True)
        futures = client.map(time.sleep, [2] * 1000, pure=False)
        while not os.path.exists(${JSON.stringify(enough)}):
            time.sleep(0.05)
        client.cancel(futures)
        print("enough", flush=True)
        while not os.path.exists(${JSON.stringify(go)}):
            time.sleep(0.05)
    print("fails", flush=True)
    raise ValueError("no such month")
`;

interface Settings {
  'dask.profiles': Record<string, unknown>;
}

describe('Runs on an emulated Google Cloud', () => {
  let cloud: EmulatedCloud;
  let editor: Editor;
  let window: EditorWindow;
  let traffic: PageTraffic;
  const gate = (name: string): string => path.join(editor.home, name);

  const settingsFile = (): string => path.join(editor.home, 'user-data', 'User', 'settings.json');

  before(async function () {
    this.timeout(240_000);
    cloud = await EmulatedCloud.start();
    const profiles = {
      cloud: cloud.profile,
      elastic: {
        ...cloud.profile,
        askFirst: false,
        workers: { minimum: 1, maximum: 6 },
        threadsPerWorker: 1,
        memoryLimit: '4GiB',
        scaling: { minimum: 2, maximum: 3, gracefulDecommission: 0 },
      },
    };
    editor = await Editor.start({
      env: cloud.env,
      settings: { 'dask.profiles': profiles, 'dask.defaultProfile': 'cloud' },
    });
    const written = readFileSync(settingsFile(), 'utf8');
    writeFileSync(settingsFile(), written.replace('"cloud": {', '// Of the team.\n"cloud": {'));
    writeScript(editor, 'live.py', live(gate('live')));
    writeScript(editor, 'numbers_of_mine.py', helper);
    writeScript(editor, '.env', 'KEY=canary-of-dot-env\n');
    window = await editor.openWindow();
    window.page.setDefaultTimeout(60_000);
    traffic = new PageTraffic(window.page);
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      await editor.keepPictures('dataproc');
    }
  });
  after(async () => {
    await editor.dispose();
    await cloud.stop();
  });

  const run = (name: string): Locator => rows(window.page, 'Runs').filter({ hasText: name }).first();
  const row = (text: string | RegExp): Locator => rows(window.page, 'Clusters').filter({ hasText: text }).first();

  it('says what it will send, make and delete before anything is done', async () => {
    const { page } = window;
    await openExplorer(page);
    await chooseInExplorer(page, 'live.py', 'Run on Dask');
    const asked = await dialog(page);
    await screenshot(page, 'cloud-receipt');
    const parts = [
      /Run live\.py on Google Cloud\?/,
      /Uploads 2 files, [\d.,]+ k?B: live\.py, numbers_of_mine\.py\./i,
      /1 master n2-standard-4, 2 workers n2-standard-4/,
      /Deletes the cluster when the run has ended\./,
    ];
    for (const part of parts) {
      assert.match(asked.text, part);
    }
    assert.deepEqual(await cloud.clusters(), []);
    assert.equal(await cloud.calls('ClusterController.CreateCluster'), 0);
    await asked.press('Run, and Do Not Ask Again');
    await until('the profile to say so', () =>
      /"askFirst": false/.test(readFileSync(settingsFile(), 'utf8').split('"elastic"')[0] ?? ''),
    );
    assert.match(readFileSync(settingsFile(), 'utf8'), /Of the team\./);
  });

  it('tells each stage of the start', async () => {
    const { page } = window;
    await openDask(page);
    const status = page.locator('.statusbar-item', { hasText: 'live.py' });
    const stages = new Set<string>();
    await until('the script to run', async () => {
      const text = (await status.allInnerTexts().catch(() => []))[0] ?? '';
      const stage = /live\.py [\d.]+ s · (.*)/s.exec(text.replaceAll('\u00a0', ' '))?.[1]?.trim();
      if (stage !== undefined && !stages.has(stage)) {
        stages.add(stage);
        if (stages.size === 3) {
          await screenshot(page, 'cloud-starting');
        }
      }
      return outputOf(editor, (await lastRun()) ?? '').includes('ready');
    });
    const seen = [...stages].join('\n');
    assert.match(seen, /Starting the cluster: (asking for )?machines in europe-west1/, seen);
    // What the machines themselves say of their initialization.
    assert.match(seen, /Starting the cluster: .*(environment|dask_runner|the scheduler|this machine is ready)/, seen);
    assert.ok(stages.size > 3, seen);
  });

  it('shows the output while the script runs', async () => {
    await panelShows(window.page, /batch \d+ \d+/);
    assert.ok(!existsSync(gate('live')));
  });

  it('moves the plots of the dashboard through the gateway', async () => {
    await plotsMove('individual-task-stream', 'individual-progress');
  });

  it('lists its cluster, the workers and the job', async () => {
    await row('cloud').filter({ hasText: 'live.py' }).filter({ hasText: '2/2 workers' }).waitFor();
    await row(/^Workers.*2\/2 on 2 machines/s).waitFor();
    await row(/GiB.*2 threads/s).waitFor();
    await rows(window.page, 'Clusters')
      .filter({ hasText: /live\.py.*Running/s })
      .filter({ hasNotText: 'workers' })
      .first()
      .waitFor();
  });

  it('goes on in another theme', async () => {
    const { page, host } = window;
    await host.call(async ({ vscode }: HostScope) => {
      const target = vscode.ConfigurationTarget.Global;
      await vscode.workspace.getConfiguration().update('workbench.colorTheme', 'Default High Contrast', target);
      return true;
    });
    await page.locator('.monaco-workbench.hc-black').waitFor();
    await plotsMove('individual-progress');
    await screenshot(page, 'cloud-high-contrast');
  });

  it('gives no token, and no secret of the cluster, to a page', async () => {
    const [record] = cloudRecords(editor);
    assert.match(record?.httpSecret ?? '', /^\w{40,}$/);
    assert.ok(
      traffic.urls.some((url) => url.includes('/individual-task-stream/ws')),
      'its WebSocket was seen',
    );
    assert.deepEqual(await traffic.places(/ya29\.|proxy-authorization/i), []);
    assert.deepEqual(await traffic.places(new RegExp(record!.httpSecret)), []);
    assert.deepEqual(await traffic.places(/canary-of-dot-env/), []);
  });

  it('keeps the output whole and the report, and leaves no cluster', async () => {
    writeFileSync(gate('live'), '');
    const id = (await lastRun())!;
    const record = await ended(window.host, id);
    assert.equal(record.state, 'succeeded', record.error?.message);
    const output = outputOf(editor, id);
    const batches = Number(/^batches (\d+)$/m.exec(output)?.[1]);
    assert.equal(output, liveOutput(batches));
    assert.match(readFileSync(record.report ?? '', 'utf8'), /<html/i);
    assert.deepEqual(await cloud.clusters(), []);
    await panelShows(window.page, /batches \d+/);
    const panel = await panelFrame(window.page);
    await panel.locator('.panel-note', { hasText: 'The cluster ended with its run.' }).waitFor();
    await run('live.py').locator('.codicon-pass').waitFor();
    await row('cloud').waitFor({ state: 'detached' });
    assert.equal(record.clusterEndReason, 'The run of live.py ended.');
    await screenshot(window.page, 'cloud-ended');
    assert.deepEqual(await notifications(window), []);
  });

  it('is asked no more, and survives a reload while the cluster starts and another one in the middle of the run', async () => {
    writeScript(editor, 'again.py', live(gate('again')));
    const before = cloudRecords(editor).length;
    const id = await startRun(window.host, path.join(editor.workspace, 'again.py'));
    await until('the cluster to be created', async () => (await cloud.clusters()).length === 1);
    window = await editor.reload(window);
    await until('batches', () => outputOf(editor, id).includes('batch 2 '));
    window = await editor.reload(window);
    const seen = outputOf(editor, id).length;
    await until('more of it', () => outputOf(editor, id).length > seen);
    assert.equal((await cloud.clusters()).length, 1);
    writeFileSync(gate('again'), '');
    const record = await ended(window.host, id);
    assert.equal(record.state, 'succeeded', record.error?.message);
    const output = outputOf(editor, id);
    assert.equal(output, liveOutput(Number(/^batches (\d+)$/m.exec(output)?.[1])));
    assert.equal(cloudRecords(editor).length, before + 1, 'one cluster');
    assert.deepEqual(await cloud.clusters(), []);
  });

  describe('whose initialization fails', () => {
    after(() => cloud.noFaults());

    it('says which step of the start failed and why, and leaves no cluster', async () => {
      await choose('cloud');
      // Where the unpacked package is made ready.
      await cloud.fault({
        initFailures: [{ line: lineOfInitialize('fetch "$uri" "$work/package.zip"'), machine: '-m' }],
      });
      const id = await startRun(window.host, path.join(editor.workspace, 'live.py'));
      const record = await ended(window.host, id);
      assert.equal(record.state, 'failed');
      assert.match(
        record.error?.message ?? '',
        /The cluster "cloud" could not be created\. .*while fetching dask_runner: .*ended by a fault/i,
      );
      assert.deepEqual(
        record.error?.buttons?.map(({ title }) => title),
        ['Show Log'],
      );
      await panelShows(window.page, /could not be created/);
      await (await panelFrame(window.page)).getByRole('button', { name: 'Run again' }).waitFor();
      await screenshot(window.page, 'cloud-start-failed');
      assert.deepEqual(await cloud.clusters(), []);
    });
  });

  describe('with autoscaling, behind a gateway without WebSockets', () => {
    let id = '';

    before(async () => {
      await cloud.fault({ gateway: { websockets: false } });
      await choose('elastic');
      mkdirSync(path.join(editor.workspace, 'months'));
      writeScript(editor, path.join('months', 'growing.py'), growing(gate('enough'), gate('go')));
      traffic = new PageTraffic(window.page);
      await openDask(window.page);
    });
    after(() => cloud.noFaults());

    it('begins with few machines, which the explorer counts', async () => {
      id = await startRun(window.host, path.join(editor.workspace, 'months', 'growing.py'));
      await panelShows(window.page, /grows/);
      await row(/on 2 machines/).waitFor();
    });

    it('moves the plots all the same', async () => {
      await plotsMove('individual-task-stream');
      assert.ok(traffic.urls.some((url) => /\/gateway-websocket\/poll$/.test(url)));
      assert.deepEqual(await traffic.places(/ya29\.|proxy-authorization/i), []);
    });

    it('grows while the run needs it', async () => {
      await sizesTo(3);
      await row(/Workers.*on 3 machines/s).waitFor();
      await until('more workers', async () => (await workers()) > 4);
      // Still by the same connection, or another that was made since.
      await plotsMove('individual-progress');
      await screenshot(window.page, 'cloud-grown');
    });

    it('shrinks after', async () => {
      writeFileSync(gate('enough'), '');
      await panelShows(window.page, /enough/);
      await until('fewer workers', async () => (await workers()) === 1, 90);
      await sizesTo(2);
      await row(/Workers.*on 2 machines/s).waitFor();
      await screenshot(window.page, 'cloud-shrunk');
    });

    it('opens the line on this machine that a traceback of the master names', async () => {
      writeFileSync(gate('go'), '');
      const record = await ended(window.host, id);
      assert.equal(record.state, 'failed');
      assert.match(outputOf(editor, id), /File "[^"]*\/jobs\/[^"]*\/code\/months\/growing\.py", line 17/);
      const file = path.join(editor.workspace, 'months', 'growing.py');
      assert.deepEqual(record.error?.location, { file, line: 17 });
      const panel = await panelFrame(window.page);
      await panelShows(window.page, /ValueError: no such month/);
      await panel.locator('.log-link', { hasText: 'growing.py' }).last().click();
      await until('growing.py at line 17', async () => (await activeLine()) === `${file}:17`, 20);
      await screenshot(window.page, 'cloud-traceback');
      assert.deepEqual(await cloud.clusters(), []);
    });

    /** Its time passes until the cluster has so many workers. */
    async function sizesTo(count: number): Promise<void> {
      let jumped = 0;
      await until(
        `${count} machines`,
        async () => {
          if (Date.now() - jumped > 3000) {
            jumped = Date.now();
            await cloud.jump(121);
          }
          const [cluster] = await cloud.clusters();
          return cluster?.config.workerConfig?.numInstances === count && cluster.status.state === 'RUNNING';
        },
        90,
      );
    }

    async function workers(): Promise<number> {
      const text = await row(/^Workers/).innerText();
      return Number(/Workers\s*(\d+)/.exec(text)?.[1] ?? 0);
    }
  });

  it('has a walk that makes a profile of what there is in the project, and shows it among the others', async () => {
    const { page } = window;
    await openDask(page);
    const walked = window.host.call(async ({ vscode }: HostScope) => {
      void vscode.commands.executeCommand('dask.profile.create');
      return Promise.resolve(true);
    });
    const title = (step: number): string => `Create Profile (${step}/11)`;
    const pick = async (step: number, label: string): Promise<void> => {
      const box = await question(page, title(step));
      const row = box.locator('.monaco-list-row', { hasText: label }).first();
      // Far down in a long list it is not drawn.
      await box.locator('.quick-input-box input').fill(label);
      await row.click();
    };
    await question(page, 'Create Profile');
    await page.locator('.quick-input-widget .monaco-list-row', { hasText: 'Google Cloud Dataproc' }).click();
    await pick(2, 'emulated-project');
    await pick(3, 'europe-west4');
    await pick(4, 'europe-west4-b');
    await pick(5, 'n2-standard-8');
    await pick(6, 'Fixed');
    assert.equal(await enter(page, title(7), '3'), '2');
    await pick(8, 'Default network');
    await pick(9, 'Stop');
    await enter(page, title(10), 'walked');
    await pick(11, 'User Settings');
    await walked;
    const shown = page.locator('.editor-group-container.active .view-lines');
    await shown.getByText('"walked"').waitFor();
    await screenshot(page, 'cloud-profile');
    await until('the profile to be saved', () => readFileSync(settingsFile(), 'utf8').includes('"walked"'));
    const text = readFileSync(settingsFile(), 'utf8');
    assert.match(text, /Of the team\./);
    const { walked: made } = (JSON.parse(text.replace(/^\s*\/\/.*$/gm, '')) as Settings)['dask.profiles'];
    assert.deepEqual(made, {
      backend: 'dataproc',
      project: 'emulated-project',
      region: 'europe-west4',
      zone: 'europe-west4-b',
      worker: { machineType: 'n2-standard-8', count: 3 },
      afterRun: 'stop',
    });
  });

  async function plotsMove(...plots: string[]): Promise<void> {
    for (const plot of plots) {
      let first: PlotState | undefined;
      await until(`${plot} to move`, async () => {
        // A page that is drawn anew, as for another theme, is looked at again.
        const now = await plotState(await plotFrame(window.page, plot)).catch(() => undefined);
        first ??= now;
        return (
          now !== undefined && now.picture !== first?.picture && (now.rows > first!.rows || now.title !== first!.title)
        );
      });
    }
  }

  async function choose(profile: string): Promise<void> {
    await window.host.call(async ({ vscode }: HostScope, name: string) => {
      const target = vscode.ConfigurationTarget.Global;
      await vscode.workspace.getConfiguration().update('dask.defaultProfile', name, target);
      return true;
    }, profile);
  }

  function lastRun(): Promise<string | undefined> {
    return window.host.call(async ({ vscode }: HostScope) => {
      const extension = vscode.extensions.getExtension('daskexplorer.dask-cluster-explorer');
      const api = (await extension?.activate()) as { runs(): { id: string }[] };
      return api.runs()[0]?.id;
    });
  }

  function activeLine(): Promise<string> {
    return window.host.call(({ vscode }: HostScope) => {
      const active = vscode.window.activeTextEditor;
      return Promise.resolve(active ? `${active.document.uri.fsPath}:${active.selection.active.line + 1}` : '');
    });
  }
});

function lineOfInitialize(text: string): number {
  const lines = readFileSync(path.join('python', 'dask_runner', 'dataproc', 'initialize.sh'), 'utf8').split('\n');
  const index = lines.findIndex((line) => line.trim() === text);
  assert.ok(index >= 0);
  return index + 1;
}
