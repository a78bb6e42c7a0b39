// VS Code in the browser, as users of code-server have it, with the packaged extension installed.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastLines, run } from '../setup/command.mjs';
import { ensureCodeServer } from '../setup/codeServer.mjs';
import { withLock } from '../setup/lock.mjs';
import { ensureNode24 } from '../setup/node24.mjs';
import { SetupError } from '../setup/setupError.mjs';
import { cleanEnvironment, offline } from './environment.mjs';
import { freePort } from './freePort.mjs';
import { openGate } from './gate.mjs';
import { startServer } from './processGroup.mjs';
import { writeSettings } from './settings.mjs';

/**
 * @typedef {object} EditorOptions
 * @property {string} home folder that keeps the editor's user data and extensions between starts
 * @property {readonly string[]} vsix packaged extensions to install
 * @property {number} [port] a port to prefer
 * @property {Record<string, unknown>} [settings]
 * @property {Record<string, string>} [env]
 * @property {boolean} [trustEverything] no folder has to be trusted first; default true
 * @property {boolean} [testDriver] accept `?payload=` with extensions under development
 */

/**
 * @param {EditorOptions} options
 * @returns {Promise<{url: string, authority: string, secret: string, userData: string, pid: number, stop: () => Promise<void>, pid: number}>}
 *   `secret` goes into the first URL as `key`: see gate.mjs
 */
export async function startBrowserEditor({
  home,
  vsix,
  port,
  settings,
  env = {},
  trustEverything = true,
  testDriver = false,
}) {
  const { entry } = await ensureCodeServer();
  const node = await ensureNode24();
  const userData = path.join(home, 'user-data');
  const extensions = path.join(home, 'extensions');
  const common = ['--config', await writeConfig(home), '--user-data-dir', userData, '--extensions-dir', extensions];
  const environment = { ...cleanEnvironment(), ...(testDriver ? offline : {}), ...env };
  await writeSettings(userData, settings);
  await installOnce({ node, entry, common, vsix, home, environment });

  const chosen = await freePort(port);
  const sockets = await mkdtemp(path.join(tmpdir(), 'dask-editor-'));
  const socket = path.join(sockets, 'http');
  const options = ['--auth', 'none', '--socket', socket, '--socket-mode', '600', '--disable-telemetry'];
  options.push('--session-socket', path.join(sockets, 'session'), '--disable-update-check');
  options.push('--disable-getting-started-override', '--ignore-last-opened');
  options.push('--app-name', 'Dask Cluster Explorer');
  if (trustEverything) {
    options.push('--disable-workspace-trust');
  }
  if (testDriver) {
    options.push('--vscode-option', 'enable-smoke-test-driver');
  }
  const server = await startServer(node, [entry, ...common, ...options], {
    name: 'VS Code',
    ready: /HTTP server listening on/,
    log: path.join(home, 'logs', `code-server-${chosen}.log`),
    env: environment,
  });
  const gate = await openGate({ port: chosen, socket });
  const stop = async () => {
    gate.close();
    await server.stop();
    await rm(sockets, { recursive: true, force: true });
  };
  return { ...gate, userData, pid: server.pid, stop };
}

/** code-server would write one into the home directory otherwise. */
async function writeConfig(home) {
  const file = path.join(home, 'config.yaml');
  await mkdir(home, { recursive: true });
  await writeFile(file, '{}\n');
  return file;
}

/** Installs the extensions unless these very packages are installed. */
async function installOnce({ node, entry, common, vsix, home, environment }) {
  const hash = createHash('sha256');
  for (const file of vsix) {
    hash.update(await readFile(file));
  }
  const wanted = hash.digest('hex');
  const stamp = path.join(home, 'installed.sha256');
  await withLock(path.join(home, 'install.lock'), async () => {
    if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) {
      return;
    }
    const install = vsix.flatMap((file) => ['--install-extension', file]);
    const result = await run(node, [entry, ...common, ...install, '--force'], { env: environment });
    if (result.code !== 0) {
      throw new SetupError(`Installing the extension failed:\n${lastLines(result)}`);
    }
    await writeFile(stamp, wanted);
  });
}

/**
 * URL of the workbench, with the key to it.
 * @param {{folder?: string, extension?: string, tests?: string}} what `extension`: the folder of one under
 *   development, which this window loads too (VS Code takes one such path); `tests`: a module whose `run()` it calls
 */
export function workbenchUrl({ url, authority, secret }, { folder, extension, tests }) {
  const query = new URLSearchParams(secret === undefined ? {} : { key: secret });
  if (folder === undefined) {
    query.set('ew', 'true');
  } else {
    query.set('folder', folder);
  }
  const remote = (file) => `vscode-remote://${authority}${file}`;
  const payload = [];
  if (extension !== undefined) {
    payload.push(['extensionDevelopmentPath', remote(extension)]);
  }
  if (tests !== undefined) {
    payload.push(['extensionTestsPath', remote(tests)]);
  }
  if (payload.length > 0) {
    query.set('payload', JSON.stringify(payload));
  }
  return `${url}?${query}`;
}
