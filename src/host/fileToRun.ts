import * as vscode from 'vscode';

import { CancelledError, UserError } from '../core/errors';

/**
 * Path of a file that is ready to run: on this machine, and saved. An untitled one is saved under a
 * name that the user chooses.
 *
 * @throws CancelledError when the user does not choose one
 * @throws UserError when the file is somewhere that Python cannot read, or cannot be saved
 */
export async function fileToRun(uri: vscode.Uri): Promise<string> {
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
  let saved: vscode.Uri | undefined = uri;
  if (document !== undefined && (document.isDirty || document.isUntitled)) {
    saved = await vscode.workspace.save(uri);
    if (saved === undefined && document.isUntitled) {
      throw new CancelledError();
    }
    if (saved === undefined) {
      throw new UserError({
        code: 'fileNotSaved',
        what: `${name(uri)} could not be saved.`,
        next: 'Save it, and run it again.',
      });
    }
  }
  if (saved.scheme !== 'file') {
    throw new UserError({
      code: 'fileNotOnDisk',
      what: `${name(uri)} cannot be run.`,
      why: 'It is not a file on the machine where Python runs.',
      next: 'Save it into a folder there, and run that file.',
    });
  }
  return saved.fsPath;
}

function name(uri: vscode.Uri): string {
  return uri.path.split('/').at(-1) ?? uri.path;
}
