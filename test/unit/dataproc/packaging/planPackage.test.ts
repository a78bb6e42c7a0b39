import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isCancelled } from '../../../../src/core/errors';
import { Project, paths, userError, writeFiles, type Files } from './project';

describe('what a package holds', () => {
  const cases: [string, Files, string, string[]][] = [
    [
      'modules beside the file, of the workspace and of src, and what these import',
      {
        'pyproject.toml': '',
        'jobs/run.py': 'import helpers\nimport common.io\nimport lib.deep\nimport numpy',
        'jobs/helpers.py': 'import other',
        'jobs/unused.py': '',
        'other.py': '',
        'common/__init__.py': '',
        'common/io.py': 'from .parts import one, name',
        'common/parts/__init__.py': '',
        'common/parts/one.py': 'from .. import two\nfrom ...outside import x',
        'common/parts/two.py': '',
        'common/two.py': '',
        'src/lib/__init__.py': 'from . import deep',
        'src/lib/deep.py': '',
      },
      'jobs/run.py',
      [
        'common/__init__.py',
        'common/io.py',
        'common/parts/__init__.py',
        'common/parts/one.py',
        'common/two.py',
        'jobs/helpers.py',
        'jobs/run.py',
        'other.py',
        'src/lib/__init__.py',
        'src/lib/deep.py',
      ],
    ],
    [
      'the module beside the file, where the workspace has one of the same name',
      { 'jobs/run.py': 'import helpers', 'jobs/helpers.py': '', 'helpers.py': '' },
      'jobs/run.py',
      ['jobs/helpers.py', 'jobs/run.py'],
    ],
    [
      'modules of namespace packages in several folders, and a package before these',
      {
        'jobs/run.py': 'import ns.one, ns.two.three\nfrom ns import four\nimport pk.x',
        'jobs/ns/one.py': 'from . import five',
        'jobs/pk/x.py': '',
        'ns/two/three.py': '',
        'ns/four.py': '',
        'ns/five.py': '',
        'pk/__init__.py': '',
        'pk/x.py': '',
      },
      'jobs/run.py',
      ['jobs/ns/one.py', 'jobs/run.py', 'ns/five.py', 'ns/four.py', 'ns/two/three.py', 'pk/__init__.py', 'pk/x.py'],
    ],
    [
      'circles, and imports in functions and wrong source',
      { 'run.py': 'import a\ndef f(:', 'a.py': 'def f():\n  import b', 'b.py': 'import a\nimport run' },
      'run.py',
      ['a.py', 'b.py', 'run.py'],
    ],
    [
      'modules that `import *` takes by __all__, and none for what is taken from a module',
      {
        'run.py': 'from p import *\nfrom p.m import n',
        'p/__init__.py': '__all__ = ["m", "f"]',
        'p/m.py': '',
        'p/n.py': '',
      },
      'run.py',
      ['p/__init__.py', 'p/m.py', 'run.py'],
    ],
    [
      'names as Python compares them, in the encoding of the file',
      {
        'run.py': Buffer.from('# coding: latin-1\nimport größe, Upper', 'latin1'),
        'größe.py': '',
        'upper.py': '',
      },
      'run.py',
      ['größe.py', 'run.py'],
    ],
    [
      'relative imports of a script, for those who import it as a module',
      { 'pkg/run.py': 'from . import near', 'pkg/near.py': '' },
      'pkg/run.py',
      ['pkg/near.py', 'pkg/run.py'],
    ],
    [
      'the projects around the file',
      {
        'apps/one/pyproject.toml': '',
        'apps/one/jobs/run.py': 'import lib, top',
        'apps/one/src/lib.py': '',
        'apps/one/top.py': '',
        'src/lib.py': '',
      },
      'apps/one/jobs/run.py',
      ['apps/one/jobs/run.py', 'apps/one/src/lib.py', 'apps/one/top.py'],
    ],
  ];
  for (const [name, files, target, expected] of cases) {
    it(name, () =>
      Project.with(files, async (project) => assert.deepEqual(paths(await project.plan(target)), expected)),
    );
  }

  it('says why each file is there, how large it is, and where imports are looked for', () =>
    Project.with(
      { 'jobs/run.py': '\nimport lib.a', 'lib/a.py': '12345', 'data/x.csv': '123', 'pyproject.toml': '' },
      async (project) => {
        const plan = await project.plan('jobs/run.py', { globs: ['data/*.csv', 'none/**'] });
        assert.deepEqual(plan.files, [
          { path: 'data/x.csv', bytes: 3, reason: { kind: 'glob', glob: 'data/*.csv' } },
          { path: 'jobs/run.py', bytes: 13, reason: { kind: 'target' } },
          { path: 'lib/a.py', bytes: 5, reason: { kind: 'import', by: 'jobs/run.py', line: 2, module: 'lib.a' } },
        ]);
        assert.equal(plan.bytes, 21);
        assert.equal(plan.main, 'jobs/run.py');
        assert.equal(plan.root, project.root);
        assert.deepEqual(plan.importFolders, ['jobs', '']);
        assert.deepEqual(plan.unmatchedGlobs, ['none/**']);
      },
    ));

  it('starts from the module of a function', () =>
    Project.with({ 'src/jobs/__init__.py': '', 'src/jobs/etl.py': 'import util', 'util.py': '' }, async (project) => {
      const target = { kind: 'function', function: 'run', directory: project.path('src') } as const;
      const plan = await project.plan('', { target: { ...target, module: 'jobs.etl' } });
      assert.deepEqual(paths(plan), ['src/jobs/__init__.py', 'src/jobs/etl.py', 'util.py']);
      assert.equal(plan.main, undefined);
      await assert.rejects(
        project.plan('', { target: { ...target, module: 'jobs.other' } }),
        userError('targetMissing', 'jobs.other', 'src'),
      );
    }));

  it('packages a file elsewhere with its own folder, and nothing of the workspace', () =>
    Project.with({ 'shared.py': '', 'data/a.csv': '' }, async (project) => {
      await writeFiles(project.outer, { 'else/run.py': 'import near, shared', 'else/near.py': '' });
      const target = { kind: 'file', path: join(project.outer, 'else/run.py') } as const;
      const plan = await project.plan('', { target, globs: ['**/*'] });
      assert.deepEqual(paths(plan), ['near.py', 'run.py']);
      assert.deepEqual(plan.unmatchedGlobs, ['**/*']);
      assert.deepEqual(paths(await project.plan('', { target, workspaceFolder: undefined })), ['near.py', 'run.py']);
    }));

  it('refuses a compiled module, and takes its source where that is there', () =>
    Project.with(
      { 'run.py': 'import fast, both', 'fast.cpython-311-x86_64-linux-gnu.so': '', 'both.so': '', 'both.py': '' },
      async (project) => {
        const plan = await project.plan();
        assert.deepEqual(paths(plan), ['both.py', 'run.py']);
        assert.deepEqual(
          plan.refused.map(({ path, kind, wantedBy }) => [path, kind, wantedBy]),
          [['fast.cpython-311-x86_64-linux-gnu.so', 'compiled', 'run.py']],
        );
      },
    ));
});

