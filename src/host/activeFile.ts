import * as vscode from 'vscode';

/**
 * The file that "the active file" means: the active editor's, else that of a Python editor that can be
 * seen: the panel beside it may have the focus.
 */
export function activeFile(): vscode.Uri | undefined {
  const { activeTextEditor, visibleTextEditors } = vscode.window;
  const editor = activeTextEditor ?? visibleTextEditors.find(({ document }) => document.languageId === 'python');
  return editor?.document.uri;
}

/** True when the active file is a Python file. */
export function isPythonActive(): boolean {
  const uri = activeFile()?.toString();
  return vscode.window.visibleTextEditors.some(
    ({ document }) => document.languageId === 'python' && document.uri.toString() === uri,
  );
}

/** True for Python by its name, or by the language that its open editor says. */
export function isPythonFile(uri: vscode.Uri): boolean {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  return open === undefined ? /\.pyw?$/i.test(uri.path) : open.languageId === 'python';
}
