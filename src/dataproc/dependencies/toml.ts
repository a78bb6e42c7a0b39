/** What stands in a TOML file, each thing with its line (1-based). */
export type TomlNode = TomlText | TomlList | TomlTable | { kind: 'other'; text: string; line: number };

export interface TomlText {
  kind: 'text';
  text: string;
  line: number;
}

export interface TomlList {
  kind: 'list';
  items: TomlNode[];
  line: number;
}

export interface TomlTable {
  kind: 'table';
  entries: Map<string, TomlNode>;
  line: number;
}

/** Thrown for text that is no TOML. */
export class TomlError extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
  }
}

/** Puts a node at the end of a path of tables, which are made. @throws TomlError where there is one already */
export function put(table: TomlTable, path: readonly string[], node: TomlNode, line: number): void {
  const owner = innerTable(table, path.slice(0, -1), line);
  const name = path.at(-1) ?? '';
  if (owner.entries.has(name)) {
    throw new TomlError(line, `"${name}" is there already`);
  }
  owner.entries.set(name, node);
}

/** The table at a path, made where it is missing; of a list, the last one. @throws TomlError */
export function innerTable(table: TomlTable, path: readonly string[], line: number): TomlTable {
  let at = table;
  for (const name of path) {
    const found = at.entries.get(name);
    const last = found?.kind === 'list' ? found.items.at(-1) : found;
    if (last !== undefined && last.kind !== 'table') {
      throw new TomlError(line, `"${name}" is there already`);
    }
    const next: TomlTable = last ?? { kind: 'table', entries: new Map(), line };
    if (last === undefined) {
      at.entries.set(name, next);
    }
    at = next;
  }
  return at;
}

/** What is at a path of tables; undefined where it does not lead there. */
export function nodeAt(table: TomlTable, ...path: readonly string[]): TomlNode | undefined {
  let at: TomlNode | undefined = table;
  for (const name of path) {
    at = at?.kind === 'table' ? at.entries.get(name) : undefined;
  }
  return at;
}

export function tableAt(table: TomlTable, ...path: readonly string[]): TomlTable | undefined {
  const node = nodeAt(table, ...path);
  return node?.kind === 'table' ? node : undefined;
}

export function textAt(table: TomlTable, ...path: readonly string[]): string | undefined {
  const node = nodeAt(table, ...path);
  return node?.kind === 'text' ? node.text : undefined;
}

export function tablesAt(table: TomlTable, ...path: readonly string[]): readonly TomlTable[] {
  const node = nodeAt(table, ...path);
  return node?.kind === 'list' ? node.items.filter((item) => item.kind === 'table') : [];
}

export function textsAt(table: TomlTable, ...path: readonly string[]): readonly TomlText[] {
  const node = nodeAt(table, ...path);
  return node?.kind === 'list' ? node.items.filter((item) => item.kind === 'text') : [];
}
