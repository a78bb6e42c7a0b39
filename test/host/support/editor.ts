import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startBrowserEditor, workbenchUrl, type BrowserEditor } from '../../../scripts/editor/browserEditor.mjs';
import { openBrowser } from '../../../scripts/editor/chromium.mjs';
import { endClusters, storageFolder } from '../../../scripts/editor/endClusters.mjs';
import { DriverServer, type HostConnection } from './driverServer';
import { lastOfLog, textsOf } from './evidence';

/** A variable that the test scripts set. */
export function required(name: 'DASK_TEST_PYTHON' | 'DASK_TEST_VSIX'): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set: run the tests with npm run test:host or npm run test:e2e.`);
  }
  return value;
}

/** One window: its page in the browser, and its extension host. */
export interface EditorWindow {
  page: Page;
  host: HostConnection;
}

export interface EditorOptions {
  /** Packaged extensions to install; default: the one that the test scripts have made. */
  vsix?: readonly string[];
  settings?: Record<string, unknown>;
  env?: Record<string, string>;
  viewport?: { width: number; height: number };
}

/**
 * Stops animations in each page. VS Code's spinners turn for as long as a run does, and without a graphics card each of
 * their frames is drawn by the processor: half of a core, which the windows then wait for.
 */
const stillPages = `addEventListener('DOMContentLoaded', () => {
  const still = new CSSStyleSheet();
  still.replaceSync('*, *::before, *::after { animation: none !important; transition: none !important; }');
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
})`;

/**
 * A VS Code server with the packaged extension, a copy of the examples, and windows in a browser. All state is in
 * `home`, so that an editor which was stopped can be started again, as after a crash or an hour.
 */
export class Editor {
  readonly #drivers: DriverServer;
  readonly #context: BrowserContext;
  #server: BrowserEditor;

  private constructor(
    readonly home: string,
    readonly workspace: string,
    private readonly options: EditorOptions,
    private readonly browser: Browser,
    context: BrowserContext,
    drivers: DriverServer,
    server: BrowserEditor,
  ) {
    this.#context = context;
    this.#drivers = drivers;
    this.#server = server;
  }

  static async start(options: EditorOptions = {}): Promise<Editor> {
    const home = await mkdtemp(path.join(tmpdir(), 'dask-editor-home-'));
    const workspace = path.join(home, 'workspace');
    await mkdir(workspace);
    await cp('examples', workspace, { recursive: true });
    const drivers = await DriverServer.listen();
    const server = await Editor.#serve(home, drivers, options);
    const browser = await openBrowser();
    const context = await browser.newContext({ viewport: options.viewport ?? { width: 1400, height: 900 } });
    await context.addInitScript(stillPages);
    return new Editor(home, workspace, options, browser, context, drivers, server);
  }

  /** The extension's storage folder on disk. */
  get storage(): string {
    return storageFolder(this.#server.userData);
  }

  async openWindow(): Promise<EditorWindow> {
    const page = await this.#context.newPage();
    const url = workbenchUrl(this.#server, { folder: this.workspace, extension: path.resolve('test/host/driver') });
    await page.goto(url, { waitUntil: 'commit' });
    const host = await this.#drivers.next();
    await page.locator('.monaco-workbench .part.statusbar').waitFor();
    return { page, host };
  }

  /** As `Developer: Reload Window` does: a new page and a new extension host. */
  async reload(window: EditorWindow): Promise<EditorWindow> {
    await window.page.reload({ waitUntil: 'commit' });
    return this.#loaded(window);
  }

  /** What the command `Developer: Reload Window` does: VS Code keeps what it can of its editors first. */
  async reloadByCommand(window: EditorWindow): Promise<EditorWindow> {
    const loaded = window.page.waitForEvent('domcontentloaded');
    await window.page.keyboard.press('F1');
    await window.page.locator('.quick-input-widget .quick-input-filter input').fill('>Developer: Reload Window');
    await window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Reload Window' }).first().click();
    await loaded;
    return this.#loaded(window);
  }

  async #loaded({ page }: EditorWindow): Promise<EditorWindow> {
    const host = await this.#drivers.next();
    await page.locator('.monaco-workbench .part.statusbar').waitFor();
    return { page, host };
  }

  /** SIGKILL to the extension host, then a new window: what a crash is. */
  async crash(window: EditorWindow): Promise<EditorWindow> {
    process.kill(await window.host.pid, 'SIGKILL');
    await window.host.closed;
    await window.page.close();
    return this.openWindow();
  }

  /** Ends the server and with it all extension hosts; clusters and runs go on. */
  async stopServer(): Promise<void> {
    await Promise.all(this.#context.pages().map((page) => page.close()));
    await this.#server.stop();
  }

  async startServer(): Promise<void> {
    this.#server = await Editor.#serve(this.home, this.#drivers, this.options);
  }

  /** Keeps pictures of all windows, and prints their texts and the end of the log, for whoever looks into a failed test. */
  async keepPictures(name: string): Promise<void> {
    for (const [index, page] of this.#context.pages().entries()) {
      await page.screenshot({ path: path.join('test-results', 'screenshots', `failed-${name}-${index}.png`) });
      process.stdout.write(`Window ${index}:\n${await textsOf(page)}\n`);
    }
    process.stdout.write(`Log:\n${await lastOfLog(this.#server.userData)}\n`);
  }

  /** Ends everything, clusters too. */
  async dispose(): Promise<void> {
    await this.browser.close();
    await this.#server.stop();
    await this.#drivers.close();
    await endClusters(this.storage);
    await rm(this.home, { recursive: true, force: true });
  }

  static #serve(home: string, drivers: DriverServer, options: EditorOptions): Promise<BrowserEditor> {
    return startBrowserEditor({
      home,
      vsix: options.vsix ?? [required('DASK_TEST_VSIX')],
      settings: { 'dask.python.interpreter': required('DASK_TEST_PYTHON'), ...options.settings },
      env: { DASK_TEST_SOCKET: drivers.socketPath, ...options.env },
      testDriver: true,
    });
  }
}
