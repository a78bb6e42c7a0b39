import { nodeId, rowTarget, type ExplorerNode, type RowTarget } from './nodes';

/** One row as VS Code holds it: the object stays the same while what it shows changes. */
export interface Row extends RowTarget {
  readonly id: string;
  readonly parent: Row | undefined;
  node: ExplorerNode;
}

/** Rows of one parent above this number are shown on demand. */
export const pageSize = 200;

/**
 * The rows that a tree has asked for, by id. It finds out which rows changed, so that only those are
 * painted again. Knows nothing of VS Code.
 *
 * @param childrenOf nodes below a node; undefined is the root
 * @param appearance what a node looks like now, as text: rows of equal text are not painted again
 */
export class Rows {
  readonly #rows = new Map<string, Row>();
  readonly #seen = new Map<string, string>();
  readonly #children = new Map<string | undefined, readonly Row[]>();
  readonly #limits = new Map<string | undefined, number>();
  /** Parents whose list changed and that VS Code has not asked for since: collapsed ones. */
  readonly #stale = new Set<string | undefined>();

  constructor(
    private readonly childrenOf: (node: ExplorerNode | undefined) => readonly ExplorerNode[],
    private readonly appearance: (node: ExplorerNode) => string,
  ) {}

  row(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  children(parent: Row | undefined): readonly Row[] {
    const old = this.#children.get(parent?.id) ?? [];
    const rows = this.#nodes(parent).map((node) => this.#keep(node, parent));
    this.#children.set(parent?.id, rows);
    this.#stale.delete(parent?.id);
    const kept = new Set(rows);
    for (const row of old) {
      if (!kept.has(row)) {
        this.#forget(row);
      }
    }
    return rows;
  }

  /** Shows one more page below a row; undefined is the root. */
  showMore(parent: Row | undefined): void {
    this.#limits.set(parent?.id, (this.#limits.get(parent?.id) ?? pageSize) + pageSize);
  }

  /**
   * Looks again at the rows below `scope` (all when undefined) and at itself.
   * Returns the rows to paint; `'root'` when the top level gained or lost rows.
   */
  update(scope?: Row): readonly Row[] | 'root' {
    const changed: Row[] = [];
    if (scope !== undefined) {
      const fresh = this.#nodes(scope.parent).find((node) => nodeId(node) === scope.id);
      if (fresh === undefined) {
        return scope.parent === undefined ? 'root' : [scope.parent];
      }
      scope.node = fresh;
      if (this.#repaints(scope)) {
        changed.push(scope);
      }
    }
    return this.#compare(scope, changed) ? changed : 'root';
  }

  /** Adds what changed below a row; false when the root's own list changed. */
  #compare(parent: Row | undefined, changed: Row[]): boolean {
    const rows = this.#children.get(parent?.id);
    if (rows === undefined || this.#stale.has(parent?.id)) {
      return true;
    }
    const nodes = this.#nodes(parent);
    if (nodes.length !== rows.length || nodes.some((node, index) => nodeId(node) !== rows[index]?.id)) {
      this.#stale.add(parent?.id);
      if (parent === undefined) {
        return false;
      }
      if (!changed.includes(parent)) {
        changed.push(parent);
      }
      return true;
    }
    for (const [index, row] of rows.entries()) {
      row.node = nodes[index] ?? row.node;
      if (this.#repaints(row)) {
        changed.push(row);
      }
      this.#compare(row, changed);
    }
    return true;
  }

  #nodes(parent: Row | undefined): readonly ExplorerNode[] {
    const nodes = this.childrenOf(parent?.node);
    const limit = this.#limits.get(parent?.id) ?? pageSize;
    if (nodes.length <= limit) {
      return nodes;
    }
    const more: ExplorerNode = {
      kind: 'more',
      parent: parent?.id ?? 'root',
      shown: limit,
      remaining: nodes.length - limit,
    };
    return [...nodes.slice(0, limit), more];
  }

  #keep(node: ExplorerNode, parent: Row | undefined): Row {
    const id = nodeId(node);
    let row = this.#rows.get(id);
    if (row?.parent !== parent || row === undefined) {
      row = { ...rowTarget(node), id, parent, node };
      this.#rows.set(id, row);
    }
    row.node = node;
    this.#seen.set(id, this.appearance(node));
    return row;
  }

  #repaints(row: Row): boolean {
    const now = this.appearance(row.node);
    if (this.#seen.get(row.id) === now) {
      return false;
    }
    this.#seen.set(row.id, now);
    return true;
  }

  #forget(row: Row): void {
    for (const child of this.#children.get(row.id) ?? []) {
      this.#forget(child);
    }
    this.#children.delete(row.id);
    this.#stale.delete(row.id);
    this.#limits.delete(row.id);
    if (this.#rows.get(row.id) === row) {
      this.#rows.delete(row.id);
      this.#seen.delete(row.id);
    }
  }
}
