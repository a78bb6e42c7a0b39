import { EditorStub } from '../commands/editorStub';
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExtensionContext } from 'vscode';

import { activate } from '../../../src/extension';
import { eventually } from '../../fakes/scene';

const editor = EditorStub.current;

describe('An extension that cannot start', () => {
  let storage: string;
  const subscriptions: { dispose(): void }[] = [];

  beforeEach(async () => {
    editor.reset();
    storage = await mkdtemp(path.join(tmpdir(), 'dask-start-'));
  });

  afterEach(async () => {
    subscriptions.splice(0).forEach((one) => one.dispose());
    await rm(storage, { recursive: true });
  });

  // Beside the bundle of this test there is none of the services: they cannot be loaded.
  const start = (): ReturnType<typeof activate> =>
    activate({ subscriptions, globalStorageUri: { fsPath: storage } } as unknown as ExtensionContext);

  it('says so with what to do next, once at the start when a run is not over, and again at each command', async () => {
    editor.answer = () => 'Reload Window';
    await mkdir(path.join(storage, 'open'));
    await writeFile(path.join(storage, 'open', '20261124-061133-123-5f0c9a1b'), '');
    const api = start();
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
  });

  it('says so in a view that is opened, instead of an empty list, and in a panel that comes back', async () => {
    start();
    const runs = editor.trees.get('dask.runs')!;
    assert.deepEqual(runs.provider.getChildren(), []);
    assert.equal(runs.message, 'Dask Cluster Explorer cannot start.');
    assert.equal(editor.texts('message').length, 1);
    await assert.rejects(editor.serializers.get('dask.cluster')!.deserializeWebviewPanel({}, {}), /services/);
  });
});
