import assert from 'node:assert/strict';
import { parseToml } from '../../../../src/dataproc/dependencies/parseToml';
import { nodeAt, tablesAt, TomlError, type TomlNode } from '../../../../src/dataproc/dependencies/toml';
import { python } from './python';

const texts = [
  'a = 1\nb = "x" # c\n"q.r" = \'l\\n\'\n[t.u]\nv = true\n[t]\nw = 1.5e3\n',
  'a.b.c = "x"\na.b.d = [1, 2,\n  # c\n  3,\n]\n[[p]]\nn = 1\n[[p]]\nn = 2\n[p.s]\nx = { y = "z", w = { v = [] } }\n[[p.q]]\n',
  'm = """\nfirst\n  second \\\n   joined "" quoted"""""\nl = \'\'\'\na\\b\'c\'\'\'\n',
  'u = "\\u00e4 \\U0001F600 \\t\\"\\\\"\nt = 1979-05-27 07:32:00Z\nd = 1979-05-27\nn = 0xff\nf = inf\n',
  '\n\n# only\n   # comments\n',
  'a = [ { x = 1 }, { x = 2 } ]\r\nb = [["a"], ["b"]]\r\n',
  'x = ""\ny = """"""\n[ spaced . "out" ]\nz=1',
];

/** Numbers, truth values and times as they are written: their types do not matter here. */
function plain(node: TomlNode): unknown {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'other':
      return null;
    case 'list':
      return node.items.map(plain);
    case 'table':
      return Object.fromEntries([...node.entries].map(([key, value]) => [key, plain(value)]));
  }
}

describe('TOML', () => {
  it('is read as Python reads it', () => {
    const expected = python(
      `import json, sys
try:
    import tomllib
except ImportError:
    from pip._vendor import tomli as tomllib
def plain(v):
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    return [plain(x) for x in v] if isinstance(v, list) else v if isinstance(v, str) else None
print(json.dumps([plain(tomllib.loads(t)) for t in json.load(sys.stdin)]))`,
      texts,
    );
    assert.deepEqual(
      texts.map((text) => plain(parseToml(text))),
      expected,
    );
  });

  it('has the line of each thing', () => {
    const root = parseToml('a = [\n "x",\n "y"]\n\n[[p]]\nname = """\n"""\nversion = "1"\n');
    const list = nodeAt(root, 'a');
    assert.deepEqual(list?.kind === 'list' ? list.items.map(({ line }) => line) : [], [2, 3]);
    const [table] = tablesAt(root, 'p');
    assert.deepEqual([table?.line, table && nodeAt(table, 'version')?.line], [5, 8]);
  });

  for (const [text, line] of [
    ['a = 1\nb = "x\n', 2],
    ['a = 1\na = 2\n', 2],
    ['[a\n', 1],
    ['a = [1 2]\n', 1],
    ['a = \n', 1],
    ['a = 1 b = 2\n', 1],
    ['a = 1\n[a.b]\n', 2],
  ] as const) {
    it(`is refused with its line: ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseToml(text),
        (error) => error instanceof TomlError && error.line === line,
      );
    });
  }
});
