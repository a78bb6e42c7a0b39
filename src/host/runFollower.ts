import * as vscode from 'vscode';

import type { ClusterRef } from '../core/cluster';
import type { Disposable } from '../core/event';
import { terminalRunStates, type RunRecord } from '../core/run';
import type { Run } from '../run/run';
import type { RunService } from '../run/runService';
import type { CommandBoundary } from './commandBoundary';
import { endNotice } from './endNotice';
import type { RunDiagnostics } from './runDiagnostics';
import { showStart } from './startProgress';

/** What the panel does for a run. */
export interface RunPanels {
  open(cluster: ClusterRef, options: { runId: string; preserveFocus: boolean }): void;
  isSeen(cluster: ClusterRef): Promise<boolean>;
}

/** Accompanies runs of this window: their start, the panel beside the editor, and their end. */
export class RunFollower {
  readonly #followed = new Set<string>();

  constructor(
    private readonly panels: () => RunPanels,
    private readonly diagnostics: RunDiagnostics,
    private readonly boundary: Pick<CommandBoundary, 'run' | 'show'>,
  ) {}

  /** @param show opens the panel and shows the progress of the start: for runs that the user asked for here */
  follow(run: Run, { show }: { show: boolean }): void {
    if (this.#followed.has(run.id)) {
      return;
    }
    this.#followed.add(run.id);
    this.diagnostics.started(run.record);
    if (show) {
      const cancel = (): void => void this.boundary.run('Cancel Run', () => run.cancel());
      void this.boundary.run('Progress', () => showStart(run, cancel));
      this.#openPanel(run);
    }
    void run.completed.then(() => this.boundary.run('End of run', () => this.#ended(run.record)));
  }

  #openPanel(run: Run): void {
    const changes = run.onDidChange(() => open());
    const open = (): void => {
      const { cluster } = run.record;
      if (cluster !== undefined) {
        changes.dispose();
        this.panels().open(cluster, { runId: run.id, preserveFocus: true });
      }
    };
    open();
    void run.completed.then(() => changes.dispose());
  }

  async #ended(run: RunRecord): Promise<void> {
    this.diagnostics.ended(run);
    const { cluster } = run;
    const inView = cluster !== undefined && vscode.window.state.focused;
    if (run.state === 'cancelled' || (inView && (await this.panels().isSeen(cluster)))) {
      return;
    }
    const { text, failed, buttons } = endNotice(run);
    void this.boundary.show(failed ? 'error' : 'information', text, buttons);
  }
}

/**
 * Follows runs that this window takes up from one that has gone. Whichever window drives a run tells its end: so it is
 * told once, also of a file in no window's folders.
 */
export function followTakenUp(runs: Pick<RunService, 'onDidTakeUp'>, follower: RunFollower): Disposable {
  return runs.onDidTakeUp((run) => {
    if (!terminalRunStates.includes(run.state)) {
      follower.follow(run, { show: false });
    }
  });
}
