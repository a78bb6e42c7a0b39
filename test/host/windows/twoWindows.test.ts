import assert from 'node:assert/strict';
import { Editor, type EditorWindow } from '../support/editor';
import {
  clusterFolders,
  counting,
  countingOutput,
  ended,
  outputOf,
  runStates,
  settings,
  startRun,
  until,
  writeScript,
} from './product';

describe('two windows', () => {
  let editor: Editor;
  let one: EditorWindow;
  let two: EditorWindow;
  before(async () => {
    editor = await Editor.start({ settings });
    one = await editor.openWindow();
    two = await editor.openWindow();
  });
  after(() => editor.dispose());

  it('see the same run, and it is made once', async () => {
    const id = await startRun(one.host, writeScript(editor, 'counting.py', counting));
    await until('the other window to see the run', async () =>
      (await runStates(two.host)).some((run) => run.id === id),
    );
    const records = await Promise.all([ended(one.host, id), ended(two.host, id)]);
    assert.deepEqual(
      records.map(({ state }) => state),
      ['succeeded', 'succeeded'],
    );
    assert.equal(outputOf(editor, id), countingOutput);
    assert.equal(clusterFolders(editor).length, 1);
  });

  it('hand a run over: when the one that drives it is closed, the other takes it up', async () => {
    const id = await startRun(one.host, writeScript(editor, 'counting.py', counting));
    await until('the first lines', () => outputOf(editor, id).includes('line 3\n'));
    process.kill(await one.host.pid, 'SIGKILL');
    await one.page.close();
    const record = await ended(two.host, id);
    assert.equal(record.state, 'succeeded');
    assert.equal(outputOf(editor, id), countingOutput);
  });
});
