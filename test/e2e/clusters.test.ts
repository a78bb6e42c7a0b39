import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import type { HostScope } from '../host/support/driverServer';
import { Editor, type EditorWindow } from '../host/support/editor';
import { choose, notifications, question } from '../host/windows/asking';
import { clusterFolders, settings, until, writeScript } from '../host/windows/product';
import {
  chooseInExplorer,
  chooseInTitle,
  chooseOnRow,
  openDask,
  openExplorer,
  openFile,
  panelShows,
  pressInTitle,
  pressOnRow,
  rows,
  runInEditorTitle,
  screenshot,
  view,
  welcomeButton,
} from './screen';

/** Goes on until it is cancelled. */
const staying = `import time
from dask.distributed import Client

if __name__ == "__main__":
    with Client() as client:
        print("staying says", client.submit(abs, -1).result(), flush=True)
        time.sleep(600)
`;

const short = `from dask.distributed import Client

if __name__ == "__main__":
    with Client() as client:
        print("short says", client.submit(abs, -2).result(), flush=True)
`;

/** Fails on its line 4. */
const failing = `print("begun", flush=True)


raise KeyError("no such column")
`;

describe('A cluster that is made by hand', () => {
  let editor: Editor;
  let window: EditorWindow;
  let id = '';

  before(async () => {
    const warm = { ...settings['dask.profiles'].test, idleTimeout: 600 };
    const profiles = { ...settings['dask.profiles'], test: warm };
    editor = await Editor.start({ settings: { ...settings, 'dask.profiles': profiles } });
    writeScript(editor, 'staying.py', staying);
    writeScript(editor, 'short.py', short);
    writeScript(editor, 'wrong.py', failing);
    window = await editor.openWindow();
    window.page.setDefaultTimeout(30_000);
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      await editor.keepPictures('clusters');
    }
  });
  after(() => editor.dispose());

  const cluster = (): Locator => rows(window.page, 'Clusters').filter({ hasText: '1/1 worker' }).first();
  const job = (name: string): Locator => rows(window.page, 'Clusters').filter({ hasText: name });
  const run = (name: string): Locator => rows(window.page, 'Runs').filter({ hasText: name }).first();

  it('is offered by an empty view, beside what a first run takes', async () => {
    const { page } = window;
    await openDask(page);
    await view(page, 'Clusters').getByText('No cluster is running.', { exact: false }).waitFor();
    await view(page, 'Runs').getByText('Nothing has run yet.', { exact: false }).waitFor();
    await welcomeButton(page, 'Clusters', 'Attach to Scheduler').waitFor();
    await screenshot(page, 'views-empty');

    await welcomeButton(page, 'Runs', 'Open File').click();
    await page.locator('.quick-input-title', { hasText: 'Open File' }).waitFor();
    await page.keyboard.press('Escape');
    await openExplorer(page);
    await openFile(page, 'short.py');
    await openDask(page);
    await welcomeButton(page, 'Runs', 'Run on Dask').waitFor();
    await screenshot(page, 'views-empty-with-python');
  });

  it('is chosen by its profile, and is there with its workers', async () => {
    const { page } = window;
    await welcomeButton(page, 'Clusters', 'Create Cluster').click();
    const box = await question(page, 'Create Cluster');
    const labels = await box.locator('.monaco-list-row .label-name').allInnerTexts();
    assert.deepEqual(
      labels.map((label) => label.trim()),
      ['test', 'kept', 'local'],
      'the default profile first',
    );
    await screenshot(page, 'create-cluster');
    await choose(page, 'Create Cluster', 'test');
    await cluster().waitFor();
    await rows(page, 'Clusters').filter({ hasText: 'Worker 0' }).waitFor();
    [id = ''] = clusterFolders(editor);
    assert.equal(clusterFolders(editor).length, 1);
  });

  it('takes a run from the menu of the list of files, and is left by it', async () => {
    const { page } = window;
    await openExplorer(page);
    await chooseInExplorer(page, 'short.py', 'Run on Dask');
    await panelShows(page, /short says 2/);
    await openDask(page);
    await run('short.py').locator('.codicon-pass').waitFor();
    await job('short.py').waitFor();
    await until('the run to let go of its cluster', () => stateOf() === 'running');
    assert.deepEqual(clusterFolders(editor), [id], 'no second cluster');
    await screenshot(page, 'cluster-warm');
  });

  it('takes the active file from its menu', async () => {
    const { page } = window;
    await openExplorer(page);
    await openFile(page, 'staying.py');
    await openDask(page);
    await chooseOnRow(cluster(), 'Run Active File on This Cluster');
    await job('staying.py').filter({ hasText: 'Running' }).waitFor();
    await panelShows(page, /staying says 1/);
    assert.deepEqual(clusterFolders(editor), [id]);
  });

  it('shows the log of a job, and its own logs', async () => {
    const { page } = window;
    await chooseOnRow(cluster(), 'Show Cluster Logs');
    await panelShows(page, /Scheduler at:|Receive client connection|distributed\.scheduler/);
    await screenshot(page, 'cluster-logs');
    await pressOnRow(job('short.py'), 'Show Job Log');
    await panelShows(page, /short says 2/);
    await pressOnRow(job('staying.py'), 'Show Job Log');
    await panelShows(page, /staying says 1/);
    await chooseOnRow(run('short.py'), 'Show Run Log');
    await panelShows(page, /short says 2/);
  });

  it('goes on when a job on it is cancelled', async () => {
    const { page } = window;
    await pressOnRow(job('staying.py'), 'Cancel Job');
    await run('staying.py').filter({ hasText: 'Cancelled' }).waitFor();
    await job('staying.py').filter({ hasText: 'Cancelled' }).waitFor();
    await cluster().waitFor();
    assert.equal(stateOf(), 'running');
    await run('short.py').click();
    await panelShows(page, /short says 2/);
    await run('staying.py').click();
    await panelShows(page, /staying says 1/);
    await screenshot(page, 'job-cancelled');
  });

  it('takes a run from the button in the title of the editor, which the history leads back to', async () => {
    const { page } = window;
    await openExplorer(page);
    await openFile(page, 'wrong.py');
    await runInEditorTitle(page, 'Run on Dask');
    await openDask(page);
    await run('wrong.py').filter({ hasText: 'Failed' }).waitFor();
    const tab = page.locator('.tab', { hasText: 'wrong.py' });
    await tab.click({ button: 'middle' });
    await tab.waitFor({ state: 'detached' });
    await chooseOnRow(run('wrong.py'), 'Go to File');
    await until('line 4', async () => (await activeLine(window)) === 'wrong.py:4', 20);
    assert.deepEqual(clusterFolders(editor), [id]);
    await screenshot(page, 'run-failed');
  });

  it('ends by the button of its row, and its view is empty again', async () => {
    const { page } = window;
    await pressOnRow(cluster(), 'Shut Down Cluster');
    await view(page, 'Clusters').getByText('No cluster is running.', { exact: false }).waitFor();
    await until('the cluster to close', () => stateOf() === 'closed');
    await pressInTitle(page, 'Clusters', 'Refresh');
    await pressInTitle(page, 'Runs', 'Refresh');
    await run('short.py').waitFor();
    assert.equal((await notifications(window)).filter((text) => !text.includes('wrong.py')).join('\n'), '');
  });

  it('has its profile chosen, and opened, from the menu of the view', async () => {
    const { page } = window;
    await chooseInTitle(page, 'Clusters', 'Select Default Profile…');
    await choose(page, 'Select Default Profile', 'kept');
    const file = path.join(editor.home, 'user-data', 'User', 'settings.json');
    const isChosen = (): boolean => /"dask\.defaultProfile": "kept"/.test(readFileSync(file, 'utf8'));
    await until('the setting', () => existsSync(file) && isChosen());
    await run('short.py').click();
    await chooseInTitle(page, 'Runs', 'Open Profiles in Settings');
    await page.locator('.tab.active', { hasText: /settings/i }).waitFor();
    await until('the profiles', async () => /"dask\.profiles"/.test(await activeText(window)), 20);
    await screenshot(page, 'profiles-in-settings');
  });

  it('has the log of the extension behind the same menu', async () => {
    const { page } = window;
    await chooseInTitle(page, 'Clusters', 'Show Extension Log');
    await until('the channel', async () => (await shownChannel()) === 'Dask', 20);
    await screenshot(page, 'extension-log');
  });

  /** The output channel that the panel shows. */
  function shownChannel(): Promise<string> {
    return window.page.evaluate<string>(`document.querySelector('.part.panel select')?.selectedOptions[0]?.text ?? ''`);
  }

  function stateOf(): string {
    const text = readFileSync(path.join(editor.storage, 'clusters', id, 'state.json'), 'utf8');
    return (JSON.parse(text) as { state: string }).state;
  }
});

function activeLine(window: EditorWindow): Promise<string> {
  return window.host.call(({ vscode }: HostScope) => {
    const active = vscode.window.activeTextEditor;
    const name = active?.document.uri.path.split('/').at(-1);
    return Promise.resolve(active ? `${name}:${active.selection.active.line + 1}` : '');
  });
}

function activeText(window: EditorWindow): Promise<string> {
  return window.host.call(({ vscode }: HostScope) => {
    const active = vscode.window.activeTextEditor;
    const { line } = active?.selection.active ?? { line: 0 };
    return Promise.resolve(active ? active.document.lineAt(line).text : '');
  });
}
