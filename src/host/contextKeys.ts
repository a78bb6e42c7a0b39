import * as vscode from 'vscode';

import type { ContextKey, ContextValues } from '../contributions';
import { terminalRunStates } from '../core/run';
import type { RunService } from '../run/runService';
import { isPythonActive } from './activeFile';

/** Keeps the context keys of `when` clauses. VS Code's own of editors do not hold in a side bar. */
export class ContextKeys implements vscode.Disposable {
  readonly #set = new Map<ContextKey, unknown>();
  readonly #subscriptions: readonly { dispose(): unknown }[];

  constructor(private readonly runs: Pick<RunService, 'runs' | 'onDidChange'>) {
    this.#subscriptions = [
      runs.onDidChange(() => this.updateRuns()),
      vscode.window.onDidChangeActiveTextEditor(() => this.#updateEditors()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.#updateEditors()),
    ];
    this.#updateEditors();
  }

  updateRuns(): void {
    const runs = this.runs.runs();
    this.#update(
      'dask.runActive',
      runs.some((run) => !terminalRunStates.includes(run.state)),
    );
    this.#update('dask.hasRuns', runs.length > 0);
  }

  dispose(): void {
    this.#subscriptions.forEach((subscription) => subscription.dispose());
  }

  #updateEditors(): void {
    this.#update('dask.pythonActive', isPythonActive());
  }

  #update<K extends ContextKey>(key: K, value: ContextValues[K]): void {
    if (this.#set.get(key) !== value) {
      this.#set.set(key, value);
      void vscode.commands.executeCommand('setContext', key, value);
    }
  }
}
