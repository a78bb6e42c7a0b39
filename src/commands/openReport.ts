import type { RunTarget } from '../contributions';
import { UserError } from '../core/errors';
import { showReport } from '../host/reportPage';
import type { CommandParts } from './commandParts';
import { pickRun } from './pickRun';

export function openReport(parts: Pick<CommandParts, 'runs'>) {
  return async (target?: RunTarget): Promise<void> => {
    const { record } = await pickRun(parts, target, {
      title: 'Open Performance Report',
      none: 'No run has a performance report.',
      which: (run) => run.report !== undefined,
    });
    if (record.report === undefined) {
      throw new UserError({
        code: 'noReport',
        what: `${record.name} has no performance report.`,
        why: 'Dask writes it at the end of a run whose script has begun, where bokeh is installed.',
        next: 'See its log instead.',
        buttons: [{ title: 'Show Log', action: { kind: 'showRun', runId: record.id } }],
      });
    }
    await showReport(record.report, record.name);
  };
}
