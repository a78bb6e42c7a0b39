import type { RunTarget } from '../contributions';
import type { CommandParts } from './commandParts';
import { isActive, pickRun } from './pickRun';

export function cancelRun(parts: Pick<CommandParts, 'runs'>) {
  return async (target?: RunTarget): Promise<void> => {
    const run = await pickRun(parts, target, { title: 'Cancel Run', none: 'Nothing is running.', which: isActive });
    await parts.runs.cancel(run.id);
  };
}
