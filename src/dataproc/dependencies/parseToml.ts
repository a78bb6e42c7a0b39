import { innerTable, TomlError, type TomlTable } from './toml';
import { TomlReader } from './tomlReader';

/** @throws TomlError */
export function parseToml(text: string): TomlTable {
  const reader = new TomlReader(text.replace(/^\uFEFF/, '').replace(/\r\n/g, '\n'));
  const root: TomlTable = { kind: 'table', entries: new Map(), line: 1 };
  let table = root;
  reader.skipAll();
  while (!reader.atEnd) {
    const { line } = reader;
    if (reader.take('[[')) {
      const path = reader.key(']]');
      table = { kind: 'table', entries: new Map(), line };
      const parent = innerTable(root, path.slice(0, -1), line);
      const name = path.at(-1) ?? '';
      const list = parent.entries.get(name) ?? { kind: 'list', items: [], line };
      if (list.kind !== 'list') {
        throw new TomlError(line, `"${name}" is there already`);
      }
      list.items.push(table);
      parent.entries.set(name, list);
    } else if (reader.take('[')) {
      table = innerTable(root, reader.key(']'), line);
      table.line = line;
    } else {
      reader.entryInto(table);
    }
    reader.endOfLine();
    reader.skipAll();
  }
  return root;
}
