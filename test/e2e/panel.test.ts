import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Frame, Page } from 'playwright-core';
import { Editor, type EditorWindow } from '../host/support/editor';
import type { HostScope } from '../host/support/driverServer';
import { settings, startRun, until, writeScript } from '../host/windows/product';
import {
  controlOf,
  controlsOf,
  cutControls,
  panelState,
  tabThrough,
  tileAt,
  tileOrder,
  type PanelState,
} from './panelFrame';
import { plotState } from './plots';
import { openFile, panelFrame, panelShows, plotFrame, runCommand, screenshot } from './screen';

/** Prints, waits for a file named `go`, and fails on its line 14. */
const script = `import os
import time
from pathlib import Path

from dask.distributed import Client

if __name__ == "__main__":
    with Client() as client:
        for number in range(3000):
            print("item", number, "odd" if number % 2 else "even", flush=number == 2999)
        print("sum", client.submit(sum, [1, 2]).result(), flush=True)
        while not Path(__file__).with_name("go").exists():
            time.sleep(0.05)
    raise ValueError("nothing to go on")
`;

describe('A panel', () => {
  let editor: Editor;
  let window: EditorWindow;
  let file: string;
  let panel: Frame;
  /** Times that VS Code has loaded a page into a webview. */
  let pages = 0;

  before(async () => {
    editor = await Editor.start({ settings });
    file = writeScript(editor, 'job.py', script);
    window = await editor.openWindow();
    await window.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    window.page.on('framenavigated', (frame) => {
      pages += frame.url().includes('/webview/browser/pre/fake.html') ? 1 : 0;
    });
    await startRun(window.host, file);
    await panelShows(window.page, /sum 3/);
    await plotFrame(window.page, 'individual-progress');
  });
  beforeEach(async () => {
    panel = await panelFrame(window.page);
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      await editor.keepPictures('panel');
    }
  });
  after(() => editor.dispose());

  it('has one page from the start to the first plot: VS Code may lose one that is made while another loads', () => {
    assert.equal(pages, 1);
  });

  it('is named after its cluster and the file', async () => {
    assert.equal(await panel.locator('h1').textContent(), 'test · job.py');
    await window.page.locator('.tab', { hasText: 'test · job.py' }).waitFor();
  });

  it('takes a plot from the picker', async () => {
    const before = await tileOrder(panel);
    await controlOf(panel, 'Add plot or log').click();
    const items = panel.getByRole('menuitem');
    const title = (await items.allTextContents()).find((one) => /cpu/i.test(one)) ?? '';
    await items.filter({ hasText: title }).first().click();
    const added = (await tileOrder(panel)).filter((id) => !before.includes(id));
    assert.equal(added.length, 1);
    await plotFrame(window.page, added[0]!);
  });

  it('loads a plot again that has lost its connection for good', async () => {
    let refused = 0;
    let open = false;
    await window.page.routeWebSocket(/individual-progress\/ws/, (socket) => {
      if (open) {
        socket.connectToServer();
      } else {
        refused += 1;
        void socket.close();
      }
    });
    await controlOf(panel, 'More actions for Progress').click();
    await panel.getByRole('menuitem', { name: 'Reload plot' }).click();
    await until('its connection to be refused', () => refused > 0);
    open = true;
    const drawn = async (): Promise<boolean> =>
      (await plotState(await plotFrame(window.page, 'individual-progress')).catch(() => undefined)) !== undefined;
    await until('the plot to be drawn', drawn);
  });

  it('moves a tile to where it is dropped', async () => {
    const header = await tileAt(panel, 'progress', '.tile-header .tile-title');
    const target = await tileAt(panel, 'log', '.log-area');
    const { mouse } = window.page;
    await mouse.move(header.x + 10, header.y + 6);
    await mouse.down();
    await mouse.move(target.x + 60, target.y + target.height / 2, { steps: 5 });
    await panel.locator('.drop-mark').waitFor();
    await mouse.move(target.x + 20, target.y + target.height / 2, { steps: 3 });
    await mouse.up();
    const [moved, log] = [await tileAt(panel, 'progress'), await tileAt(panel, 'log')];
    assert.ok(moved.x < log.x && Math.abs(moved.y - log.y) < 2, 'left of the log');
  });

  it('moves a tile by keyboard, and keeps the focus on its menu', async () => {
    const before = await tileAt(panel, 'log');
    const button = controlOf(panel, 'More actions for Log');
    await button.focus();
    await window.page.keyboard.press('Enter');
    await panel.getByRole('menuitem', { name: 'Move up' }).waitFor();
    await window.page.keyboard.press('M');
    await window.page.keyboard.press('Enter');
    await until('the log to move up', async () => (await tileAt(panel, 'log')).y < before.y);
    await panel.locator('[aria-label="More actions for Log"]:focus').waitFor();
  });

  it('finds text in the log, forwards and backwards, and by regular expression', async () => {
    const { keyboard } = window.page;
    const status = panel.locator('.find-status');
    const shows = (text: string): Promise<void> =>
      until(`“${text}”`, async () => (await status.textContent()) === text, 20);
    await panel.locator('.log-viewport').focus();
    await keyboard.press('Control+f');
    await keyboard.type('item 15');
    await until('matches', async () => /of 111$/.test((await status.textContent()) ?? ''), 20);
    await panel.locator('.find-input').fill('item 2[0-9]{3} odd');
    await shows('No results');
    await controlOf(panel, 'Use regular expression (Alt+R)').click();
    await until('matches', async () => /of 500$/.test((await status.textContent()) ?? ''), 20);
    await panel.locator('.find-input').fill('item 15$|item 15 ');
    await shows('1 of 1');
    await panel.locator('.find-input').fill('item 15[0-9]{2} even');
    await shows('1 of 50');
    await keyboard.press('Enter');
    await shows('2 of 50');
    await keyboard.press('Shift+Enter');
    await shows('1 of 50');
    await keyboard.press('Shift+Enter');
    await shows('50 of 50');
    await panelShows(window.page, /item 1598 even/);
    await screenshot(window.page, 'panel-find');
  });

  it('comes back as it was when it is hidden, and seen again', async () => {
    const { page } = window;
    await controlOf(panel, 'Next match (Enter)').click();
    await until('the next match', async () => (await panelState(panel)).match === '1 of 50');
    await comesBack(async () => {
      await openFile(page, 'arrays.py');
      await page.locator('.tab', { hasText: 'test · job.py' }).click();
    });
    await page.locator('.tab', { hasText: 'arrays.py' }).click({ button: 'middle' });
    await page.locator('.tab', { hasText: 'arrays.py' }).waitFor({ state: 'detached' });
  });

  it('comes back as it was when the window is reloaded', async () => {
    await comesBack(async () => {
      window = await editor.reloadByCommand(window);
    });
    await plotFrame(window.page, 'individual-progress');
  });

  it('comes back as it was in a window of its own, and from there', async () => {
    const opened = window.page.context().waitForEvent('page');
    await comesBack(() => runCommand(window.page, 'View: Move Editor into New Window'), opened);
    await screenshot(await opened, 'panel-own-window');
    await comesBack(async () => runCommand(await opened, 'View: Restore Editors into Main Window'));
    await window.page.locator('.tab', { hasText: 'test · job.py' }).waitFor();
  });

  /** VS Code may make the frame of a panel more than once until it stays: each look is at the present one. */
  async function comesBack(leaveAndReturn: () => Promise<void>, where?: Promise<Page>): Promise<void> {
    const before = await panelState(panel);
    assert.match(before.line, /^item \d+/);
    assert.equal(before.wanted, 'item 15[0-9]{2} even');
    assert.equal(before.title, 'test · job.py');
    await leaveAndReturn();
    const page = (await where) ?? window.page;
    let now: PanelState | undefined;
    const asBefore = async (): Promise<boolean> => {
      panel = await panelFrame(page);
      now = await panelState(panel).catch(() => undefined);
      return isDeepStrictEqual(now, before);
    };
    await until('the panel as it was', asBefore).catch((error: unknown) => {
      assert.deepEqual(now, before);
      throw error;
    });
  }

  it('names every control, also of plots and menus', async () => {
    await controlOf(panel, 'More actions for Log').click();
    const named = await controlsOf(panel);
    assert.ok(named.length > 15, `${named.length} controls`);
    assert.deepEqual(
      named.filter(({ name }) => name === '').map(({ html }) => html),
      [],
    );
    await window.page.keyboard.press('Escape');
  });

  it('says once that the run failed and the cluster ended, and keeps the log', async () => {
    writeFileSync(path.join(editor.workspace, 'go'), '');
    await panel.locator('.panel-note', { hasText: 'The cluster ended with its run.' }).waitFor({ timeout: 60_000 });
    await panel.locator('.run-title', { hasText: 'job.py failed' }).waitFor();
    const reports = await panel.getByRole('button', { name: /performance report/i }).count();
    assert.ok(reports <= 1, `${reports} buttons for one report`);
    await panel.locator('.log-viewport').focus();
    await window.page.keyboard.press('Control+End');
    await panelShows(window.page, /ValueError: nothing to go on/);
    await screenshot(window.page, 'panel-failed');
  });

  it('opens the line that a traceback names', async () => {
    await panel.locator('.log-link', { hasText: 'job.py' }).last().click();
    await until('job.py at line 14', async () => (await activeLine(window)) === 'job.py:14', 20);
    assert.equal(panel.isDetached(), false, 'the panel is still seen');
  });

  it('copies what is selected', async () => {
    await panel.locator('.log-viewport').focus();
    await window.page.keyboard.press('Control+a');
    await window.page.keyboard.press('Control+c');
    assert.equal(await panel.evaluate<string>('String(getSelection())'), '', 'nothing but the log is selected');
    const read = (): Promise<string> =>
      window.host.call(async ({ vscode }: HostScope) => vscode.env.clipboard.readText());
    await until('the text', async () =>
      /^item 0 even\nitem 1 odd\n[^]*ValueError: nothing to go on/.test(await read()),
    );
    await window.page.keyboard.press('Escape');
  });

  it('lets Tab reach every control, each with its focus seen', async () => {
    const wanted = (await controlsOf(panel)).map(({ name }) => name);
    const seen = await tabThrough(window.page, panel, wanted.length);
    assert.deepEqual(
      wanted.filter((name) => !seen.some((one) => one.name === name)),
      [],
    );
    assert.deepEqual(
      seen.filter(({ shows }) => !shows).map(({ name }) => name),
      [],
    );
  });

  it('stays whole in high contrast, and in a narrow window', async () => {
    await window.host.call(async ({ vscode }: HostScope) => {
      const target = vscode.ConfigurationTarget.Global;
      await vscode.workspace.getConfiguration().update('workbench.colorTheme', 'Default High Contrast Light', target);
      return true;
    });
    await window.page.locator('.monaco-workbench.hc-light').waitFor();
    await panel.locator('body.vscode-high-contrast-light').waitFor();
    await screenshot(window.page, 'panel-high-contrast-light');
    await window.page.locator('.tab', { hasText: 'test · job.py' }).click();
    await runCommand(window.page, 'View: Close Editors in Other Groups');
    await runCommand(window.page, 'View: Toggle Primary Side Bar Visibility');
    await window.page.setViewportSize({ width: 420, height: 800 });
    panel = await panelFrame(window.page);
    await until('a narrow panel', async () => (await panel.evaluate<number>('innerWidth')) < 400);
    await screenshot(window.page, 'panel-narrow');
    assert.deepEqual(await cutControls(panel), []);
  });
});

function activeLine(window: EditorWindow): Promise<string> {
  return window.host.call(({ vscode }: HostScope) => {
    const active = vscode.window.activeTextEditor;
    const name = active?.document.uri.path.split('/').at(-1);
    return Promise.resolve(active ? `${name}:${active.selection.active.line + 1}` : '');
  });
}
