import * as vscode from 'vscode';

import { settingDefaults, type CommandArguments, type CommandId, type SettingId } from '../contributions';
import type { ErrorAction } from '../core/errors';

/** What an error's buttons need from the rest. */
export interface ErrorActionParts {
  install(interpreter: string): Promise<void>;
  useManagedEnvironment(): Promise<void>;
}

/** Does what a button on an error message says. */
export async function performErrorAction(action: ErrorAction, parts: ErrorActionParts): Promise<void> {
  switch (action.kind) {
    case 'openSettings': {
      const { setting, path } = action;
      if (isSetting(setting)) {
        await execute('dask.profile.openSettings', path === undefined ? { setting } : { setting, path });
      } else {
        await vscode.commands.executeCommand('workbench.action.openSettings', setting);
      }
      return;
    }
    case 'showLog':
      await execute('dask.log.show');
      return;
    case 'showRun':
      await execute('dask.run.showLogs', { runId: action.runId });
      return;
    case 'installDask':
      await parts.install(action.interpreter);
      return;
    case 'useManagedEnvironment':
      await parts.useManagedEnvironment();
      return;
    case 'selectInterpreter':
      await selectInterpreter();
      return;
    case 'openUrl':
      await vscode.env.openExternal(vscode.Uri.parse(action.url));
      return;
  }
}

/** The Python extension's own choice where that is installed, else a file for our setting. */
async function selectInterpreter(): Promise<void> {
  if (vscode.extensions.getExtension('ms-python.python') !== undefined) {
    await vscode.commands.executeCommand('python.setInterpreter');
    return;
  }
  const [file] =
    (await vscode.window.showOpenDialog({ title: 'Python Interpreter', openLabel: 'Use Interpreter' })) ?? [];
  if (file !== undefined) {
    await vscode.workspace
      .getConfiguration()
      .update('dask.python.interpreter', file.fsPath, vscode.ConfigurationTarget.Global);
  }
}

function isSetting(text: string): text is SettingId {
  return Object.hasOwn(settingDefaults, text);
}

async function execute<C extends CommandId>(id: C, ...args: CommandArguments[C]): Promise<void> {
  await vscode.commands.executeCommand(id, ...args);
}
