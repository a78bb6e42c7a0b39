import * as vscode from 'vscode';

/** A function as text, `jobs.etl:run`, and the folder of the workspace that it is in. */
export interface FunctionHere {
  folder: vscode.WorkspaceFolder;
  text: string;
}

/** The function of a module's top level that the cursor is in, or the first above it. Undefined where there is none. */
export function functionHere(): FunctionHere | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== 'python' || editor.document.uri.scheme !== 'file') {
    return undefined;
  }
  const { document, selection } = editor;
  const folder = vscode.workspace.getWorkspaceFolder(document.uri);
  if (folder === undefined) {
    return undefined;
  }
  const path = document.uri.path.slice(folder.uri.path.length).replace(/^\/+(src\/)?/, '');
  const module = path.replace(/(\/__init__)?\.pyw?$/i, '').replaceAll('/', '.');
  for (let line = selection.active.line; line >= 0; line--) {
    const [, name] = /^(?:async\s+)?def\s+([A-Za-z_]\w*)/.exec(document.lineAt(line).text) ?? [];
    if (name !== undefined) {
      return { folder, text: `${module}:${name}` };
    }
  }
  return undefined;
}

/** Saves a module that is open and changed. `directory` holds its top package, absolute. */
export async function saveModule(directory: string, module: string): Promise<void> {
  const base = vscode.Uri.joinPath(vscode.Uri.file(directory), ...module.split('.'));
  const paths = [`${base.fsPath}.py`, vscode.Uri.joinPath(base, '__init__.py').fsPath];
  for (const document of vscode.workspace.textDocuments) {
    if (document.isDirty && paths.includes(document.uri.fsPath)) {
      await vscode.workspace.save(document.uri);
    }
  }
}
