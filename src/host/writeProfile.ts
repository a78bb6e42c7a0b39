import * as vscode from 'vscode';

import type { InsertProfile } from './settingsLocation';

const setting = 'dask.profiles';

/**
 * Adds a profile to the user's or the workspace's settings. VS Code writes a setting as a whole, and comments inside it
 * would be gone: where there are profiles already, the file is edited as a person would do it.
 */
export async function writeProfile(
  insert: InsertProfile,
  name: string,
  value: Readonly<Record<string, unknown>>,
  where: 'user' | 'workspace',
): Promise<void> {
  const configuration = vscode.workspace.getConfiguration();
  const found = configuration.inspect<Record<string, unknown>>(setting);
  const present = where === 'user' ? found?.globalValue : found?.workspaceValue;
  if (present !== undefined && Object.keys(present).length > 0 && (await editFile(insert, name, value, where))) {
    return;
  }
  const target = where === 'user' ? vscode.ConfigurationTarget.Global : vscode.ConfigurationTarget.Workspace;
  await configuration.update(setting, { ...present, [name]: value }, target);
}

/** False where the profiles are not in the file that VS Code opens, as settings of a remote machine are not. */
async function editFile(
  insert: InsertProfile,
  name: string,
  value: Readonly<Record<string, unknown>>,
  where: 'user' | 'workspace',
): Promise<boolean> {
  await vscode.commands.executeCommand(
    where === 'user' ? 'workbench.action.openSettingsJson' : 'workbench.action.openWorkspaceSettingsFile',
  );
  const editor = vscode.window.activeTextEditor;
  const spot = editor?.document.isDirty === false ? insert(editor.document.getText(), name, value) : undefined;
  if (editor === undefined || spot === undefined) {
    return false;
  }
  const { document } = editor;
  // By the editor, not by its address: in a remote window that is the address of another copy of the file, too.
  const edited = await editor.edit((edit) => {
    for (const { offset, length, content } of spot) {
      edit.replace(new vscode.Range(document.positionAt(offset), document.positionAt(offset + length)), content);
    }
  });
  await vscode.commands.executeCommand('workbench.action.files.save');
  return edited;
}
