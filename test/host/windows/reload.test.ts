import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { live } from '../../../scripts/editor/endClusters.mjs';
import { Editor, type EditorWindow } from '../support/editor';
import {
  clusterFolders,
  counting,
  countingOutput,
  ended,
  outputOf,
  settings,
  startRun,
  until,
  writeScript,
} from './product';

/** Each way that a window can go away under a run. */
const ways: readonly { name: string; act: (editor: Editor, window: EditorWindow) => Promise<EditorWindow> }[] = [
  { name: 'a reload', act: (editor, window) => editor.reload(window) },
  { name: 'a crash of the extension host', act: (editor, window) => editor.crash(window) },
];

/** Moments of a run at which it goes away. */
const moments: readonly { name: string; reached: (editor: Editor, id: string, clusters: number) => boolean }[] = [
  { name: 'while the cluster starts', reached: (editor, _, clusters) => clusterFolders(editor).length > clusters },
  { name: 'in the middle of the run', reached: (editor, id) => outputOf(editor, id).includes('line 3\n') },
  { name: 'while the cluster is released', reached: (editor, id) => jobState(editor, id) === 'succeeded' },
];

describe('a run survives', () => {
  let editor: Editor;
  /** What the way before has left: opening one takes longer than a run. */
  let window: EditorWindow;
  let clustersBefore: number;
  before(async () => {
    editor = await Editor.start({ settings });
    window = await editor.openWindow();
  });
  after(() => editor.dispose());
  beforeEach(() => {
    clustersBefore = clusterFolders(editor).length;
  });

  for (const { name, act } of ways) {
    for (const moment of moments) {
      it(`${name} ${moment.name}: one cluster, no line lost or repeated, nothing left`, async () => {
        const id = await startRun(window.host, writeScript(editor, 'counting.py', counting));
        await until(moment.name, () => moment.reached(editor, id, clustersBefore));
        window = await act(editor, window);
        const record = await ended(window.host, id);
        assert.equal(record.state, 'succeeded', record.error?.message);
        assert.equal(outputOf(editor, id), countingOutput);
        await assertOneClusterAndNothingLeft();
      });
    }
  }

  it('the end of VS Code: it is over and released by itself, and the next start shows it', async () => {
    const id = await startRun(window.host, writeScript(editor, 'counting.py', counting));
    await until('the first lines', () => outputOf(editor, id).includes('line 3\n'));
    await editor.stopServer();
    await until('the release', () => jobReleased(editor, id));
    await assertOneClusterAndNothingLeft();
    await editor.startServer();
    const later = await editor.openWindow();
    const record = await ended(later.host, id);
    assert.equal(record.state, 'succeeded');
    assert.equal(outputOf(editor, id), countingOutput);
  });

  async function assertOneClusterAndNothingLeft(): Promise<void> {
    assert.equal(clusterFolders(editor).length, clustersBefore + 1);
    await until('the processes to end', async () => {
      const clusters = await live(path.join(editor.storage, 'clusters'), 'state.json');
      const runs = await live(path.join(editor.storage, 'runs'), 'status.json');
      return clusters.length + runs.length === 0;
    });
  }
});

function status(editor: Editor, id: string): { state?: string; released?: boolean } {
  try {
    const text = readFileSync(path.join(editor.storage, 'runs', id, 'status.json'), 'utf8');
    return JSON.parse(text) as { state: string; released: boolean };
  } catch {
    return {};
  }
}

const jobState = (editor: Editor, id: string): string | undefined => status(editor, id).state;
const jobReleased = (editor: Editor, id: string): boolean => status(editor, id).released === true;
