// The extension host's end of `npm start -- --headless FILE`: calls the command that a right click calls,
// and tells the launcher, over a socket that only this user may open, where the run keeps its files.
const net = require('node:net');
const process = require('node:process');
const vscode = require('vscode');

const extensionId = 'daskexplorer.dask-cluster-explorer';

/** @param {vscode.ExtensionContext} context */
exports.activate = (context) => {
  const socketPath = process.env['DASK_HEADLESS_SOCKET'];
  if (socketPath === undefined) {
    return;
  }
  const socket = net.connect(socketPath);
  const tell = (message) => socket.write(`${JSON.stringify(message)}\n`);
  let active;
  let text = '';
  socket.setEncoding('utf8').on('data', (data) => {
    text += data;
    const lines = text.split('\n');
    text = lines.pop();
    for (const message of lines.map((line) => JSON.parse(line))) {
      if (message.kind === 'run') {
        start(message).catch((error) =>
          tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
        );
      } else if (message.kind === 'cancel') {
        active?.cancel().then(undefined, (error) => tell({ kind: 'note', message: String(error) }));
      }
    }
  });
  socket.on('error', () => undefined);
  context.subscriptions.push({ dispose: () => socket.destroy() });

  async function start({ file, args }) {
    const extension = vscode.extensions.getExtension(extensionId);
    if (extension === undefined) {
      throw new Error(`${extensionId} is not installed in this VS Code.`);
    }
    const api = await extension.activate();
    const id = await vscode.commands.executeCommand('dask.run.file', { uri: vscode.Uri.file(file), args });
    active = api.runs().find((run) => run.id === id);
    if (active === undefined) {
      // The command has shown why: the launcher reads it off the screen. This window shows no toasts, but their list.
      await vscode.commands.executeCommand('notifications.showList');
      tell({ kind: 'notStarted' });
      return;
    }
    tell({ kind: 'started', folder: active.record.folder });
    const progress = () => tell({ kind: 'progress', text: active.record.progress ?? active.state });
    context.subscriptions.push(active.onDidChange(progress));
    progress();
    await active.completed;
    tell({ kind: 'completed' });
    const { state, exitCode, signal, error } = await active.ended;
    tell({ kind: 'ended', state, exitCode, signal, message: error?.message });
  }
};
