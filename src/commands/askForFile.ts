import * as vscode from 'vscode';

import { CancelledError } from '../core/errors';

/** Folders of packages, caches and environments: nobody runs what is in them. */
const notOwn = '**/{site-packages,node_modules,__pycache__,.venv,venv,.tox,.nox,.git}/**';

/** More than so many are not read through: whoever has them chooses by the dialog. */
const mostFiles = 2_000;

interface FileItem extends vscode.QuickPickItem {
  uri?: vscode.Uri;
}

/**
 * Asks which Python file to run, of those in the workspace or of any other.
 *
 * @throws CancelledError when none is chosen
 */
export async function askForFile(): Promise<vscode.Uri> {
  const found = await vscode.workspace.findFiles('**/*.py', notOwn, mostFiles);
  const chosen: FileItem | undefined = found.length === 0 ? { label: '' } : await choose(found);
  if (chosen === undefined) {
    throw new CancelledError();
  }
  const uri = chosen.uri ?? (await fromDialog());
  if (uri === undefined) {
    throw new CancelledError();
  }
  return uri;
}

function choose(found: readonly vscode.Uri[]): Thenable<FileItem | undefined> {
  const files = found
    .map((uri): FileItem & { uri: vscode.Uri } => {
      const path = vscode.workspace.asRelativePath(uri);
      const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
      return { label: path.slice(path.lastIndexOf('/') + 1), description: folder, uri };
    })
    .sort((a, b) => (a.description ?? '').localeCompare(b.description ?? '') || a.label.localeCompare(b.label));
  const other: FileItem = { label: '$(folder-opened) Choose another file…', alwaysShow: true };
  const items: FileItem[] = [...files, { label: '', kind: vscode.QuickPickItemKind.Separator }, other];
  return vscode.window.showQuickPick(items, {
    title: 'Run on Dask',
    placeHolder: 'Which Python file is to run?',
    matchOnDescription: true,
  });
}

async function fromDialog(): Promise<vscode.Uri | undefined> {
  const [uri] = (await vscode.window.showOpenDialog({ openLabel: 'Run on Dask', filters: { Python: ['py'] } })) ?? [];
  return uri;
}
