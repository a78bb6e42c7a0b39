import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type * as fsPromises from 'node:fs/promises';
import path from 'node:path';
import type { DaskApi } from '../../../src/api';
import type { HostConnection, HostScope } from '../support/driverServer';
import { Editor, type EditorWindow } from '../support/editor';
import { notification, notifications } from './asking';
import { ended, startRun, until, writeScript } from './product';

const runId = '20261124-061133-123-5f0c9a1b';

/** Whether the bundle of the services is loaded in this extension host. */
function servicesLoaded(host: HostConnection): Promise<boolean> {
  return host.call(({ vscode, require }: HostScope) => {
    const extension = vscode.extensions.getExtension('daskexplorer.dask-cluster-explorer');
    const folder = extension?.extensionPath ?? 'not there';
    return Object.keys(require.cache).some((file) => file.startsWith(folder) && /[\\/]services\.js$/.test(file));
  });
}

/** Activates, and has the extension look around: each step of that is over before the last of these. */
async function settle({ host }: EditorWindow, editor: Editor): Promise<void> {
  await host.call(async ({ vscode }: HostScope) => {
    await vscode.extensions.getExtension('daskexplorer.dask-cluster-explorer')?.activate();
  });
  await until('the first look', () => existsSync(path.join(editor.storage, 'open')));
  await host.call(async ({ require }: HostScope, folder: string) => {
    const fs = require('node:fs/promises') as typeof fsPromises;
    for (let i = 0; i < 50; i++) {
      await fs.readdir(folder);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }, editor.storage);
}

function setProfiles({ host }: EditorWindow, value: Record<string, string> | undefined): Promise<unknown> {
  return host.call(async ({ vscode }: HostScope, profiles: Record<string, string> | null) => {
    const target = vscode.ConfigurationTarget.Global;
    await vscode.workspace.getConfiguration().update('dask.profiles', profiles ?? undefined, target);
  }, value ?? null);
}

describe('the services', () => {
  let editor: Editor;
  let window: EditorWindow;

  before(async () => {
    editor = await Editor.start();
  });
  after(() => editor.dispose());
  beforeEach(async () => {
    window = await editor.openWindow();
    await settle(window, editor);
  });
  afterEach(() => window.page.close());

  const areLoaded = (): Promise<void> => until('the services', () => servicesLoaded(window.host));

  it('are not loaded with nothing to do, nor by who only awaits the API', async () => {
    assert.equal(await servicesLoaded(window.host), false);
  });

  it('are loaded by a command', async () => {
    await window.host.call(({ vscode }: HostScope) => vscode.commands.executeCommand('dask.refresh'));
    assert.equal(await servicesLoaded(window.host), true);
  });

  it('are loaded by a call of the API', async () => {
    const runs = await window.host.call(async ({ vscode }: HostScope) => {
      const extension = vscode.extensions.getExtension('daskexplorer.dask-cluster-explorer');
      return ((await extension?.activate()) as DaskApi).runs().length;
    });
    assert.equal(runs, 0);
    assert.equal(await servicesLoaded(window.host), true);
  });

  it('are loaded by a run that another window begins, and by one that is not over at the start', async () => {
    assert.equal(await servicesLoaded(window.host), false);
    const marker = path.join(editor.storage, 'open', runId);
    writeFileSync(marker, '');
    await areLoaded();
    await window.page.close();
    mkdirSync(path.dirname(marker), { recursive: true });
    writeFileSync(marker, '');
    window = await editor.openWindow();
    await areLoaded();
    rmSync(marker, { force: true });
  });

  it('are loaded to check profiles, when they are set and when they are there at the start', async () => {
    assert.equal(await servicesLoaded(window.host), false);
    await setProfiles(window, { bad: 'not an object' });
    await notification(window, /bad/);
    await window.page.close();
    window = await editor.openWindow();
    await notification(window, /bad/);
    assert.equal(await servicesLoaded(window.host), true);
    await setProfiles(window, undefined);
  });

  it('are loaded for a view that is opened, which has its rows then', async () => {
    assert.equal(await servicesLoaded(window.host), false);
    await window.host.call(({ vscode }: HostScope) => vscode.commands.executeCommand('dask.runs.focus'));
    await window.page.getByText('Nothing has run yet.').first().waitFor();
    assert.equal(await servicesLoaded(window.host), true);
    assert.deepEqual(await notifications(window), []);
    assert.equal(await window.page.getByText('There is no data provider registered').count(), 0);
    await window.host.call(({ vscode }: HostScope) => vscode.commands.executeCommand('workbench.view.explorer'));
  });

  it('are loaded for a panel that comes back', async () => {
    const id = await startRun(window.host, writeScript(editor, 'x.py', 'print(1)\n'));
    assert.equal((await ended(window.host, id)).state, 'succeeded');
    await window.page.locator('iframe.webview').first().waitFor();
    assert.deepEqual(readdirSync(path.join(editor.storage, 'open')), []);
    window = await editor.reloadByCommand(window);
    await settle(window, editor);
    await areLoaded();
  });
});
