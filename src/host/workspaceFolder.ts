import * as vscode from 'vscode';

import { activeFile } from './activeFile';

/**
 * The folder of the workspace whose settings, interpreter and `${workspaceFolder}` count for a file: that which holds it.
 * For what is in none of them, and without a file, it is the folder of the file in front, else the first one.
 *
 * @param scope a file or folder, absolute
 */
export function folderFor(scope: string | undefined): vscode.WorkspaceFolder | undefined {
  return holding(scope) ?? around(activeFile()) ?? vscode.workspace.workspaceFolders?.[0];
}

/** What VS Code and other extensions are asked about: the file itself where it is in a folder, else that folder. */
export function resourceFor(scope: string | undefined): vscode.Uri | undefined {
  return scope !== undefined && holding(scope) !== undefined ? vscode.Uri.file(scope) : folderFor(scope)?.uri;
}

function holding(scope: string | undefined): vscode.WorkspaceFolder | undefined {
  return scope === undefined ? undefined : around(vscode.Uri.file(scope));
}

function around(uri: vscode.Uri | undefined): vscode.WorkspaceFolder | undefined {
  return uri && vscode.workspace.getWorkspaceFolder(uri);
}
