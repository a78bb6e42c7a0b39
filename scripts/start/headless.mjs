// npm start -- --headless FILE [args…]: a run without a window, for a terminal or a script.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { startBrowserEditor, workbenchUrl } from '../editor/browserEditor.mjs';
import { openBrowser } from '../editor/chromium.mjs';
import { root } from '../setup/paths.mjs';
import { SetupError } from '../setup/setupError.mjs';
import { copyOutput } from './copyOutput.mjs';
import { listenForDriver } from './driverSocket.mjs';
import { prepare, prepareCloud } from './home.mjs';
import { onParentEnd } from './parentEnd.mjs';

const windowSeconds = 120;

/**
 * @param {string} given path of the file, relative to where npm was called
 * @param {string[]} args
 * @param {'emulator'} [cloud]
 * @returns {Promise<number>} the run's exit code; 128 and the signal's number after a signal; 2 where there is no such file
 */
export async function headless(given, args, cloud) {
  const file = path.resolve(process.env['INIT_CWD'] ?? process.cwd(), given);
  if (!existsSync(file)) {
    console.error(`${file} does not exist.`);
    return 2;
  }
  const cancel = new AbortController();
  const interrupted = onInterrupt(cancel);
  const { home, python, vsix, settings } = await prepare(cloud === undefined ? 'start' : 'start-cloud');
  const sockets = await mkdtemp(path.join(tmpdir(), 'dask-headless-'));
  const socket = process.platform === 'win32' ? `\\\\.\\pipe\\${path.basename(sockets)}` : path.join(sockets, 'driver');
  const undo = [() => rm(sockets, { recursive: true, force: true })];
  try {
    const google = await prepareCloud(cloud, python, { askFirst: false });
    undo.push(() => google.stop());
    const driver = await listenForDriver(socket);
    undo.push(() => driver.close());
    const editor = await startBrowserEditor({
      home,
      vsix,
      settings: { ...settings, ...google.settings },
      testDriver: true,
      env: { ...google.env, DASK_HEADLESS_SOCKET: socket },
    });
    undo.push(() => editor.stop());
    const browser = await openBrowser();
    undo.push(() => browser.close());
    const page = await browser.newPage();
    const url = workbenchUrl(editor, { folder: workspaceOf(file), extension: path.join(root, 'scripts', 'driver') });
    await page.goto(url, { waitUntil: 'commit' });
    const arrival = await driver.arrival({ signal: cancel.signal, seconds: windowSeconds });
    if (arrival === 'late') {
      throw new SetupError(
        `The window of VS Code did not load within ${windowSeconds} s. What its server said is in ${path.join(home, 'logs')}.`,
      );
    }
    if (arrival === 'cancelled') {
      return 130;
    }
    return await follow({ driver, page, file, args, cancel });
  } finally {
    interrupted.dispose();
    for (const step of undo.reverse()) {
      await step();
    }
  }
}

async function follow({ driver, page, file, args, cancel }) {
  const stage = driver.on('progress', showProgress());
  const completed = driver.next(['completed', 'failed']);
  const ended = driver.next(['ended', 'failed']);
  driver.send({ kind: 'run', file, args });
  cancel.signal.addEventListener('abort', () => driver.send({ kind: 'cancel' }));
  const started = await driver.next(['started', 'notStarted', 'failed']);
  if (started.kind !== 'started') {
    console.error(started.message ?? (await notifications(page)) ?? 'The run did not start.');
    return 1;
  }
  if (cancel.signal.aborted) {
    driver.send({ kind: 'cancel' });
  }
  await copyOutput(path.join(started.folder, 'output.log'), completed, process.stdout);
  // Its cluster is released by then: nothing runs on when this process has gone.
  const { kind, message, state, exitCode, signal } = await ended;
  stage.dispose();
  if (message !== undefined && !(state === 'failed' && exitCode !== undefined)) {
    console.error(message);
  }
  if (kind === 'failed') {
    return 1;
  }
  if (typeof signal === 'string') {
    return 128 + (constants.signals[signal] ?? 0);
  }
  return exitCode ?? (state === 'cancelled' ? 130 : 1);
}

/** Each stage once, on stderr: stdout is the run's. */
function showProgress() {
  let shown;
  return ({ text }) => {
    if (text !== shown) {
      shown = text;
      console.error(`[${text}]`);
    }
  };
}

/** The folder that the window opens: its settings hold for the file. */
function workspaceOf(file) {
  return path.dirname(file);
}

/** What the window tells its user: messages of the product. */
async function notifications(page) {
  const messages = page.locator('.notification-list-item-message');
  await messages
    .first()
    .waitFor({ timeout: 5_000 })
    .catch(() => undefined);
  const texts = await messages.allInnerTexts();
  return texts.length > 0 ? texts.join('\n') : undefined;
}

/** The first Ctrl-C cancels the run; the second one ends this at once. */
function onInterrupt(cancel) {
  const listener = () => {
    if (cancel.signal.aborted) {
      process.exit(130);
    }
    console.error('Cancelling. Press Ctrl-C again to leave at once.');
    cancel.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  signals.forEach((signal) => process.on(signal, listener));
  const parent = onParentEnd(listener);
  return {
    dispose: () => {
      parent.dispose();
      signals.forEach((signal) => process.off(signal, listener));
    },
  };
}
