import * as vscode from 'vscode';

/** The part of the Python extension's API that is used, as its package `@vscode/python-extension` 1.0 describes it. */
interface PythonApi {
  environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(environment: { path: string }): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
  };
}

/**
 * Path of the interpreter that was chosen in the Python extension; undefined where that is not
 * installed, or none is chosen. Activates it.
 */
export async function activeInterpreter(): Promise<string | undefined> {
  const extension = vscode.extensions.getExtension<Partial<PythonApi> | undefined>('ms-python.python');
  if (extension === undefined) {
    return undefined;
  }
  const api = extension.isActive ? extension.exports : await extension.activate();
  const environments = api?.environments;
  if (environments === undefined) {
    return undefined;
  }
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  // The path may be a folder, and may have gone: only a resolved environment has an executable.
  const resolved = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(folder));
  return resolved?.executable.uri?.fsPath;
}
