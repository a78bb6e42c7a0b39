import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { Editor, type EditorWindow } from '../host/support/editor';
import { enter, notifications, question } from '../host/windows/asking';
import { clusterFolders, settings, writeScript } from '../host/windows/product';
import { DaskScheduler, makeTlsFiles, type TlsFiles } from './daskScheduler';
import {
  chooseFile,
  chooseOnRow,
  openDask,
  openFile,
  panelShows,
  pressInTitle,
  pressOnRow,
  rows,
  screenshot,
  view,
  welcomeButton,
} from './screen';

const title = 'Attach to Scheduler';

/** Says which scheduler it works on. */
const script = `from dask.distributed import Client

if __name__ == "__main__":
    with Client() as client:
        print("on", client.scheduler.address, client.submit(abs, -7).result(), flush=True)
`;

describe('A scheduler that somebody else runs', () => {
  let editor: Editor;
  let window: EditorWindow;
  let files: TlsFiles;
  let open: DaskScheduler;
  let encrypted: DaskScheduler;

  before(async () => {
    editor = await Editor.start({ settings });
    writeScript(editor, 'where.py', script);
    files = makeTlsFiles(path.join(editor.home, 'pem'));
    [open, encrypted] = await Promise.all([
      DaskScheduler.start(path.join(editor.home, 'tcp')),
      DaskScheduler.start(path.join(editor.home, 'tls'), files),
    ]);
    window = await editor.openWindow();
    window.page.setDefaultTimeout(30_000);
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      await editor.keepPictures('attach');
    }
  });
  after(async () => {
    await Promise.all([open.end(), encrypted.end()]);
    await editor.dispose();
  });

  const cluster = (name: string): Locator => rows(window.page, 'Clusters').filter({ hasText: `${name}1 worker` });

  it('is asked for by its address and a name', async () => {
    const { page } = window;
    await openFile(page, 'where.py');
    await openDask(page);
    await welcomeButton(page, 'Clusters', title).click();
    await enter(page, `${title} (1/2)`, 'http://127.0.0.1:8786');
    await (await question(page, '(1/2)')).getByText('http:// is not a protocol of Dask.', { exact: false }).waitFor();
    await screenshot(page, 'attach-address');
    await enter(page, '(1/2)', open.address);
    assert.equal(await enter(page, `${title} (2/2)`, 'colleague'), open.address.replace('tcp://', ''));
    await cluster('colleague').waitFor();
    await screenshot(page, 'attached');
  });

  it('is asked for with the files of its encryption', async () => {
    const { page } = window;
    await pressInTitle(page, 'Clusters', title);
    assert.equal(await enter(page, `${title} (1/2)`, encrypted.address), open.address, 'the last address');
    await enter(page, '(2/2)', 'secure');
    const asked: [string, string][] = [
      ['Certificate of the Authority (ca)', files.ca],
      ['Your Certificate (cert)', files.cert],
      ['Key of Your Certificate (key)', files.key],
    ];
    for (const [what, file] of asked) {
      await chooseFile(page, `${title}: ${what}`, file);
    }
    await cluster('secure').waitFor();
    await cluster('colleague').waitFor();
    assert.deepEqual(await notifications(window), []);
    await screenshot(page, 'attached-both');
  });

  for (const name of ['colleague', 'secure']) {
    it(`runs the active file: ${name}`, async () => {
      const { page } = window;
      await chooseOnRow(cluster(name), 'Run Active File on This Cluster');
      const { address } = name === 'secure' ? encrypted : open;
      await panelShows(page, new RegExp(`on ${address} 7`));
      const run = rows(page, 'Runs').filter({ hasText: 'where.py' }).filter({ hasText: name });
      await run.locator('.codicon-pass').waitFor();
      await screenshot(page, `attached-run-${name}`);
    });
  }

  it('cannot be shut down, and goes on when it is detached', async () => {
    const { page } = window;
    for (const name of ['colleague', 'secure']) {
      await cluster(name).hover();
      assert.equal(await cluster(name).locator('.action-label[aria-label^="Shut Down"]').count(), 0);
      await pressOnRow(cluster(name), 'Detach from Scheduler');
      await cluster(name).waitFor({ state: 'detached' });
    }
    await view(page, 'Clusters').getByText('No cluster is running.', { exact: false }).waitFor();
    assert.deepEqual(readdirSync(path.join(editor.storage, 'attached')), []);
    assert.equal(await open.workers(), 1);
    assert.equal(await encrypted.workers(), 1);
    assert.deepEqual(clusterFolders(editor), [], 'no cluster of our own was started');
  });
});
