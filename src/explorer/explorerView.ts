import * as vscode from 'vscode';

import type { CommandId } from '../contributions';
import type { Disposable } from '../core/event';
import { errorMessage } from '../host/errorMessage';
import type { ExplorerNode } from './nodes';
import { render } from './render';
import { Rows, type Row } from './rows';
import { treeItem } from './treeItem';

/** What a view draws. Nothing of it runs while the view is hidden. */
export interface ExplorerSource {
  /** Resolves when there is something to draw. Not awaited again once it has. */
  load(): Promise<void>;
  /** Nodes below a node; undefined is the root. */
  children(node: ExplorerNode | undefined): readonly ExplorerNode[];
  /** Looks for changes until it is disposed; calls back with the id of the row that changed, or undefined for all. */
  watch(onChange: (rowId: string | undefined) => void): Disposable;
  /** How often rows look different although nothing happened, in milliseconds; undefined: never. */
  tick(): number | undefined;
  /** Looks again, for a user who asks for it. */
  refresh(): Promise<void>;
  /** What stands beside the view's title. */
  description?(): string | undefined;
  /** Loads more than is known here below a parent; false: there is nothing to load. */
  loadMore?(parent: string): Promise<boolean>;
}

/** Where VS Code shows a view: it is there before its rows are. */
export interface ViewPlace {
  readonly view: Pick<vscode.TreeView<Row>, 'visible' | 'selection' | 'description' | 'onDidChangeVisibility'>;
  /** Draws rows again, with all that is below them; undefined is the root. */
  changed(rows: Row | Row[] | undefined): void;
}

/** The rows of one tree view: asks its source, and paints again what changed. */
export class ExplorerView implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly #rows: Rows;
  readonly #subscription: vscode.Disposable;
  #loaded = false;
  #problem: string | undefined;
  #watching: Disposable | undefined;
  #timer: { every: number; handle: NodeJS.Timeout } | undefined;

  constructor(
    private readonly place: ViewPlace,
    private readonly source: ExplorerSource,
    private readonly openCommand: CommandId,
    private readonly now: () => number = Date.now,
  ) {
    this.#rows = new Rows(
      (node) => (this.#problem === undefined ? source.children(node) : problemRows(node, this.#problem)),
      (node) => JSON.stringify(render(node, this.now())),
    );
    this.#subscription = place.view.onDidChangeVisibility(({ visible }) => this.#show(visible));
    this.#show(place.view.visible);
  }

  getTreeItem(row: Row): vscode.TreeItem {
    return treeItem(row, render(row.node, this.now()), this.openCommand);
  }

  async getChildren(row?: Row): Promise<Row[]> {
    await this.#load();
    const rows = [...this.#rows.children(row)];
    this.#schedule();
    return rows;
  }

  getParent(row: Row): Row | undefined {
    return row.parent;
  }

  /** Does what a click on the selected row is for. */
  async openSelected(): Promise<void> {
    const [row] = this.place.view.selection;
    if (row === undefined) {
      return;
    }
    const { opens } = render(row.node, this.now());
    if (opens === 'more') {
      await this.#showMore(row);
    } else if (opens !== undefined) {
      await vscode.commands.executeCommand(opens, row);
    }
  }

  async #showMore({ node, parent }: Row): Promise<void> {
    const loaded = node.kind === 'more' && ((await this.source.loadMore?.(node.parent)) ?? false);
    if (!loaded) {
      this.#rows.showMore(parent);
    }
    this.place.changed(parent);
  }

  async refresh(): Promise<void> {
    if (this.#problem === undefined) {
      await this.source.refresh();
      this.#update(undefined);
    } else {
      this.#loaded = false;
      this.place.changed(undefined);
    }
  }

  dispose(): void {
    this.#show(false);
    this.#subscription.dispose();
  }

  /** What cannot be read is said in the view itself; a refresh tries again. */
  async #load(): Promise<void> {
    if (this.#loaded) {
      return;
    }
    this.#problem = undefined;
    try {
      await this.source.load();
    } catch (error) {
      this.#problem = errorMessage(error).text;
    }
    this.#loaded = true;
  }

  #show(visible: boolean): void {
    if (visible === (this.#watching !== undefined)) {
      return;
    }
    if (visible) {
      this.#watching = this.source.watch((id) => this.#update(id));
      this.#update(undefined);
      this.#schedule();
    } else {
      this.#watching?.dispose();
      this.#watching = undefined;
      this.#schedule();
    }
  }

  #update(id: string | undefined): void {
    this.#describe();
    if (!this.#loaded) {
      return;
    }
    const scope = id === undefined ? undefined : this.#rows.row(id);
    if (id !== undefined && scope === undefined) {
      return;
    }
    const changed = this.#rows.update(scope);
    if (changed === 'root') {
      this.place.changed(undefined);
    } else if (changed.length > 0) {
      this.place.changed([...changed]);
    }
    this.#schedule();
  }

  #describe(): void {
    const text = this.source.description?.();
    if (text !== this.place.view.description) {
      // The type does not say that it can be taken away again.
      this.place.view.description = text ?? '';
    }
  }

  /** Sets the timer anew where the source now wants it sooner, or not at all. */
  #schedule(): void {
    const every = this.#watching === undefined ? undefined : this.source.tick();
    if (every === this.#timer?.every) {
      return;
    }
    clearInterval(this.#timer?.handle);
    this.#timer =
      every === undefined ? undefined : { every, handle: setInterval(() => this.#update(undefined), every) };
  }
}

function problemRows(node: ExplorerNode | undefined, text: string): readonly ExplorerNode[] {
  return node === undefined ? [{ kind: 'error', parent: 'root', text }] : [];
}
