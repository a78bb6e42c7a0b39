import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startBrowserEditor, workbenchUrl, type BrowserEditor } from '../../scripts/editor/browserEditor.mjs';
import { openBrowser } from '../../scripts/editor/chromium.mjs';
import { required } from '../host/support/editor';
import { runCommand, screenshot } from './screen';

describe('A folder that is not trusted', () => {
  let home: string;
  let server: BrowserEditor;
  let browser: Browser;
  let page: Page;
  const dask = (): ReturnType<Page['locator']> => page.locator('.activitybar .action-item a[aria-label^="Dask"]');

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'dask-untrusted-'));
    const folder = path.join(home, 'workspace');
    await cp('examples', folder, { recursive: true });
    server = await startBrowserEditor({
      home,
      vsix: [required('DASK_TEST_VSIX')],
      settings: { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'never' },
      trustEverything: false,
      testDriver: true,
    });
    browser = await openBrowser();
    page = await (await browser.newContext({ viewport: { width: 1400, height: 900 } })).newPage();
    await page.goto(workbenchUrl(server, { folder }), { waitUntil: 'commit' });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      await screenshot(page, 'failed-untrusted');
    }
  });
  after(async () => {
    await browser.close();
    await server.stop();
    await rm(home, { recursive: true, force: true });
  });

  it('has no command and no view of Dask, and VS Code says why', async () => {
    await page.locator('.banner, .part.banner').getByText('Restricted Mode').waitFor();
    await page.keyboard.press('F1');
    await page.locator('.quick-input-widget .quick-input-filter input').fill('>Dask:');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'No matching commands' }).waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await dask().count(), 0);
    await runCommand(page, 'Extensions: Show Installed Extensions');
    const row = page.locator('.extensions-list .monaco-list-row', { hasText: 'Dask Cluster Explorer' }).first();
    await row.click();
    await page.locator('.extension-editor').getByText('Both need your trust.').waitFor();
    await screenshot(page, 'untrusted');
  });

  it('has them as soon as it is trusted', async () => {
    await runCommand(page, 'Workspaces: Manage Workspace Trust');
    await page.locator('.workspace-trust-editor').getByRole('button', { name: 'Trust', exact: true }).click();
    await dask().waitFor();
    await page
      .locator('.monaco-modal-editor-block')
      .getByRole('button', { name: /^Close/ })
      .first()
      .click();
    await dask().click();
    await page.locator('.sidebar .pane-header', { hasText: 'Clusters' }).waitFor();
  });
});
