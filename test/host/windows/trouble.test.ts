import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Editor, type EditorOptions, type EditorWindow } from '../support/editor';
import { runErrors, settings, until, writeScript } from './product';

/** What a run by the command of the right click tells its user: in a notification, or as the run's own error. */
async function messageAfterRun(window: EditorWindow, file: string): Promise<string> {
  await window.host.call(({ vscode }, name: string) => {
    void vscode.commands.executeCommand('dask.run.file', vscode.Uri.file(name));
    return true;
  }, file);
  const notifications = window.page.locator('.notification-list-item-message');
  let text = '';
  await until('a message', async () => {
    const [run] = await runErrors(window.host);
    // The server's test mode shows no toasts, but their list.
    await window.host.call(({ vscode }) => vscode.commands.executeCommand('notifications.showList'));
    text = run ?? (await notifications.allInnerTexts()).join('\n');
    return text !== '';
  });
  return text;
}

async function inEditor(options: EditorOptions, action: (editor: Editor) => Promise<void>): Promise<void> {
  const editor = await Editor.start(options);
  try {
    await action(editor);
  } catch (error) {
    await editor.keepPictures('trouble');
    throw error;
  } finally {
    await editor.dispose();
  }
}

describe('trouble on the machine', () => {
  it('no Python: the message says so, and what to do', () =>
    inEditor(
      // With VSCODE_CLI the server leaves PATH as it is: otherwise it asks a login shell for another.
      { settings: { ...settings, 'dask.python.interpreter': '' }, env: { PATH: '/nonexistent', VSCODE_CLI: '1' } },
      async (editor) => {
        const window = await editor.openWindow();
        assert.match(await messageAfterRun(window, writeScript(editor, 'x.py', 'print(1)\n')), /Python/);
      },
    ));

  it('an interpreter that is too old is named with its version', () =>
    inEditor({ settings }, async (editor) => {
      // A program that answers as such a Python does: no machine has one of these any more.
      const old = path.join(editor.home, 'old-python');
      const answer = {
        executable: old,
        version: '3.8.18',
        dask: null,
        distributed: null,
        bokeh: null,
        cryptography: null,
        numpy: null,
      };
      writeFileSync(old, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 });
      const window = await editor.openWindow();
      await window.host.call(async ({ vscode }, interpreter: string) => {
        const target = vscode.ConfigurationTarget.Global;
        await vscode.workspace.getConfiguration().update('dask.python.interpreter', interpreter, target);
        return true;
      }, old);
      assert.match(await messageAfterRun(window, writeScript(editor, 'x.py', 'print(1)\n')), /3\.8\.18/);
    }));

  it('a storage folder that cannot be written is named', () =>
    inEditor({ settings }, async (editor) => {
      // A file in the way: a folder without permission would not stop root.
      mkdirSync(path.dirname(editor.storage), { recursive: true });
      writeFileSync(editor.storage, '');
      const window = await editor.openWindow();
      const message = await messageAfterRun(window, writeScript(editor, 'x.py', 'print(1)\n'));
      assert.ok(message.includes(editor.storage), message);
    }));
});
