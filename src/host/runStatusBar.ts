import * as vscode from 'vscode';

import type { ContextKey, ContextValues } from '../contributions';
import { terminalRunStates, type RunRecord } from '../core/run';
import type { ClusterModel } from '../run/clusterModel';
import type { RunService } from '../run/runService';
import { runStatus } from './runStatus';

/** The one status bar item, there only while something runs; it also keeps the context keys of runs. */
export class RunStatusBar implements vscode.Disposable {
  readonly #subscription: { dispose(): void };
  readonly #keys = new Map<ContextKey, unknown>();
  #item: vscode.StatusBarItem | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly runs: Pick<RunService, 'runs' | 'onDidChange'>,
    private readonly clusters: Pick<ClusterModel, 'entry'>,
  ) {
    this.#subscription = runs.onDidChange(() => this.update());
  }

  update(): void {
    const all = this.runs.runs();
    const active = all.map((run) => run.record).filter((run) => !terminalRunStates.includes(run.state));
    this.#setKey('dask.runActive', active.length > 0);
    this.#setKey('dask.hasRuns', all.length > 0);
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

  #setKey<K extends ContextKey>(key: K, value: ContextValues[K]): void {
    if (this.#keys.get(key) !== value) {
      this.#keys.set(key, value);
      void vscode.commands.executeCommand('setContext', key, value);
    }
  }
}
