import * as vscode from 'vscode';

import type { SettingsTarget } from '../contributions';
import type { FindSetting, TextSpan } from './settingsLocation';
import type { Settings } from './settings';

/** Opens the settings file that has the value, with the line selected; where none has it, the user's. */
export async function openSettings(settings: Settings, find: FindSetting, target: SettingsTarget): Promise<void> {
  const { setting, path = [] } = target;
  const reveal = (command: string, ...args: unknown[]): Promise<boolean> =>
    openAt([command, ...args], (text) => find(text, setting, path));
  const key = typeof path[0] === 'string' ? path[0] : undefined;
  const source = settings.source(setting, key);
  const place = source === 'default' ? settings.source(setting) : source;
  if (typeof place === 'object') {
    // VS Code's own command would ask for the folder.
    if (await reveal('vscode.open', vscode.Uri.joinPath(place.uri, '.vscode', 'settings.json'))) {
      return;
    }
  } else if (place === 'workspace' && (await reveal('workbench.action.openWorkspaceSettingsFile'))) {
    return;
  }
  if (await reveal('workbench.action.openSettingsJson')) {
    return;
  }
  // Settings of the machine, which a remote window has beside the user's.
  if (source === 'user' && vscode.env.remoteName !== undefined) {
    if (await reveal('workbench.action.openRemoteSettingsFile')) {
      return;
    }
  }
  await vscode.commands.executeCommand('workbench.action.openSettingsJson', {
    revealSetting: { key: setting, edit: true },
  });
}

async function openAt(
  [command, ...args]: [string, ...unknown[]],
  find: (text: string) => TextSpan | undefined,
): Promise<boolean> {
  await vscode.commands.executeCommand(command, ...args);
  const editor = vscode.window.activeTextEditor;
  const span = editor && find(editor.document.getText());
  if (editor === undefined || span === undefined) {
    return false;
  }
  const { document } = editor;
  const range = new vscode.Range(document.positionAt(span.offset), document.positionAt(span.offset + span.length));
  editor.selection = new vscode.Selection(range.start, range.end);
  editor.revealRange(range, vscode.TextEditorRevealType.InCenter);
  return true;
}
