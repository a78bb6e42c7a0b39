import * as vscode from 'vscode';

import { terminalRunStates, type RunRecord } from '../core/run';
import type { ClusterModel } from '../run/clusterModel';
import type { RunService } from '../run/runService';
import { runStatus } from './runStatus';

/** The one status bar item, there only while something runs. */
export class RunStatusBar implements vscode.Disposable {
  readonly #subscription: { dispose(): void };
  #item: vscode.StatusBarItem | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly runs: Pick<RunService, 'runs' | 'onDidChange'>,
    private readonly clusters: Pick<ClusterModel, 'entry'>,
  ) {
    this.#subscription = runs.onDidChange(() => this.update());
  }

  update(): void {
    const active = this.runs
      .runs()
      .map((run) => run.record)
      // What another machine does is not followed: it would count seconds for days.
      .filter((run) => !terminalRunStates.includes(run.state) && run.host === undefined);
    const status = runStatus(active, this.#workers(active[0]), Date.now());
    if (status === undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#item?.dispose();
      this.#item = undefined;
      return;
    }
    this.#item ??= this.#create();
    this.#item.text = status.text;
    this.#item.tooltip = status.tooltip;
    this.#item.accessibilityInformation = { label: status.spoken };
    const [only, more] = active;
    this.#item.command =
      more === undefined && only !== undefined
        ? { command: 'dask.run.showLogs', title: 'Show Run Log', arguments: [{ runId: only.id }] }
        : 'dask.runs.focus';
    this.#timer ??= setInterval(() => this.update(), 1000);
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#subscription.dispose();
    this.#item?.dispose();
  }

  #create(): vscode.StatusBarItem {
    const item = vscode.window.createStatusBarItem('dask.run', vscode.StatusBarAlignment.Left, 10);
    item.name = 'Dask Runs';
    item.show();
    return item;
  }

  #workers(run: RunRecord | undefined): number | undefined {
    return run?.cluster && this.clusters.entry(run.cluster)?.snapshot?.workers.length;
  }
}
