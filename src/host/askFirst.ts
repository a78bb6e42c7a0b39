import * as vscode from 'vscode';

import type { SetInProfile } from './settingsLocation';

const setting = 'dask.profiles';

/** Whether runs of a profile show their receipt first: its field `askFirst`. */
export class AskFirst {
  constructor(
    private readonly setIn: SetInProfile,
    /** Folder of the user's settings file. */
    private readonly userFolder: vscode.Uri,
  ) {}

  /** Notes in the settings, where the profile is defined, that it is not asked about. */
  async never(profile: string): Promise<void> {
    const configuration = vscode.workspace.getConfiguration();
    const found = configuration.inspect<Record<string, object>>(setting);
    const { workspaceFile, workspaceFolders = [] } = vscode.workspace;
    const ofFolders = workspaceFolders.map(({ uri }) => vscode.Uri.joinPath(uri, '.vscode', 'settings.json'));
    const places = [
      { value: found?.workspaceFolderValue, target: vscode.ConfigurationTarget.WorkspaceFolder, files: ofFolders },
      {
        value: found?.workspaceValue,
        target: vscode.ConfigurationTarget.Workspace,
        files: workspaceFile === undefined ? ofFolders : [workspaceFile],
      },
      {
        value: found?.globalValue,
        target: vscode.ConfigurationTarget.Global,
        files: [vscode.Uri.joinPath(this.userFolder, 'settings.json')],
      },
    ];
    const place = places.find(({ value }) => value?.[profile] !== undefined);
    if (place?.value === undefined) {
      return;
    }
    for (const file of place.files) {
      if (await this.#edit(file, profile)) {
        return;
      }
    }
    const profiles = { ...place.value, [profile]: { ...place.value[profile], askFirst: false } };
    await configuration.update(setting, profiles, place.target);
  }

  /**
   * Changes that one field of a file: VS Code writes a setting as a whole, without the comments that are in it. False
   * where the file does not have the profile, or is being edited.
   */
  async #edit(file: vscode.Uri, profile: string): Promise<boolean> {
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === file.toString());
    if (open?.isDirty === true) {
      return false;
    }
    let text: string;
    try {
      text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(await vscode.workspace.fs.readFile(file));
    } catch {
      return false;
    }
    const changed = this.setIn(text, profile, ['askFirst'], false);
    if (changed === undefined) {
      return false;
    }
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(changed));
    return true;
  }
}
