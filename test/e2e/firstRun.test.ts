import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import type { HostScope } from '../host/support/driverServer';
import { Editor, type EditorWindow } from '../host/support/editor';
import { notifications, question } from '../host/windows/asking';
import { settings, until } from '../host/windows/product';
import { plotState, type PlotState } from './plots';
import {
  chooseInEditorMenu,
  openDask,
  openFile,
  panelFrame,
  panelShows,
  plotFrame,
  rows,
  runCommand,
  screenshot,
} from './screen';

/** What the README promises: three clicks, output in the log, plots that move, and nothing left. */
describe('the first run', () => {
  let editor: Editor;
  let window: EditorWindow;

  before(async () => {
    editor = await Editor.start({ settings });
    window = await editor.openWindow();
  });
  after(() => editor.dispose());

  it('is offered by the walkthrough, whose button asks for a file', async () => {
    const step = await openWalkthrough();
    await step.locator('.monaco-button', { hasText: 'Choose a File to Run' }).click();
    const asked = await question(window.page, 'Run on Dask');
    await asked.locator('.monaco-list-row', { hasText: 'long_running.py' }).waitFor();
    await screenshot(window.page, 'walkthrough');
    await window.page.keyboard.press('Escape');
    await asked.waitFor({ state: 'hidden' });
    assert.deepEqual(await notifications(window), []);
    assert.equal(await step.locator('.codicon-getting-started-step-checked').count(), 0, 'nothing has run');
    await window.host.call(({ vscode }: HostScope) =>
      vscode.commands.executeCommand('workbench.action.closeAllEditors'),
    );
  });

  it('begins with a right click in the editor, and opens the panel beside it', async () => {
    await openFile(window.page, 'long_running.py');
    await chooseInEditorMenu(window.page, 'Run on Dask');
    const panel = await panelFrame(window.page);
    await panel.locator('[data-tile]').first().waitFor();
    assert.equal(await window.page.locator('.editor-group-container').count(), 2);
    await screenshot(window.page, 'starting');
  });

  it('shows its output in the log', async () => {
    await panelShows(window.page, /Round +1 of 20/);
  });

  it('draws the plots of the dashboard', async () => {
    await plotFrame(window.page, 'individual-task-stream');
    await plotFrame(window.page, 'individual-progress');
    await screenshot(window.page, 'running');
  });

  it('moves them as tasks are done', async () => {
    for (const plot of ['individual-task-stream', 'individual-progress']) {
      const first = await state(plot);
      await until(`${plot} to move`, async () => {
        const now = await state(plot);
        return now.picture !== first.picture && (now.rows > first.rows || now.title !== first.title);
      });
    }
  });

  it('has done the first step of the walkthrough', async () => {
    const step = await openWalkthrough();
    await step.locator('.codicon-getting-started-step-checked').first().waitFor();
    await runCommand(window.page, 'View: Close Editor');
  });

  async function openWalkthrough(): Promise<Locator> {
    const id = 'daskexplorer.dask-cluster-explorer#start';
    await window.host.call(
      ({ vscode }: HostScope, name: string) => vscode.commands.executeCommand('workbench.action.openWalkthrough', name),
      id,
    );
    const step = window.page.locator('.getting-started-step', { hasText: 'Run a file' }).first();
    await step.waitFor();
    return step;
  }

  async function state(plot: string): Promise<PlotState> {
    return plotState(await plotFrame(window.page, plot));
  }

  it('lists its cluster with its workers, and the run', async () => {
    await openDask(window.page);
    await rows(window.page, 'Clusters').filter({ hasText: 'test' }).first().waitFor();
    await rows(window.page, 'Runs').filter({ hasText: 'long_running.py' }).first().waitFor();
    await screenshot(window.page, 'side-bar');
  });

  it('shows its log at each click on its row, which is painted again each second', async () => {
    for (let click = 0; click < 10; click += 1) {
      await rows(window.page, 'Runs').filter({ hasText: 'long_running.py' }).click();
    }
    await panelShows(window.page, /Round +1 of 20/);
    assert.deepEqual(await notifications(window), []);
  });

  it('ends at a cancel, its cluster goes, and the history stays', async () => {
    const row = rows(window.page, 'Runs').filter({ hasText: 'long_running.py' });
    await row.hover();
    await row.locator('.action-label[aria-label*="Cancel Run"]').first().click();
    await row.filter({ hasText: /cancelled/i }).waitFor({ timeout: 60_000 });
    const clusters = rows(window.page, 'Clusters');
    await until('the cluster to go', async () => {
      // Of all rows at one moment: while the cluster closes they go one by one.
      const texts = await clusters.allTextContents();
      return !texts.some((text) => text.includes('test') && !/closed|ended|gone/i.test(text));
    });
    await panelShows(window.page, /Round +1 of 20/);
    await screenshot(window.page, 'ended');
  });
});
