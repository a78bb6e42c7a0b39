// A real VS Code from npm.
import path from 'node:path';
import { installTool, npm } from './npm.mjs';

/** code-server 4.139.1 carries VS Code 1.139.1. */
const version = '4.139.1';
const purpose = 'Fetching VS Code (code-server)';

/**
 * Its own post-install script compiles native modules that are not needed here, so it is not run:
 * the two installs that it would do besides are done here.
 * @returns {Promise<{entry: string, server: string}>} `entry`: code-server itself, with its `/proxy/PORT/`;
 *   `server`: VS Code's own server, which can be told to run tests
 */
export async function ensureCodeServer() {
  const folder = await installTool('code-server', version, [`code-server@${version}`], {
    purpose,
    finish: async (unfinished) => {
      const vscode = path.join(unfinished, 'node_modules', 'code-server', 'lib', 'vscode');
      await npm(['install', '--omit=dev'], { cwd: vscode, purpose });
      await npm(['install', '--omit=dev'], { cwd: path.join(vscode, 'extensions'), purpose });
    },
  });
  const home = path.join(folder, 'node_modules', 'code-server');
  return {
    entry: path.join(home, 'out', 'node', 'entry.js'),
    server: path.join(home, 'lib', 'vscode', 'out', 'server-main.js'),
  };
}
