import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { readPythonModule } from '../../../../src/dataproc/packaging/pythonImports';
import { decodePython } from '../../../../src/dataproc/packaging/pythonSource';

const python = process.env['DASK_TEST_PYTHON'] ?? 'python3';

/** `from ..a import b, c` as `..a b c`. */
function found(source: string): string[] {
  return readPythonModule(source).imports.map(({ level, module, names }) =>
    ['.'.repeat(level) + module.join('.'), ...names].join(' '),
  );
}

describe('imports of Python source', () => {
  const cases: [string, string, string[]][] = [
    ['plain', 'import a.b as c, d\nimport e', ['a.b', 'd', 'e']],
    ['from', 'from a.b import c as d, e', ['a.b c e']],
    ['brackets over lines', 'from a import (\n  b,  # one\n  c as d,\n)\nimport e', ['a b c', 'e']],
    ['relative', 'from . import a\nfrom ..b.c import d\nfrom ... import e', ['. a', '..b.c d', '... e']],
    ['star', 'from a import *', ['a *']],
    ['in blocks', 'def f():\n  import a\ntry: import b\nexcept ImportError: import c; import d', ['a', 'b', 'c', 'd']],
    ['continued lines', 'import a, \\\n  b\nfrom \\\n  c import d', ['a', 'b', 'c d']],
    ['strings', "x = \"import a\"\ny = '''\nimport b\n'''\nz = r\"\\\"; import c", []],
    ['strings that end', 'x = "a\\"b"; import c\ny = r"d\\\\"; import e', ['c', 'e']],
    ['comments', '# import a\nimport b  # import c', ['b']],
    ['docstrings', '"""\nimport a\n"""\nimport b', ['b']],
    ['nested quotes', 'x = f"{d["import a"]} {f\'{y}\'}"; import b', ['b']],
    ['format text', 'x = f"{n:\'>{w}} {{ \\N{BULLET}"; import b', ['b']],
    ['f-strings over lines', 'x = f"""\nimport a {y}\n"""\nimport b', ['b']],
    ['a brace that is never closed', 'x = f"{y"\nimport b', ['b']],
    ['a string that is never closed', 'x = "abc\nimport b', ['b']],
    ['a bracket that is never closed', 'x = (1,\nimport a\ndef f(:\n    from b import c', ['a', 'b c']],
    ['from of other statements', 'raise E from cause\nyield from (a)\nx.from_import = 1', []],
    ['names', 'important = 1\nimport größe\nimport _a1, ﬁle', ['größe', '_a1', 'file']],
    ['calls', 'import_module("a.b")\nimportlib.import_module(\'c\', x)\n__import__("d")', ['a.b', 'c', 'd']],
    ['calls by other things', 'import_module(name)\nimport_module("a" + b)\nimport_module(".a", b)', []],
    [
      'calls with a package',
      'import_module(".a", "b.c")\nimport_module(\n  "..d", package="b.c",\n)',
      ['b.c.a', 'b.d'],
    ],
    ['calls with keywords', 'import_module(name="a.b")\nimport_module(package=None, name="c")', ['a.b', 'c']],
    ['calls beside', 'import_module(".a", __package__)\nimport_module("..b", __spec__.parent)', ['.a', '..b']],
    ['calls with a list', '__import__("a", globals(), locals(), ["b"], 0)\n__import__("c", level=1)', ['a b', '.c']],
    [
      'calls by another name',
      'from importlib import import_module as load\nload("a")',
      ['importlib import_module', 'a'],
    ],
    ['definitions of that name', 'def import_module(name="a"): pass', []],
    ['lazy', 'lazy import a\nlazy from b import c', ['a', 'b c']],
    ['old line ends', 'import a\rimport b\r\nimport c', ['a', 'b', 'c']],
    ['nothing', '', []],
    ['half', 'import\nfrom\nfrom a\nimport b.', ['b']],
  ];
  for (const [name, source, expected] of cases) {
    it(name, () => assert.deepEqual(found(source), expected));
  }

  it('says what cannot be told, with what is written of it', () => {
    const source = [
      'import_module(f"jobs.steps_{x}")',
      'import_module("a.b." + name)',
      'import_module(name)',
      '__import__("%s.x" % name)',
      'import_module(".a", package)',
      'for m in pkgutil.iter_modules(jobs.deep.__path__): pass',
      'pkgutil.walk_packages(path=[folder])',
    ].join('\n');
    assert.deepEqual(
      readPythonModule(source).unseen.map(({ line, call, within }) => [line, call, within.join('.')]),
      [
        [1, 'import_module', 'jobs'],
        [2, 'import_module', 'a.b'],
        [3, 'import_module', ''],
        [4, '__import__', ''],
        [5, 'import_module', ''],
        [6, 'iter_modules', 'jobs.deep'],
        [7, 'walk_packages', ''],
      ],
    );
  });

  it('gives line numbers, over strings and continued lines', () => {
    const source = '"""\n\n"""\nx = 1 + \\\n 2\nimport a\nfrom b import (\n c)\nimport d';
    assert.deepEqual(
      readPythonModule(source).imports.map(({ line }) => line),
      [6, 7, 9],
    );
  });

  it('reads what __all__ lists', () => {
    assert.deepEqual(readPythonModule('__all__ = [\n "a",\n \'b\']\n__all__ += ("c",)').all, ['a', 'b', 'c']);
  });

  it('agrees with Python itself on its own library', async function () {
    this.timeout(60_000);
    const oracle = `
import ast, glob, json, os, sys, warnings
warnings.simplefilter('ignore')
lib = os.path.dirname(os.__file__)
out = {}
for folder in ('', 'asyncio', 'concurrent/futures', 'email', 'importlib', 'json', 'multiprocessing', 'unittest', 'xml/etree'):
    for path in sorted(glob.glob(os.path.join(lib, folder, '*.py'))):
        found = []
        for node in ast.walk(ast.parse(open(path, 'rb').read())):
            if isinstance(node, ast.Import):
                found += [' '.join([a.name]) for a in node.names]
            elif isinstance(node, ast.ImportFrom):
                found.append(' '.join(['.' * node.level + (node.module or '')] + [a.name for a in node.names]))
            elif isinstance(node, ast.Call) and len(node.args) and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, 'id', getattr(node.func, 'attr', None))
                if name in ('import_module', '__import__') and not node.args[0].value.startswith('.'):
                    found.append(node.args[0].value)
        out[path] = sorted(found)
json.dump(out, sys.stdout)`;
    const answers = JSON.parse(execFileSync(python, ['-c', oracle], { encoding: 'utf8', maxBuffer: 1e8 })) as Record<
      string,
      string[]
    >;
    assert.ok(Object.keys(answers).length > 200);
    for (const [path, expected] of Object.entries(answers)) {
      const source = decodePython(await readFile(path));
      assert.deepEqual(
        found(source).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
        expected,
        path,
      );
    }
  });
});

describe('encoding of Python source', () => {
  const cases: [string, Buffer, string][] = [
    ['UTF-8', Buffer.from('import größe'), 'import größe'],
    ['a byte order mark', Buffer.from('\uFEFFimport größe'), 'import größe'],
    [
      'a mark and a declaration',
      Buffer.from('\uFEFF# coding: latin-1\nimport größe'),
      '# coding: latin-1\nimport größe',
    ],
    ['latin-1', Buffer.from('# -*- coding: latin-1 -*-\nimport größe', 'latin1'), 'größe'],
    [
      'iso_8859_15',
      Buffer.from('#!/usr/bin/python\n# vim: set fileencoding=iso_8859_15 :\nimport größe', 'latin1'),
      'größe',
    ],
    ['cp1252', Buffer.from('# coding=cp1252\nimport größe', 'latin1'), 'größe'],
    ['one that nobody knows', Buffer.from('# coding: rot-13\nimport a'), 'import a'],
    ['a declaration that is too late', Buffer.from('x = 1\n# coding: latin-1\nimport größe'), 'größe'],
  ];
  for (const [name, bytes, expected] of cases) {
    it(name, () => assert.ok(decodePython(bytes).endsWith(expected)));
  }
});
