import * as vscode from 'vscode';

import type { ContextKey } from '../contributions';
import { isPythonActive } from '../host/activeFile';

const key: ContextKey = 'dask.pythonActive';

/** The context key that views and the palette offer runs by. VS Code's own of editors do not hold in a side bar. */
export class PythonKey implements vscode.Disposable {
  readonly #subscriptions: readonly { dispose(): unknown }[];
  #value: boolean | undefined;

  constructor() {
    this.#subscriptions = [
      vscode.window.onDidChangeActiveTextEditor(() => this.#update()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.#update()),
    ];
    this.#update();
  }

  dispose(): void {
    this.#subscriptions.forEach((subscription) => subscription.dispose());
  }

  #update(): void {
    const value = isPythonActive();
    if (value !== this.#value) {
      this.#value = value;
      void vscode.commands.executeCommand('setContext', key, value);
    }
  }
}
