import * as vscode from 'vscode';

import type { RunRecord } from '../core/run';

/** The Problems entry of a failed run, at the line of the user's own code that its traceback names. */
export class RunDiagnostics implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('dask');
  /** The entry of each run file, and where it is: perhaps in another file, beside those of others. */
  readonly #entries = new Map<string, { place: vscode.Uri; diagnostic: vscode.Diagnostic }>();
  readonly #edits: vscode.Disposable;

  constructor() {
    this.#edits = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0) {
        this.#forget((place) => place.toString() === document.uri.toString());
      }
    });
  }

  /** A new run of a file makes what the last one said about it void. */
  started(run: RunRecord): void {
    const file = subject(run);
    this.#forget((_place, of) => of === file);
  }

  ended(run: RunRecord): void {
    this.started(run);
    const { error } = run;
    if (run.state !== 'failed' || error?.location === undefined) {
      return;
    }
    const place = vscode.Uri.file(error.location.file);
    const line = Math.max(0, error.location.line - 1);
    const diagnostic = new vscode.Diagnostic(lineRange(place, line), error.message, vscode.DiagnosticSeverity.Error);
    diagnostic.source = 'Dask';
    this.#entries.set(subject(run), { place, diagnostic });
    this.#draw(place);
  }

  dispose(): void {
    this.#edits.dispose();
    this.#collection.dispose();
  }

  #forget(which: (place: vscode.Uri, file: string) => boolean): void {
    for (const [file, { place }] of this.#entries) {
      if (which(place, file)) {
        this.#entries.delete(file);
        this.#draw(place);
      }
    }
  }

  #draw(place: vscode.Uri): void {
    const here = [...this.#entries.values()].filter((entry) => entry.place.toString() === place.toString());
    this.#collection.set(
      place,
      here.map(({ diagnostic }) => diagnostic),
    );
  }
}

function subject(run: RunRecord): string {
  const { target } = run.request;
  return target.kind === 'file' ? target.path : `${target.directory}:${target.module}`;
}

/** The line without its indentation where the file is open, else the whole line. */
function lineRange(uri: vscode.Uri, line: number): vscode.Range {
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
  if (document === undefined || line >= document.lineCount) {
    return new vscode.Range(line, 0, line, 1000);
  }
  const text = document.lineAt(line);
  return new vscode.Range(line, text.firstNonWhitespaceCharacterIndex, line, text.range.end.character);
}
