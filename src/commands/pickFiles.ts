import * as vscode from 'vscode';

import type { FileTarget } from '../contributions';
import { activeFile, isPythonFile } from '../host/activeFile';
import { askForFile } from './askForFile';
import { selectedFiles } from './selectedFiles';

export interface PickedFiles {
  files: readonly vscode.Uri[];
  /** Selected, and no Python files. */
  leftOut: readonly vscode.Uri[];
}

/**
 * The files that a command is about: see {@link selectedFiles}; without a target the active editor's, and where no file is
 * in front, as on a page of welcome, the one that the user chooses.
 *
 * @throws CancelledError when none is chosen
 */
export async function pickFiles(target: vscode.Uri | FileTarget | undefined, selected?: unknown): Promise<PickedFiles> {
  const uri = target === undefined ? undefined : uriOf(target);
  const others = Array.isArray(selected) ? selected.map(uriOf).filter((other) => other !== undefined) : [];
  if (uri !== undefined) {
    return selectedFiles(uri, others, isPythonFile);
  }
  return { files: [activeFile() ?? (await askForFile())], leftOut: [] };
}

function uriOf(value: unknown): vscode.Uri | undefined {
  if (value instanceof vscode.Uri) {
    return value;
  }
  const inner = typeof value === 'object' && value !== null && 'uri' in value ? value.uri : undefined;
  return inner instanceof vscode.Uri ? inner : undefined;
}
