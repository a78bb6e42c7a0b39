import type { Uri } from 'vscode';

import type { RunRequest } from '../core/run';
import { fileToRun } from '../host/fileToRun';
import type { Run } from '../run/run';
import type { CommandParts } from './commandParts';

/** Saves a file, starts its run and shows it. Resolves once the run cannot get lost any more. */
export async function startFile(
  { runs, follower }: Pick<CommandParts, 'runs' | 'follower'>,
  uri: Uri,
  request: Omit<RunRequest, 'target'>,
): Promise<Run> {
  const path = await fileToRun(uri);
  const run = await runs.start({ ...request, target: { kind: 'file', path } });
  follower.follow(run, { show: true });
  return run;
}