describe('files of a package by patterns', () => {
  const files = {
    'run.py': '',
    'a.csv': '',
    'data/b.csv': '',
    'data/deep/c.csv': '',
    'data/deep/.hidden.csv': '',
    'data/d.bin': '',
    '.config/e.csv': '',
    'data/__pycache__/x.pyc': '',
  };
  const cases: [string, string[], string[]][] = [
    ['wildcards', ['data/**/*.csv'], ['data/b.csv', 'data/deep/c.csv']],
    ['a file', ['./data/d.bin'], ['data/d.bin']],
    ['a folder', ['data/'], ['data/b.csv', 'data/d.bin', 'data/deep/c.csv']],
    ['everything', ['.'], ['a.csv', 'data/b.csv', 'data/d.bin', 'data/deep/c.csv']],
    ['all but', ['!data/deep', 'data/**', '!**/*.bin'], ['data/b.csv']],
    ['hidden ones where the dot is written', ['**/.*.csv', '.config/*'], ['.config/e.csv', 'data/deep/.hidden.csv']],
    ['choices', ['{a,data/b}.csv'], ['a.csv', 'data/b.csv']],
    ['caches of Python, never', ['data/__pycache__/*.pyc', '**/*.pyc'], []],
  ];
  for (const [name, globs, expected] of cases) {
    it(name, () =>
      Project.with(files, async (project) =>
        assert.deepEqual(paths(await project.plan('run.py', { globs })), [...expected, 'run.py']),
      ),
    );
  }

  for (const glob of ['../x', '/etc/*', 'data/../../x', '', 'C:/x', '!../x']) {
    it(`refuses "${glob}"`, () =>
      Project.with(files, (project) =>
        assert.rejects(project.plan('run.py', { globs: [glob] }), userError('badPackageGlob', `"${glob}"`)),
      ));
  }
});

