// VS Code's own server, which can be told to load an extension from its source folder and to run tests in it.
import path from 'node:path';
import { ensureCodeServer } from '../setup/codeServer.mjs';
import { ensureNode24 } from '../setup/node24.mjs';
import { cleanEnvironment, offline } from './environment.mjs';
import { freePort } from './freePort.mjs';
import { startServer } from './processGroup.mjs';
import { writeSettings } from './settings.mjs';

/**
 * @param {{home: string, env?: Record<string, string>, settings?: Record<string, unknown>}} options
 * @returns {Promise<{url: string, authority: string, userData: string, pid: number, stop: () => Promise<void>}>}
 */
export async function startTestServer({ home, env = {}, settings }) {
  const { server } = await ensureCodeServer();
  const data = path.join(home, 'server');
  const userData = path.join(data, 'data');
  await writeSettings(userData, settings);
  const port = await freePort();
  const options = ['--host', '127.0.0.1', '--port', String(port), '--without-connection-token'];
  options.push(
    '--accept-server-license-terms',
    '--server-data-dir',
    data,
    '--extensions-dir',
    path.join(home, 'extensions'),
  );
  options.push('--enable-smoke-test-driver', '--disable-telemetry', '--disable-workspace-trust');
  const { pid, stop } = await startServer(await ensureNode24(), [server, ...options], {
    name: 'VS Code',
    ready: /agent started/,
    log: path.join(home, 'logs', 'server.log'),
    env: { ...cleanEnvironment(), ...offline, ...env },
  });
  const authority = `127.0.0.1:${port}`;
  return { url: `http://${authority}/`, authority, userData, pid, stop };
}
