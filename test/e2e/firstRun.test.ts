import assert from 'node:assert/strict';
import { Editor, type EditorWindow } from '../host/support/editor';
import { notifications } from '../host/windows/asking';
import { settings, until } from '../host/windows/product';
import { plotState, type PlotState } from './plots';
import { chooseInEditorMenu, openDask, openFile, panelFrame, panelShows, plotFrame, rows, screenshot } from './screen';

/** What the README promises: three clicks, output in the log, plots that move, and nothing left. */
describe('the first run', () => {
  let editor: Editor;
  let window: EditorWindow;

  before(async () => {
    editor = await Editor.start({ settings });
    window = await editor.openWindow();
  });
  after(() => editor.dispose());

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
