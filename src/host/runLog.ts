import type { Disposable } from '../core/event';
import type { RunState } from '../core/run';
import type { Logger } from '../core/ports';
import type { RunService } from '../run/runService';

/** Writes each step of this window's runs into the extension's log, for whoever looks why something went as it did. */
export function logRuns(runs: Pick<RunService, 'onDidChange'>, log: Pick<Logger, 'info'>): Disposable {
  const states = new Map<string, RunState | 'released'>();
  return runs.onDidChange(({ record }) => {
    const { id, name, cluster, error } = record;
    const state = record.released ? 'released' : record.state;
    if (states.get(id) === state) {
      return;
    }
    states.set(id, state);
    const where = cluster === undefined ? '' : ` on ${cluster.backend} cluster ${cluster.name} (${cluster.id})`;
    log.info(`${name} (${id})${where}: ${state}${error === undefined ? '' : `, ${error.code}`}`);
  });
}
