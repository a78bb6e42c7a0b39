import * as vscode from 'vscode';

import { resourceFor } from './workspaceFolder';

/** The part of the Python extension's API that is used, as its package `@vscode/python-extension` 1.0 describes it. */
interface PythonApi {
  environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(environment: { path: string }): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
  };
}

/**
 * Path of the interpreter that was chosen in the Python extension for a file; undefined where that is not
 * installed, or none is chosen. Activates it.
 *
 * @param scope a file or folder, absolute
 */
export async function activeInterpreter(scope: string | undefined): Promise<string | undefined> {
  const extension = vscode.extensions.getExtension<Partial<PythonApi> | undefined>('ms-python.python');
  if (extension === undefined) {
    return undefined;
  }
  const api = extension.isActive ? extension.exports : await extension.activate();
  const environments = api?.environments;
  if (environments === undefined) {
    return undefined;
  }
  // The path may be a folder, and may have gone: only a resolved environment has an executable.
  const resolved = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(resourceFor(scope)));
  return resolved?.executable.uri?.fsPath;
}
