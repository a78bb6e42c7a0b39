import assert from 'node:assert/strict';
import { Editor, type EditorWindow } from '../host/support/editor';
import { ended, outputOf, settings, startRun, writeScript } from '../host/windows/product';
import { panelShows, screenshot } from './screen';

/** Its task takes 20 MB every 20 ms, until its worker is ended; Dask gives it up after four of them. */
const hungry = `
import time
from dask.distributed import Client


def take(_):
    held = []
    while True:
        held.append(b"x" * 20_000_000)
        time.sleep(0.02)


if __name__ == "__main__":
    with Client() as client:
        print("before", client.submit(abs, -1).result(), flush=True)
        print("after", client.submit(take, 1, key="take").result(), flush=True)
`;

describe('a worker that goes over its memory limit', () => {
  let editor: Editor;
  let window: EditorWindow;

  before(async () => {
    const small = { ...settings['dask.profiles'].test, memoryLimit: '300MB' };
    editor = await Editor.start({ settings: { ...settings, 'dask.profiles': { test: small } } });
    window = await editor.openWindow();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      await editor.keepPictures('memory');
    }
  });
  after(() => editor.dispose());

  it('ends the run in words about memory, keeps the output so far, and releases the cluster', async () => {
    const file = writeScript(editor, 'hungry.py', hungry);
    const id = await startRun(window.host, file);
    const { state, error, released } = await ended(window.host, id);
    assert.equal(state, 'failed');
    const output = outputOf(editor, id);
    assert.match(output, /^before 1\n/);
    assert.doesNotMatch(output, /^after/m);
    assert.match(error?.message ?? '', /^distributed\.scheduler\.KilledWorker: .*\btake\b/);
    assert.match(
      error?.message ?? '',
      /went over the memory limit\. Raise "memoryLimit" in the profile, or use smaller/,
    );
    const line = hungry.split('\n').findIndex((text) => text.includes('"after"')) + 1;
    assert.deepEqual(error?.location, { file, line });
    await panelShows(window.page, /KilledWorker: .* over the memory limit\. Raise "memoryLimit" in the profile/);
    await screenshot(window.page, 'memory-limit');
    assert.ok(released);
  });
});
