import type { Uri } from 'vscode';

import type { ScriptTarget } from '../contributions';
import type { CommandParts } from './commandParts';
import { pickFiles } from './pickFiles';
import { leftOutText } from './selectedFiles';
import { startFile } from './startFile';

/** Runs files with the default profile; menus pass no arguments. Gives back the id of the first run. */
export function runFile(parts: Pick<CommandParts, 'runs' | 'follower' | 'settings' | 'boundary'>) {
  return async (target?: Uri | ScriptTarget, selected?: unknown): Promise<string | undefined> => {
    const ids: string[] = [];
    const { files, leftOut } = await pickFiles(target, selected);
    const { args = [] } = (target ?? {}) as Partial<ScriptTarget>;
    const text = leftOutText(leftOut);
    if (text !== undefined) {
      void parts.boundary.show('warning', text, []);
    }
    for (const uri of files) {
      const run = await startFile(parts, uri, {
        profile: parts.settings.defaultProfile(uri.fsPath),
        args,
        environment: {},
      });
      ids.push(run.id);
    }
    return ids[0];
  };
}
