import assert from 'node:assert/strict';
import { Editor, type EditorWindow } from '../host/support/editor';
import { settings, until } from '../host/windows/product';
import { plotLook, type PlotLook } from './plots';
import { chooseInEditorMenu, openDask, openFile, panelFrame, panelShows, plotFrame, rows, screenshot } from './screen';

const themes = [
  { name: 'light', theme: 'Default Light Modern' },
  { name: 'dark', theme: 'Default Dark Modern' },
  { name: 'high-contrast', theme: 'Default High Contrast' },
  { name: 'high-contrast-light', theme: 'Default High Contrast Light' },
];

/** Pictures of everything at work, for people to look at; the tests hold that all of it is drawn, and can be read. */
describe('in each kind of theme', () => {
  let editor: Editor;
  let window: EditorWindow;

  before(async () => {
    editor = await Editor.start({ settings });
    window = await editor.openWindow();
    await openFile(window.page, 'long_running.py');
    await chooseInEditorMenu(window.page, 'Run on Dask');
    await panelShows(window.page, /Round +1 of 20/);
    await openDask(window.page);
  });
  after(() => editor.dispose());

  for (const { name, theme } of themes) {
    it(`${name}: log, plots and views are drawn`, async () => {
      await window.host.call(async ({ vscode }, value: string) => {
        const target = vscode.ConfigurationTarget.Global;
        await vscode.workspace.getConfiguration().update('workbench.colorTheme', value, target);
        return true;
      }, theme);
      const kind = name.startsWith('high-contrast')
        ? name.endsWith('light')
          ? 'hc-light'
          : 'hc-black'
        : name === 'dark'
          ? 'vs-dark'
          : 'vs';
      await window.page.locator(`.monaco-workbench.${kind}`).waitFor();
      const dark = kind === 'vs-dark' || kind === 'hc-black';
      await isReadable('individual-task-stream', dark);
      await isReadable('individual-progress', dark);
      await rows(window.page, 'Clusters').first().waitFor();
      await screenshot(window.page, name);
    });
  }

  /** Title, axes and labels stand out from a ground that is the theme's. Plots are drawn anew for another theme. */
  async function isReadable(plot: string, dark: boolean): Promise<void> {
    let look: PlotLook | undefined;
    let trouble: unknown;
    const readable = async (): Promise<boolean> => {
      const frame = await plotFrame(window.page, plot);
      look = await plotLook(frame).catch((error: unknown) => void (trouble = error));
      return look !== undefined && look.ground < 0.2 === dark && look.drawn >= 4.5 && look.faint.length === 0;
    };
    await until(`${plot} to be readable`, readable).catch((cause: unknown) => {
      throw new Error(`${plot}: ${JSON.stringify(look ?? String(trouble))}`, { cause });
    });
    assert.ok((look?.count ?? 0) > 0, `${plot} has texts`);
  }

  it('narrow: the panel alone, 480 pixels wide', async () => {
    await window.page.setViewportSize({ width: 480, height: 800 });
    await panelFrame(window.page);
    await screenshot(window.page, 'narrow');
  });
});