describe('what ignore rules keep out of a package', () => {
  const rules = {
    '.gitignore':
      '*.log\n!keep.log\n/top.csv\nbuild/\n# comment\n\\#odd.csv\ndeep/*.tsv\n**/cache\nfoo\nlist/*\n!list/one.csv\nspace.csv   \n',
    'sub/.gitignore': '!a.log\n/own.csv\n!foo\nin/ner.csv\n*.tmp',
    'sub/[odd] name/.gitignore': 'gone.csv\n/only.csv',
    'build/.gitignore': '!*',
  };
  const files = [
    ...['a.log', 'keep.log', 'top.csv', 'sub/top.csv', 'build/x.csv', 'sub/build/y.csv', '#odd.csv', 'Top.csv'],
    ...['deep/a.tsv', 'sub/deep/a.tsv', 'sub/cache/x', 'cache', 'foo/x', 'sub/foo/x', 'list/one.csv', 'list/two.csv'],
    ...['space.csv', 'sub/a.log', 'sub/b.log', 'sub/own.csv', 'sub/more/own.csv', 'sub/in/ner.csv', 'in/ner.csv'],
    ...['sub/x/in/ner.csv', 'sub/more/z.tmp', 'z.tmp', 'sub/[odd] name/gone.csv', 'sub/[odd] name/x/gone.csv'],
    ...['sub/[odd] name/x/only.csv', 'sub/[odd] name/only.csv', 'sub/gone.csv', 'sub/excluded.csv', 'run.py'],
  ];
  const project: Files = { ...rules, ...Object.fromEntries(files.map((path) => [path, ''])) };

  function git(folder: string, ...args: string[]): string {
    return execFileSync('git', ['-c', 'core.excludesFile=', ...args], { cwd: folder, encoding: 'utf8' });
  }

  it('are git’s own, at every level', () =>
    Project.with(project, async (project) => {
      git(project.root, 'init', '--quiet');
      await writeFiles(project.root, { '.git/info/exclude': 'excluded.csv\n' });
      const answer = git(project.root, 'ls-files', '-z', '--others', '--exclude-standard').split('\0').filter(Boolean);
      const expected = answer.filter((path) => !path.endsWith('.gitignore'));
      assert.ok(expected.includes('sub/foo/x') && !expected.includes('build/x.csv'));
      assert.deepEqual(paths(await project.plan('run.py', { globs: ['**'] })), expected.sort());
    }));

  it('come from the repository around the workspace too, but not where that ignores it as a whole', () =>
    Project.with(
      { 'run.py': '', 'a.csv': '', 'b.csv': '', 'sub/c.csv': '', '.gitignore': 'b.csv' },
      async (project) => {
        git(project.outer, 'init', '--quiet');
        await writeFiles(project.outer, { '.gitignore': '/workspace/sub/c.csv' });
        assert.deepEqual(paths(await project.plan('run.py', { globs: ['**'] })), ['a.csv', 'run.py']);
        await writeFiles(project.outer, { '.gitignore': 'workspace' });
        assert.deepEqual(paths(await project.plan('run.py', { globs: ['**'] })), ['a.csv', 'run.py', 'sub/c.csv']);
      },
    ));

  it('of git give way to imports and to names without wildcards, and .daskignore to nothing', () =>
    Project.with(
      {
        '.gitignore': 'gen.py\ndata/',
        '.daskignore': 'secret.py\n/data/private/',
        'lib/.daskignore': 'local.py',
        'run.py': 'import gen, secret, lib.local',
        'gen.py': '',
        'secret.py': '',
        'lib/local.py': '',
        'data/a.csv': '',
        'data/private/b.csv': '',
      },
      async (project) => {
        const named = await project.plan('run.py', { globs: ['data', 'data/private/b.csv'] });
        assert.deepEqual(paths(named), ['data/a.csv', 'gen.py', 'run.py']);
        assert.deepEqual(
          named.refused.map(({ path, kind, wantedBy }) => [path, kind, wantedBy]),
          [
            ['data/private/', 'ignored', undefined],
            ['data/private/b.csv', 'ignored', undefined],
            ['lib/local.py', 'ignored', 'run.py'],
            ['secret.py', 'ignored', 'run.py'],
          ],
        );
        const found = await project.plan('run.py', { globs: ['data/**', '*'] });
        assert.deepEqual(paths(found), ['gen.py', 'run.py']);
        assert.ok(found.refused.some(({ path, why }) => path === 'data/' && why.includes('git')));
        await writeFiles(project.root, { '.daskignore': 'run.py' });
        await assert.rejects(project.plan(), userError('targetRefused', 'run.py', '.daskignore'));
      },
    ));
});

