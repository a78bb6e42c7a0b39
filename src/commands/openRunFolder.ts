import * as vscode from 'vscode';

import type { RunTarget } from '../contributions';
import { pickSingle } from '../host/quickSteps';
import type { CommandParts } from './commandParts';
import { pickRun } from './pickRun';

/** Shows the run's files: in the file manager on a desktop, else as a list to open them from. */
export function openRunFolder(parts: Pick<CommandParts, 'runs'>) {
  return async (target?: RunTarget): Promise<void> => {
    const { record } = await pickRun(parts, target, {
      title: 'Open Run Folder',
      none: 'There is no run.',
      which: () => true,
    });
    const folder = vscode.Uri.file(record.folder);
    if (vscode.env.remoteName === undefined && vscode.env.uiKind === vscode.UIKind.Desktop) {
      await vscode.commands.executeCommand('revealFileInOS', folder);
      return;
    }
    const entries = await vscode.workspace.fs.readDirectory(folder);
    const files = entries.filter(([, type]) => type === vscode.FileType.File).map(([label]) => ({ label }));
    const { label } = await pickSingle({
      title: `Files of ${record.name}`,
      placeholder: record.folder,
      items: [
        ...files.filter(({ label }) => label === 'output.log'),
        ...files.filter(({ label }) => label !== 'output.log'),
      ],
    });
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.joinPath(folder, label));
  };
}
