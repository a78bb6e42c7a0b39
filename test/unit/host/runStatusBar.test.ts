import { EditorStub } from '../commands/editorStub';
import assert from 'node:assert/strict';

import type { RunRecord } from '../../../src/core/run';
import { RunStatusBar } from '../../../src/host/runStatusBar';
import type { Run } from '../../../src/run/run';
import { openRun } from '../explorer/samples';

const editor = EditorStub.current;

describe('RunStatusBar', () => {
  const texts = (...records: RunRecord[]): string[] => {
    const runs = records.map((record) => ({ record }) as Run);
    const bar = new RunStatusBar(
      { runs: () => runs, onDidChange: () => ({ dispose: () => undefined }) },
      { entry: () => undefined },
    );
    bar.update();
    const shown = [...editor.statusBar].map(({ text }) => text.replace(/\d+ \w+$/, ''));
    bar.dispose();
    return shown;
  };

  it('shows what this machine runs, and not what another one does', () => {
    assert.deepEqual(texts(openRun({ createdAt: Date.now(), host: 'node-b' })), []);
    assert.deepEqual(texts(openRun({ createdAt: Date.now() }), openRun({ host: 'node-b' })), ['$(sync~spin) etl.py ']);
    assert.equal(editor.statusBar.size, 0);
  });
});