describe('what cannot be packaged', () => {
  it('is too large, by the sum, naming the largest files', () =>
    Project.with({ 'run.py': 'import a', 'a.py': ' '.repeat(600), 'b.bin': ' '.repeat(500) }, async (project) => {
      const request = { globs: ['*.bin'], maxBytes: 1000 };
      await assert.rejects(
        project.plan('run.py', request),
        userError('packageTooLarge', 'a.py (600 B), b.bin (500 B)'),
      );
      await project.plan('run.py', { ...request, maxBytes: 1108 });
      await assert.rejects(project.plan('run.py', { ...request, maxBytes: 1107 }), userError('packageTooLarge'));
    }));

  it('is not there', () =>
    Project.with({ 'run.py/x': '' }, async (project) => {
      await assert.rejects(project.plan('gone.py'), userError('targetMissing', 'gone.py'));
      await assert.rejects(project.plan('no/folder/gone.py'), userError('targetMissing', 'gone.py'));
      await assert.rejects(project.plan('run.py'), userError('targetMissing', 'run.py'));
    }));

  it('is a file or a folder that cannot be read', async function () {
    const geteuid = process.geteuid?.bind(process);
    const seteuid = process.seteuid?.bind(process);
    if (!geteuid || !seteuid) {
      // Windows has no such modes.
      return this.skip();
    }
    await Project.with({ 'run.py': '', 'locked/a.csv': '', 'shut.py': '' }, async (project) => {
      await chmod(project.outer, 0o755);
      await chmod(project.path('locked'), 0);
      await chmod(project.path('shut.py'), 0);
      const user = geteuid();
      try {
        if (user === 0) {
          // Nothing is closed to root.
          seteuid(65_534);
        }
        await project.plan();
        await assert.rejects(project.plan('run.py', { globs: ['**/*.csv'] }), userError('packageUnreadable', 'locked'));
        await assert.rejects(project.plan('shut.py'), userError('packageUnreadable', 'shut.py'));
      } finally {
        seteuid(user);
        await chmod(project.path('locked'), 0o755);
      }
    });
  });

  it('ends when it is cancelled', () =>
    Project.with({ 'run.py': 'import a', 'a.py': '' }, (project) =>
      assert.rejects(project.plan('run.py', { signal: AbortSignal.abort() }), isCancelled),
    ));

  it('takes ten thousand files', async function () {
    this.timeout(120_000);
    const files: Record<string, string> = { 'run.py': '' };
    for (let index = 0; index < 10_000; index += 1) {
      files[`data/${index % 100}/${index}.txt`] = '';
    }
    await Project.with(files, async (project) => {
      assert.equal((await project.plan('run.py', { globs: ['data/**'] })).files.length, 10_001);
    });
  });
});

describe('links in a package', () => {
  it('are followed within the workspace, and not out of it, to nowhere, or in circles', () =>
    Project.with(
      { 'run.py': 'import pkg.mod, out, pkgout.mod', 'real/__init__.py': '', 'real/mod.py': '', 'data/a.csv': '1' },
      async (project) => {
        await writeFiles(project.outer, { 'else/mod.py': '', 'else/x.csv': '', 'else/__init__.py': '' });
        await symlink('real', project.path('pkg'));
        await symlink('../else', project.path('pkgout'));
        await symlink('../else/mod.py', project.path('out.py'));
        await symlink('a.csv', project.path('data/b.csv'));
        await symlink('..', project.path('data/up'));
        await symlink('../../else', project.path('data/out'));
        await symlink('../../else/x.csv', project.path('data/x.csv'));
        await symlink('nowhere', project.path('data/gone.csv'));
        const plan = await project.plan('run.py', { globs: ['data/**/*.csv', 'pkgout/x.csv'] });
        assert.deepEqual(paths(plan), ['data/a.csv', 'data/b.csv', 'pkg/__init__.py', 'pkg/mod.py', 'run.py']);
        const links = plan.refused.filter(({ kind }) => kind === 'link').map(({ path }) => path);
        assert.deepEqual(links, [
          ...['data/gone.csv', 'data/out', 'data/x.csv', 'out.py', 'pkgout/__init__.py', 'pkgout/mod.py'],
          'pkgout/x.csv',
        ]);
      },
    ));

  it('may lead to the workspace itself', () =>
    Project.with({ 'jobs/run.py': 'import top', 'top.py': '' }, async (project) => {
      const linked = join(project.outer, 'linked');
      await symlink(project.root, linked);
      const target = { kind: 'file', path: join(linked, 'jobs/run.py') } as const;
      for (const workspaceFolder of [linked, project.root]) {
        assert.deepEqual(paths(await project.plan('', { target, workspaceFolder })), ['jobs/run.py', 'top.py']);
      }
    }));

  it('do not make a file of what is none', async function () {
    if (process.platform === 'win32') {
      return this.skip();
    }
    await Project.with({ 'run.py': '' }, async (project) => {
      await mkdir(project.path('data'));
      execFileSync('mkfifo', [project.path('data/pipe')]);
      const plan = await project.plan('run.py', { globs: ['data/*'] });
      assert.deepEqual(paths(plan), ['run.py']);
      assert.deepEqual(
        plan.refused.map(({ kind }) => kind),
        ['special'],
      );
    });
  });
});
