import * as vscode from 'vscode';

import type { FileTarget } from '../contributions';
import { UserError } from '../core/errors';
import { activeFile, isPythonFile } from '../host/activeFile';
import { selectedFiles } from './selectedFiles';

export interface PickedFiles {
  files: readonly vscode.Uri[];
  /** Selected, and no Python files. */
  leftOut: readonly vscode.Uri[];
}

/**
 * The files that a command is about: see {@link selectedFiles}; without a target the active editor's.
 *
 * @throws UserError where there is none of these
 */
export function pickFiles(target: vscode.Uri | FileTarget | undefined, selected?: unknown): PickedFiles {
  const uri = target === undefined ? undefined : uriOf(target);
  const others = Array.isArray(selected) ? selected.map(uriOf).filter((other) => other !== undefined) : [];
  if (uri !== undefined) {
    return selectedFiles(uri, others, isPythonFile);
  }
  const active = activeFile();
  if (active === undefined) {
    throw new UserError({
      code: 'noFile',
      what: 'There is no file to run.',
      why: 'No editor with a file is active.',
      next: 'Open a Python file, or right-click one in the Explorer.',
    });
  }
  return { files: [active], leftOut: [] };
}

function uriOf(value: unknown): vscode.Uri | undefined {
  if (value instanceof vscode.Uri) {
    return value;
  }
  const inner = typeof value === 'object' && value !== null && 'uri' in value ? value.uri : undefined;
  return inner instanceof vscode.Uri ? inner : undefined;
}
