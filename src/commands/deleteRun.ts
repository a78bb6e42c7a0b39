import type { RunTarget } from '../contributions';
import { confirm } from '../host/confirm';
import type { CommandParts } from './commandParts';
import { isActive, pickRun } from './pickRun';

export function deleteRun(parts: Pick<CommandParts, 'runs'>) {
  return async (target?: RunTarget): Promise<void> => {
    const { record } = await pickRun(parts, target, {
      title: 'Delete Run',
      none: 'There is no run that is over.',
      which: (run) => !isActive(run),
    });
    const when = new Date(record.createdAt).toLocaleString();
    await confirm(
      `Delete the run of ${record.name}?`,
      `Its output and its performance report, from ${when}, are deleted. The file that it ran stays.`,
      'Delete Run',
    );
    await parts.runs.delete(record.id);
  };
}
