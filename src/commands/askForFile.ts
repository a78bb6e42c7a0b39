import * as vscode from 'vscode';

import { CancelledError } from '../core/errors';
import { pickSingle } from '../host/quickSteps';

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
  const chosen = found.length === 0 ? undefined : await fromWorkspace(found);
  return chosen ?? fromDialog();
}

/** Undefined for a file that is not among them. */
async function fromWorkspace(found: readonly vscode.Uri[]): Promise<vscode.Uri | undefined> {
  const files = found
    .map((uri) => {
      const path = vscode.workspace.asRelativePath(uri);
      const name = path.lastIndexOf('/') + 1;
      return { label: path.slice(name), description: path.slice(0, Math.max(0, name - 1)), uri };
    })
    .sort((a, b) => a.description.localeCompare(b.description) || a.label.localeCompare(b.label));
  const items: FileItem[] = [
    ...files,
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    { label: '$(folder-opened) Choose another file…', alwaysShow: true },
  ];
  return (await pickSingle({ title: 'Run on Dask', placeholder: 'Which Python file is to run?', items })).uri;
}

async function fromDialog(): Promise<vscode.Uri> {
  const [uri] = (await vscode.window.showOpenDialog({ openLabel: 'Run on Dask', filters: { Python: ['py'] } })) ?? [];
  if (uri === undefined) {
    throw new CancelledError();
  }
  return uri;
}
