import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { folderFor } from '../host/workspaceFolder';
import type { LogActions } from './log/logTiles';

/** What a log does in VS Code itself: clipboard, editors, save dialog. */
export class EditorActions implements LogActions {
  async copy(text: string): Promise<void> {
    await vscode.env.clipboard.writeText(text);
  }

  /** Where the user has files, else beside the panel: what was clicked in stays seen. */
  async openFile(path: string, line?: number, column = 1): Promise<void> {
    const position =
      line === undefined ? undefined : new vscode.Position(Math.max(0, line - 1), Math.max(0, column - 1));
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(path), {
      viewColumn: columnOfFiles(),
      ...(position === undefined ? {} : { selection: new vscode.Range(position, position) }),
    } satisfies vscode.TextDocumentShowOptions);
  }

  async saveCopy(path: string, fileName: string): Promise<void> {
    const folder = folderFor(undefined)?.uri ?? vscode.Uri.file(dirname(path));
    const target = await vscode.window.showSaveDialog({
      defaultUri: vscode.Uri.joinPath(folder, fileName),
      title: `Save ${basename(path)}`,
      saveLabel: 'Save',
    });
    if (target) {
      await vscode.workspace.fs.copy(vscode.Uri.file(path), target, { overwrite: true });
    }
  }
}

function columnOfFiles(): vscode.ViewColumn {
  const { activeTextEditor, tabGroups } = vscode.window;
  const other = tabGroups.all.find((group) => group !== tabGroups.activeTabGroup);
  return activeTextEditor?.viewColumn ?? other?.viewColumn ?? vscode.ViewColumn.Beside;
}
