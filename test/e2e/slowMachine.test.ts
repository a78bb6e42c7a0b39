import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { HostScope } from '../host/support/driverServer';
import { Editor, type EditorWindow } from '../host/support/editor';
import { ended, settings, startRun, until, writeScript } from '../host/windows/product';
import { openFile, panelShows, screenshot } from './screen';

/** How many times slower the page is than it could be here. */
const slowdown = 6;

const script = `
from pathlib import Path

from dask.distributed import Client

if __name__ == "__main__":
    with Client() as client:
        print("sum", client.submit(sum, [1, 2]).result(), Path("round").read_text(), flush=True)
`;

/**
 * What a person sees on a machine that is busy with other things. In a browser VS Code loses the first page of all
 * webviews there: this editor's browser has had none.
 */
describe('On a slow machine a panel', () => {
  let editor: Editor;
  let window: EditorWindow;
  let file: string;

  before(async () => {
    editor = await Editor.start({ settings });
    file = writeScript(editor, 'job.py', script);
    writeScript(editor, 'round', 'first');
    window = await editor.openWindow();
    await openFile(window.page, 'job.py');
    const session = await window.page.context().newCDPSession(window.page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      await editor.keepPictures('slow-machine');
    }
  });
  after(() => editor.dispose());

  it('is filled, also where VS Code loses its page', async function () {
    this.timeout(360_000);
    const run = await startRun(window.host, file);
    await panelShows(window.page, /sum 3 first/, 300_000);
    assert.equal((await ended(window.host, run)).state, 'succeeded');
    await until('one panel', async () => isDeepStrictEqual(await tabs(), { all: 2, panels: 1 }));
    await screenshot(window.page, 'slow-machine');
  });

  it('takes the place of the one before when its file is run again', async () => {
    writeScript(editor, 'round', 'second');
    await startRun(window.host, file);
    await panelShows(window.page, /sum 3 second/, 120_000);
    await until('one panel', async () => isDeepStrictEqual(await tabs(), { all: 2, panels: 1 }));
  });

  it('opens beside its file, also when the file is where panels are', async () => {
    const other = writeScript(editor, 'other.py', script);
    await window.host.call(async ({ vscode }: HostScope, name: string) => {
      await vscode.window.showTextDocument(vscode.Uri.file(name), { viewColumn: vscode.ViewColumn.Two });
    }, other);
    await startRun(window.host, other);
    const panel = window.page.locator('.tab', { hasText: 'test · other.py' });
    await panel.waitFor();
    const groups = window.page.locator('.editor-group-container');
    const file = groups.filter({ has: window.page.locator('.tab.active', { hasText: /^other.py/ }) });
    assert.equal(await file.count(), 1, 'the file is still in front');
    assert.equal(await file.filter({ has: panel }).count(), 0, 'the panel is in another group');
  });

  async function tabs(): Promise<{ all: number; panels: number }> {
    const all = window.page.locator('.tab');
    return { all: await all.count(), panels: await all.filter({ hasText: 'test · job.py' }).count() };
  }
});
