import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Editor, required, type EditorOptions, type EditorWindow } from '../support/editor';
import { buttons, clearNotifications, notification, press, question } from './asking';
import { clusterFolders, ended, settings, startRun, writeScript } from './product';

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

async function useInterpreter({ host }: EditorWindow, file: string): Promise<void> {
  await host.call(async ({ vscode }, interpreter: string) => {
    const target = vscode.ConfigurationTarget.Global;
    await vscode.workspace.getConfiguration().update('dask.python.interpreter', interpreter, target);
    return true;
  }, file);
}

/** For pip and uv alike: nothing listens there. */
const noPackageIndex = {
  PIP_CONFIG_FILE: '/dev/null',
  PIP_FIND_LINKS: '',
  PIP_NO_INDEX: '',
  PIP_INDEX_URL: 'http://127.0.0.1:9/simple/',
  PIP_EXTRA_INDEX_URL: '',
  UV_NO_CONFIG: '1',
  UV_OFFLINE: '',
  UV_DEFAULT_INDEX: 'http://127.0.0.1:9/simple/',
  NO_PROXY: '127.0.0.1',
};

/** A new environment with pip alone; where the tests' own has none, as uv makes it, the extension takes uv too. */
function pythonWithoutDask(editor: Editor): string {
  const run = (program: string, ...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };
  const folder = path.join(editor.home, 'bare');
  const tests = required('DASK_TEST_PYTHON');
  run(tests, '-m', 'venv', '--without-pip', folder);
  const python = path.join(folder, 'bin', 'python');
  const find =
    'import importlib.util as u; s = u.find_spec("pip"); print(s.submodule_search_locations[0] if s else "")';
  const pip = run(tests, '-c', find);
  if (pip !== '') {
    symlinkSync(pip, path.join(run(python, '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'), 'pip'));
  }
  return python;
}

describe('trouble on the machine', () => {
  it('no Python: the message says so, and what to do', () =>
    inEditor(
      // With VSCODE_CLI the server leaves PATH as it is: otherwise it asks a login shell for another.
      { settings: { ...settings, 'dask.python.interpreter': '' }, env: { PATH: '/nonexistent', VSCODE_CLI: '1' } },
      async (editor) => {
        const window = await editor.openWindow();
        await startRun(window.host, writeScript(editor, 'x.py', 'print(1)\n'));
        const said = /No Python 3\.10 or newer was found\. None of python3, python and py on the PATH is one\./;
        const item = await notification(window, said);
        const message = await item.locator('.notification-list-item-message').innerText();
        assert.match(message, /^x\.py failed\. .* Install Python, or select an interpreter\./);
        assert.deepEqual(await buttons(item), ['Select Interpreter', 'Get Python']);
        await press(item, 'Select Interpreter');
        // Where the Python extension is not installed, a file is asked for.
        await question(window.page, 'Python Interpreter');
      },
    ));

  it('an interpreter that is too old, or without Dask, is named, with what can be done about it', () =>
    inEditor({ settings, env: noPackageIndex }, async (editor) => {
      const window = await editor.openWindow();
      const file = writeScript(editor, 'x.py', 'print(1)\n');
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
      await useInterpreter(window, old);
      await startRun(window.host, file);
      await notification(window, /x\.py failed\. .* is Python 3\.8\.18\. Dask needs Python 3\.10 or newer\./);

      const python = pythonWithoutDask(editor);
      await useInterpreter(window, python);
      const asked = new RegExp(
        `dask, distributed and cryptography are not installed in ${python} \\(3\\..*\\)\\. Install into`,
      );

      const first = await startRun(window.host, file);
      const item = await notification(window, asked);
      const titles = await buttons(item);
      assert.deepEqual(titles, ['Install Dask', 'Managed Environment', 'Choose Another Python']);
      await clearNotifications(window);
      assert.equal((await ended(window.host, first)).state, 'cancelled');

      const second = await startRun(window.host, file);
      await press(await notification(window, asked), 'Install Dask');
      const { state, error } = await ended(window.host, second);
      assert.equal(state, 'failed');
      assert.match(
        error?.message ?? '',
        /^The Python package index could not be reached\. .*PIP_INDEX_URL, then try again\.$/,
      );
      const failed = await notification(window, /x\.py failed\. The Python package index could not be reached\./);
      assert.deepEqual(await buttons(failed), ['Show Log']);
      assert.deepEqual(clusterFolders(editor), []);
    }));

  it('a storage folder that cannot be written is named', () =>
    inEditor({ settings }, async (editor) => {
      // A file in the way: a folder without permission would not stop root.
      mkdirSync(path.dirname(editor.storage), { recursive: true });
      writeFileSync(editor.storage, '');
      const window = await editor.openWindow();
      await assert.rejects(startRun(window.host, writeScript(editor, 'x.py', 'print(1)\n')), /started no run/);
      const item = await notification(window, /could not be written|cannot be written/);
      const message = await item.locator('.notification-list-item-message').innerText();
      assert.ok(message.includes(editor.storage), message);
    }));
});
