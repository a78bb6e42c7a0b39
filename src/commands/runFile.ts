import type { Uri } from 'vscode';

import type { FileTarget } from '../contributions';
import type { CommandParts } from './commandParts';
import { pickFiles } from './pickFiles';
import { startFile } from './startFile';

/** Runs files with the default profile, without arguments. Gives back the id of the first run. */
export function runFile(parts: Pick<CommandParts, 'runs' | 'follower' | 'settings'>) {
  return async (target?: Uri | FileTarget, selected?: unknown): Promise<string | undefined> => {
    const ids: string[] = [];
    for (const uri of pickFiles(target, selected)) {
      const run = await startFile(parts, uri, {
        profile: parts.settings.defaultProfile,
        args: [],
        environment: {},
      });
      ids.push(run.id);
    }
    return ids[0];
  };
}
