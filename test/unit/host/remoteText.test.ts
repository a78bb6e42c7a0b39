import { EditorStub } from '../commands/editorStub';
import assert from 'node:assert/strict';

import { confirm } from '../../../src/host/confirm';
import { askAboutMissingDask, hintMissingPlots } from '../../../src/host/daskPrompt';
import { withNotification } from '../../../src/host/progress';
import { showStart } from '../../../src/host/startProgress';
import type { Run } from '../../../src/run/run';
import { openRun } from '../explorer/samples';

const editor = EditorStub.current;
const link = '[Fix](command:evil)';
const harmless = '[Fix] (command:evil)';

/** Whatever is shown must hold the text, and no link. */
function assertNoLink(texts: readonly string[]): void {
  assert.ok(texts.length > 0);
  for (const text of texts) {
    assert.ok(text.includes(harmless), text);
  }
}

describe('text of others', () => {
  beforeEach(() => editor.reset());

  it('is no link in the title and the lines of a progress', async () => {
    await withNotification(link, (report) => {
      report(`Collecting ${link}`);
      return Promise.resolve();
    });
    assertNoLink([...editor.texts('progress'), ...editor.reported]);
    assert.equal(editor.reported.length, 1);
  });

  it('is no link while a run starts', async () => {
    let change = (): void => undefined;
    const record = openRun({ name: link, progress: link });
    const run = {
      record,
      state: 'preparing',
      onDidChange: (listener: () => void) => {
        change = listener;
        return { dispose: () => undefined };
      },
    };
    const shown = showStart(run as unknown as Run, () => undefined);
    while (editor.reported.length === 0) {
      await new Promise((wake) => setTimeout(wake, 20));
    }
    run.state = 'running';
    change();
    await shown;
    assertNoLink([...editor.texts('progress'), ...editor.reported]);
  });

  it('is no link in questions', async () => {
    const info = { executable: `/home/${link}/bin/python`, version: '3.12.4' } as Parameters<
      typeof hintMissingPlots
    >[0];
    await askAboutMissingDask(info, ['dask'], new AbortController().signal);
    await hintMissingPlots(info);
    editor.answer = () => 'Yes';
    await confirm(`Delete ${link}?`, link, 'Yes');
    assertNoLink([...editor.texts('message'), ...editor.texts('modal')]);
    assert.equal(editor.shown.length, 3);
  });
});
