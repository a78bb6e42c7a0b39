import * as vscode from 'vscode';

import type { Disposable } from '../core/event';
import type { Settings } from './settings';
import type { FindInProfile } from './settingsLocation';

/** What is wrong with profiles, at its line in each settings file that is open: in the words of the message, until it is mended. */
export class ProfileDiagnostics implements Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('dask.profiles');
  readonly #subscriptions: readonly Disposable[];

  constructor(
    private readonly settings: Pick<Settings, 'problems' | 'onDidChange'>,
    private readonly find: FindInProfile,
  ) {
    this.#subscriptions = [
      settings.onDidChange((id) => {
        if (id === 'dask.profiles') {
          this.#drawAll();
        }
      }),
      vscode.workspace.onDidOpenTextDocument((document) => this.#draw(document)),
      // Settings may be known before their file, written by somebody else, has been read again.
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#draw(document)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        // VS Code has a copy of its own of the settings while it writes them: the one in an editor stays.
        if (!vscode.window.visibleTextEditors.some(({ document }) => document.uri.toString() === uri.toString())) {
          this.#collection.delete(uri);
        }
      }),
    ];
    this.#drawAll();
  }

  dispose(): void {
    vscode.Disposable.from(...this.#subscriptions, this.#collection).dispose();
  }

  #drawAll(): void {
    const shown = vscode.window.visibleTextEditors.map(({ document }) => document);
    for (const document of new Set([...vscode.workspace.textDocuments, ...shown])) {
      this.#draw(document);
    }
  }

  #draw(document: vscode.TextDocument): void {
    if (!/(?:^|[\\/])settings\.json$|\.code-workspace$/.test(document.uri.path)) {
      return;
    }
    const problems = this.settings.problems();
    const text = problems.length === 0 ? '' : document.getText();
    const found = problems.flatMap(({ profile, path, message }) => {
      const span = this.find(text, profile, path);
      if (span === undefined) {
        return [];
      }
      const range = new vscode.Range(document.positionAt(span.offset), document.positionAt(span.offset + span.length));
      const diagnostic = new vscode.Diagnostic(range, message, vscode.DiagnosticSeverity.Warning);
      diagnostic.source = 'Dask';
      return [diagnostic];
    });
    this.#collection.set(document.uri, found);
  }
}
