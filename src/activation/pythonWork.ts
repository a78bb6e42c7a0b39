import * as vscode from 'vscode';

import type { Disposable } from '../core/event';

/** Imports stand at a file's beginning. */
const lookedAt = 20_000;
const usesDask = /^\s*(?:from|import)\s+(?:dask|distributed)\b/m;
/** A file may only be passed by. */
const settledMilliseconds = 500;

/** Calls back when a Python file that imports Dask is in front: a run of it may be next. */
export class PythonWork implements vscode.Disposable {
  readonly #subscription: Disposable;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly onWork: () => void) {
    this.#subscription = vscode.window.onDidChangeActiveTextEditor(() => this.#look());
    this.#look();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#subscription.dispose();
  }

  #look(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const document = vscode.window.activeTextEditor?.document;
      if (document?.languageId === 'python' && document.uri.scheme === 'file') {
        const start = new vscode.Range(new vscode.Position(0, 0), document.positionAt(lookedAt));
        if (usesDask.test(document.getText(start))) {
          this.onWork();
        }
      }
    }, settledMilliseconds);
  }
}
