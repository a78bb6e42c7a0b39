import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { isCancelled } from '../../../../src/core/errors';
import { writeArchive } from '../../../../src/dataproc/packaging/writeArchive';
import { paths, Project, userError, writeFiles, type Files } from './project';

const python = process.env['DASK_TEST_PYTHON'] ?? 'python3';

const small: Files = {
  'pyproject.toml': '',
  'jobs/run.py': 'import helpers, ns.part\nfrom pkg import answer',
  'jobs/helpers.py': 'place = "jobs"',
  'helpers.py': 'place = "workspace"',
  'ns/part/deep.py': 'x = 1',
  'ns/part/__init__.py': 'from . import deep',
  'src/pkg/__init__.py': 'from .inner import answer',
  'src/pkg/inner.py':
    'import importlib.resources\nfrom . import größe\nanswer = (importlib.resources.files("pkg") / "data" / "answer.txt").read_text() + größe.unit',
  'src/pkg/größe.py': 'unit = "m"',
  'src/pkg/data/answer.txt': '42',
};

function run(code: string, ...args: string[]): string {
  return execFileSync(python, ['-I', '-c', code, ...args], { encoding: 'utf8' }).trim();
}

describe('an archive of a package', () => {
  it('is what Python imports from: packages, namespaces, relative imports, data', () =>
    Project.with(small, async (project) => {
      const plan = await project.plan('jobs/run.py', { globs: ['src/pkg/data/*', 'helpers.py'] });
      const { path } = await writeArchive(plan, join(project.outer, 'archives'));
      // Python sees nothing but the archive.
      await rm(project.root, { recursive: true });
      const code = `
import sys
sys.path[:0] = sys.argv[1:]
import helpers, ns.part.deep, pkg
print(helpers.place, ns.part.deep.x, pkg.answer, pkg.__file__)`;
      const folders = plan.importFolders.map((folder) => (folder === '' ? path : `${path}/${folder}`));
      assert.equal(run(code, ...folders), `jobs 1 42m ${path}/src/pkg/__init__.py`);
      const check = 'import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1]) as z: print(z.testzip(), *z.namelist())';
      const [fault, ...names] = run(check, path).split(' ');
      assert.equal(fault, 'None');
      assert.deepEqual(
        names.filter((name) => !name.endsWith('/')),
        paths(plan),
      );
    }));

  it('has the same bytes and name for the same content, whatever times, modes, places and order are', async () => {
    const pack = (files: Files, change?: (project: Project) => Promise<void>): Promise<[string, Buffer]> =>
      Project.with(files, async (project) => {
        await change?.(project);
        const archive = await writeArchive(await project.plan('jobs/run.py', { globs: ['src/**'] }), project.outer);
        const bytes = await readFile(archive.path);
        assert.equal(archive.name, `${createHash('sha256').update(bytes).digest('hex')}.zip`);
        assert.equal(archive.path, join(project.outer, archive.name));
        assert.equal(archive.bytes, bytes.length);
        return [archive.name, bytes];
      });
    const [name, bytes] = await pack(small);
    const [same, sameBytes] = await pack(Object.fromEntries(Object.entries(small).reverse()), async (project) => {
      await utimes(project.path('jobs/run.py'), 1, 1);
      await chmod(project.path('jobs/run.py'), 0o755);
    });
    assert.equal(same, name);
    assert.deepEqual(sameBytes, bytes);
    assert.notEqual((await pack({ ...small, 'jobs/helpers.py': 'place = "Jobs"' }))[0], name);
    // The same content under another name is another archive.
    const { 'src/pkg/data/answer.txt': answer, ...others } = small;
    assert.notEqual((await pack({ ...others, 'src/pkg/data/answer2.txt': answer! }))[0], name);
  });

  it('does not depend on the time zone', () =>
    Project.with(small, async (project) => {
      const zone = process.env['TZ'];
      const names = new Set<string>();
      try {
        for (const place of ['UTC', 'Pacific/Kiritimati', 'America/Los_Angeles']) {
          process.env['TZ'] = place;
          names.add((await writeArchive(await project.plan('jobs/run.py'), project.outer)).name);
        }
      } finally {
        if (zone === undefined) {
          delete process.env['TZ'];
        } else {
          process.env['TZ'] = zone;
        }
      }
      assert.equal(names.size, 1);
    }));

  it('is left as it is where it is there already, and made whole where it is not', () =>
    Project.with(small, async (project) => {
      const folder = join(project.outer, 'new', 'folder');
      const plan = await project.plan('jobs/run.py');
      const first = await writeArchive(plan, folder);
      const { ino, mode } = await stat(first.path);
      assert.deepEqual(await writeArchive(plan, folder), first);
      assert.equal((await stat(first.path)).ino, ino);
      if (process.platform !== 'win32') {
        assert.equal(mode & 0o777, 0o600);
      }
      await writeFile(first.path, 'half');
      await writeArchive(plan, folder);
      assert.equal((await stat(first.path)).size, first.bytes);
      assert.deepEqual(await readdir(folder), [first.name]);
    }));

  it('holds large and empty files as they are', () =>
    Project.with({ 'run.py': '', 'a.bin': Buffer.alloc(5_000_001, 'abc'), 'empty.bin': '' }, async (project) => {
      const { path } = await writeArchive(await project.plan('run.py', { globs: ['*.bin'] }), project.outer);
      const content = unzipSync(await readFile(path));
      assert.ok(Buffer.from(content['a.bin']!).equals(Buffer.alloc(5_000_001, 'abc')));
      assert.equal(content['empty.bin']?.length, 0);
    }));
});

describe('files that change between plan and archive', () => {
  const changes: [string, (project: Project) => Promise<void>, string, number?][] = [
    ['is gone', (project) => rm(project.path('data/a.csv')), 'packageFileChanged'],
    ['whose folder is gone', (project) => rm(project.path('data'), { recursive: true }), 'packageFileChanged'],
    [
      'leads out now',
      async (project) => {
        await writeFiles(project.outer, { 'canary.txt': 'x' });
        await rm(project.path('data/a.csv'));
        await symlink('../../canary.txt', project.path('data/a.csv'));
      },
      'packageFileChanged',
    ],
    [
      'holds a key now',
      (project) => writeFiles(project.root, { 'data/a.csv': '{"private_key": "x"}' }),
      'packageFileChanged',
    ],
    ['has grown', (project) => writeFiles(project.root, { 'data/a.csv': ' '.repeat(2000) }), 'packageTooLarge'],
  ];
  for (const [name, change, code] of changes) {
    it(`one that ${name}`, () =>
      Project.with({ 'run.py': '', 'data/a.csv': '1' }, async (project) => {
        const plan = await project.plan('run.py', { globs: ['data/*'], maxBytes: 1000 });
        await change(project);
        const folder = join(project.outer, 'archives');
        await assert.rejects(writeArchive(plan, folder), userError(code, 'data/a.csv'));
        await assert.rejects(stat(folder), { code: 'ENOENT' });
      }));
  }

  it('and a cancel', () =>
    Project.with({ 'run.py': '' }, async (project) => {
      const plan = await project.plan();
      await assert.rejects(writeArchive(plan, project.outer, AbortSignal.abort()), isCancelled);
    }));
});
