import type { RunTarget } from '../contributions';
import type { CommandParts } from './commandParts';
import { isActive, pickRun } from './pickRun';

/** Opens the panel of the run's cluster with the run's output. */
export function showRunLog(parts: Pick<CommandParts, 'runs' | 'panels' | 'boundary'>) {
  return async (target?: RunTarget): Promise<void> => {
    const { record } = await pickRun(parts, target, {
      title: 'Show Run Log',
      none: 'There is no run.',
      which: () => true,
    });
    if (record.cluster !== undefined) {
      parts.panels().open(record.cluster, { runId: record.id });
    } else if (isActive(record)) {
      void parts.boundary.show('information', `${record.name} has no output yet: it is starting.`, []);
    } else {
      // It ended before it began: all there is to show is why.
      const why = record.error?.message ?? 'It was cancelled before it began.';
      void parts.boundary.show('information', `${record.name} has no output. ${why}`, record.error?.buttons ?? []);
    }
  };
}
