import { EditorStub } from '../commands/editorStub';
import assert from 'node:assert/strict';
import type { ExtensionContext } from 'vscode';

import { activate } from '../../../src/extension';
import { eventually } from '../../fakes/scene';

const editor = EditorStub.current;

describe('An extension that cannot start', () => {
  // Beside the bundle of this test there is none of the services: they cannot be loaded.
  it('says so with what to do next, once at the start and again at each command', async () => {
    editor.reset();
    editor.answer = () => 'Reload Window';
    const context = { subscriptions: [] as { dispose(): void }[] };
    const api = activate(context as unknown as ExtensionContext);
    await eventually(() => editor.texts('message').length === 1);
    assert.match(
      editor.texts('message')[0] ?? '',
      /^Dask Cluster Explorer cannot start: .*services.*Reload the window/,
    );
    assert.match(editor.logged[0] ?? '', /cannot start: .*\n\s+at /s);
    await eventually(() => editor.executed.includes('workbench.action.reloadWindow'));
    assert.equal(editor.commands.get('dask.run.file')?.(), undefined);
    assert.equal(editor.texts('message').length, 2);
    assert.throws(() => api.runs(), /services/);
    context.subscriptions.forEach((one) => one.dispose());
  });
});
