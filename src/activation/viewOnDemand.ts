import * as vscode from 'vscode';

/** A view that VS Code knows from the activation on, and whose rows come with whoever first asks for them. */
export class ViewOnDemand<Row> implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly #changes = new vscode.EventEmitter<Row | Row[] | undefined>();
  readonly #view: vscode.TreeView<Row>;
  #rows: vscode.TreeDataProvider<Row> | undefined;

  readonly onDidChangeTreeData = this.#changes.event;

  /** @param load gives what has the rows; undefined when it cannot be had, which the view then says */
  constructor(
    id: string,
    private readonly load: () => vscode.TreeDataProvider<Row> | undefined,
  ) {
    this.#view = vscode.window.createTreeView(id, { treeDataProvider: this, showCollapseAll: true });
  }

  get view(): vscode.TreeView<Row> {
    return this.#view;
  }

  /** Draws rows again, with all that is below them; undefined is the root. */
  changed(rows: Row | Row[] | undefined): void {
    this.#changes.fire(rows);
  }

  /** Only a view that is seen is asked for its rows. */
  getChildren(row?: Row): vscode.ProviderResult<Row[]> {
    this.#rows ??= this.load();
    if (this.#rows === undefined) {
      // Without rows it would tell of an empty list.
      this.#view.message = 'Dask Cluster Explorer cannot start.';
      return [];
    }
    return this.#rows.getChildren(row);
  }

  getTreeItem(row: Row): vscode.TreeItem | Thenable<vscode.TreeItem> {
    if (this.#rows === undefined) {
      throw new Error('A row is drawn that nobody has listed');
    }
    return this.#rows.getTreeItem(row);
  }

  getParent(row: Row): vscode.ProviderResult<Row> {
    return this.#rows?.getParent?.(row);
  }

  dispose(): void {
    this.#view.dispose();
    this.#changes.dispose();
  }
}
