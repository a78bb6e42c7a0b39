import * as vscode from 'vscode';

import type { RunTarget } from '../contributions';
import { UserError } from '../core/errors';
import type { RunRecord } from '../core/run';
import type { CommandParts } from './commandParts';
import { pickRun } from './pickRun';

/** Opens the file that was run, at the line where it failed. */
export function openRunFile(parts: Pick<CommandParts, 'runs'>) {
  return async (target?: RunTarget): Promise<void> => {
    const { record } = await pickRun(parts, target, {
      title: 'Go to File',
      none: 'There is no run of a file.',
      which: (run) => run.request.target.kind === 'file',
    });
    const path = pathOf(record);
    const line = record.error?.location?.file === path ? record.error.location.line - 1 : undefined;
    try {
      const position = line === undefined ? undefined : new vscode.Range(line, 0, line, 0);
      await vscode.window.showTextDocument(vscode.Uri.file(path), position && { selection: position });
    } catch (cause) {
      throw new UserError({
        code: 'fileGone',
        what: `${path} cannot be opened.`,
        why: cause instanceof Error ? cause.message : String(cause),
        next: 'It may have been moved or deleted since it ran.',
        cause,
      });
    }
  };
}

function pathOf({ name, request: { target } }: RunRecord): string {
  if (target.kind !== 'file') {
    throw new UserError({
      code: 'runOfFunction',
      what: `${name} ran a function, and has no file of its own.`,
      next: `Look for it in the module ${target.module}.`,
    });
  }
  return target.path;
}
