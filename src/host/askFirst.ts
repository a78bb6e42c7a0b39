import * as vscode from 'vscode';

import type { SetInProfile } from './settingsLocation';
import { folderFor } from './workspaceFolder';

const setting = 'dask.profiles';

/** Whether runs of a profile show their receipt first: its field `askFirst`. */
export class AskFirst {
  constructor(
    private readonly setIn: SetInProfile,
    /** Folder of the user's settings file. */
    private readonly userFolder: vscode.Uri,
  ) {}

  /**
   * Notes in the settings, where the profile is defined, that it is not asked about.
   * @param scope the file or folder that was run with it, absolute
   */
  async never(profile: string, scope: string): Promise<void> {
    const folder = folderFor(scope);
    const configuration = vscode.workspace.getConfiguration(undefined, folder?.uri ?? null);
    const found = configuration.inspect<Record<string, object>>(setting);
    const { workspaceFile } = vscode.workspace;
    const ofFolder = folder === undefined ? [] : [vscode.Uri.joinPath(folder.uri, '.vscode', 'settings.json')];
    const places = [
      { value: found?.workspaceFolderValue, target: vscode.ConfigurationTarget.WorkspaceFolder, files: ofFolder },
      {
        value: found?.workspaceValue,
        target: vscode.ConfigurationTarget.Workspace,
        files: workspaceFile === undefined ? ofFolder : [workspaceFile],
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
