import type { Uri } from 'vscode';

import type { FileTarget } from '../contributions';
import { askInSteps } from '../host/quickSteps';
import type { CommandParts } from './commandParts';
import { pickFiles } from './pickFiles';
import { runOptionSteps } from './runOptionSteps';
import { startFile } from './startFile';

/** Asks for profile, arguments and environment, each as it was given last for this file, and runs it. */
export function runFileWithOptions(parts: Pick<CommandParts, 'runs' | 'follower' | 'settings' | 'state' | 'clusters'>) {
  return async (target?: Uri | FileTarget): Promise<string | undefined> => {
    const [uri] = (await pickFiles(target)).files;
    if (uri === undefined) {
      return undefined;
    }
    const key = uri.toString();
    const { steps, answers } = await runOptionSteps(
      parts,
      `Run ${uri.path.split('/').at(-1) ?? ''} on Dask`,
      'Arguments of the script. Quotes keep words together.',
      await parts.state.runOptions(key),
      uri.fsPath,
    );
    await askInSteps(() => steps);
    const { options, cluster } = answers();
    await parts.state.rememberRunOptions(key, options);
    const run = await startFile(parts, uri, { ...options, ...(cluster && { cluster }) });
    return run.id;
  };
}
