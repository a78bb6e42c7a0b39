// The extension host's end of test/host/support/driverServer.ts: runs functions that a test sends, and answers.
const net = require('node:net');
const process = require('node:process');
const vscode = require('vscode');

/** @param {import('vscode').ExtensionContext} context */
exports.activate = (context) => {
  const socketPath = process.env['DASK_TEST_SOCKET'];
  if (socketPath === undefined) {
    return;
  }
  const socket = net.connect(socketPath);
  const tell = (message) => socket.write(`${JSON.stringify(message)}\n`);
  const kept = {};
  let text = '';
  socket.setEncoding('utf8').on('data', (data) => {
    text += data;
    const lines = text.split('\n');
    text = lines.pop();
    lines.forEach((line) => void answer(JSON.parse(line)));
  });
  socket.on('error', () => undefined);
  context.subscriptions.push({ dispose: () => socket.destroy() });
  tell({ hello: { pid: process.pid } });

  async function answer({ id, source, args }) {
    try {
      const action = (0, eval)(`(${source})`);
      tell({ id, value: (await action({ vscode, kept, require }, ...args)) ?? null });
    } catch (error) {
      tell({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
};
