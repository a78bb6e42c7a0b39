import { EditorStub } from '../commands/editorStub';
import assert from 'node:assert/strict';

import { RunDiagnostics } from '../../../src/host/runDiagnostics';
import type { RunRecord } from '../../../src/core/run';
import { run } from '../explorer/samples';

const editor = EditorStub.current;

/** A run of one file that failed in another. */
function failed(file: string, message: string): RunRecord {
  const request = { target: { kind: 'file', path: file }, profile: 'local', args: [], environment: {} } as const;
  return run({
    state: 'failed',
    request,
    error: { code: 'x', message, location: { file: '/helpers.py', line: 3 } },
  });
}

describe('RunDiagnostics', () => {
  let diagnostics: RunDiagnostics;
  beforeEach(() => {
    editor.reset();
    diagnostics = new RunDiagnostics();
  });
  afterEach(() => diagnostics.dispose());

  const messages = (): string[] =>
    (editor.diagnostics.get('file:///helpers.py') ?? []).map((one) => (one as { message: string }).message);

  it('keeps what other runs have found in a file when one of them is run again', () => {
    diagnostics.ended(failed('/a.py', 'of a'));
    diagnostics.ended(failed('/b.py', 'of b'));
    assert.deepEqual(messages(), ['of a', 'of b']);
    diagnostics.started(failed('/a.py', ''));
    assert.deepEqual(messages(), ['of b']);
    diagnostics.ended(failed('/b.py', 'of b again'));
    assert.deepEqual(messages(), ['of b again']);
  });

  it('forgets all that was found in a file once that is edited', () => {
    diagnostics.ended(failed('/a.py', 'of a'));
    diagnostics.ended(failed('/b.py', 'of b'));
    const document = { uri: { toString: () => 'file:///helpers.py' } };
    editor.changed.forEach((listener) => listener({ document, contentChanges: [{}] }));
    assert.deepEqual(messages(), []);
  });
});
