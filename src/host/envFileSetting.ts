import { resolve } from 'node:path';
import * as vscode from 'vscode';

const usual = '${workspaceFolder}/.env';

/**
 * The file with variables for what is run in a folder, absolute: the Python extension's setting `python.envFile`, as that
 * resolves it, or its default where it is not installed. Undefined where the setting is empty. The file is read here and
 * not asked for there, as the extension's call for it keeps its answer until a watcher has told of a change, and mixes it
 * with the variables of the process.
 */
export function envFileOf(workspaceFolder: string): string | undefined {
  const configuration = vscode.workspace.getConfiguration('python', vscode.Uri.file(workspaceFolder));
  const setting = configuration.get<unknown>('envFile');
  const text = typeof setting === 'string' ? setting.trim() : usual;
  return text === '' ? undefined : resolve(workspaceFolder, withVariables(text, workspaceFolder));
}

function withVariables(text: string, workspaceFolder: string): string {
  return text.replace(/\$\{([^}]*)\}/g, (match, name: string) => {
    if (name === 'workspaceFolder' || name === 'workspaceRoot') {
      return workspaceFolder;
    }
    const [, kind, rest] = /^(workspaceFolder|env)[:.](.*)$/.exec(name) ?? [];
    if (kind === 'env' && rest !== undefined) {
      return process.env[rest] ?? '';
    }
    const named = vscode.workspace.workspaceFolders?.find((folder) => kind !== undefined && folder.name === rest);
    return named?.uri.fsPath ?? match;
  });
}
