import assert from 'node:assert/strict';
import { packageNotes } from '../../../../src/dataproc/packageNotes';
import { paths, Project, type Files } from './project';

const notes = (files: Files, globs: readonly string[] = []): Promise<string[]> =>
  Project.with(files, async (project) => packageNotes(await project.plan('run.py', { globs })));

describe('What shipped code may miss', () => {
  const jobs = { 'jobs/__init__.py': '', 'jobs/steps_a.py': '', 'jobs/steps_b.py': '' };

  for (const [name, code, more, packed] of [
    ['by a package', 'import_module(".steps_a", "jobs")', jobs, ['jobs/__init__.py', 'jobs/steps_a.py']],
    ['by keywords', 'import_module(name="jobs.steps_b")', jobs, ['jobs/__init__.py', 'jobs/steps_b.py']],
    [
      'beside its package',
      'import loader',
      { 'loader/__init__.py': 'step = import_module(".step", __package__)', 'loader/step.py': '' },
      ['loader/__init__.py', 'loader/step.py'],
    ],
  ] as const) {
    it(`is not what is imported ${name}: that is packed`, () =>
      Project.with({ 'run.py': code, ...more }, async (project) => {
        const plan = await project.plan();
        assert.deepEqual(paths(plan), [...packed, 'run.py']);
        assert.deepEqual(packageNotes(plan), []);
      }));
  }

  it('is what is imported by a name that is made while it runs, with what may be meant', async () => {
    const files = { ...jobs, 'run.py': 'x = "c"\nm = import_module(f"jobs.steps_{x}")\n' };
    assert.deepEqual(await notes(files), [
      'Does not see which modules are imported by import_module (run.py, line 2): add them to "include" in the profile, such as "jobs/**/*.py".',
    ]);
    assert.deepEqual(await notes(files, ['jobs/**/*.py']), []);
    assert.equal((await notes({ ...files, 'other.py': '' }, ['*.py'])).length, 1);
  });

  it('is what looks for the modules of a package', async () => {
    assert.deepEqual(
      await notes({ ...jobs, 'run.py': 'import pkgutil, jobs\nx = pkgutil.iter_modules(jobs.__path__)' }),
      [
        'Does not see which modules are imported by iter_modules (run.py, line 2): add them to "include" in the profile, such as "jobs/**/*.py".',
      ],
    );
    assert.match((await notes({ 'run.py': 'import_module(x)' })).join(), /"include" in the profile\.$/);
  });

  it('is a file that it names, beside it or in a folder or package that it names too', async () => {
    const files = {
      'run.py': [
        'import lib.deep',
        'open("config.yaml")',
        'Path(__file__).with_name("q.sql")',
        'importlib.resources.files("pkg.data") / "x.json"',
        'client.upload_file("mylib.zip")',
        'os.path.join("tables", "a.csv")',
        'open("./deep/b.txt"); open("../outside.txt"); open("missing.txt"); open("run.py")',
      ].join('\n'),
      ...{
        'config.yaml': '',
        'q.sql': '',
        'pkg/data/x.json': '',
        'mylib.zip': '',
        'tables/a.csv': '',
        'deep/b.txt': '',
      },
      ...{ 'lib/deep.py': 'open("own.txt"); open("config.yaml")', 'lib/own.txt': '', 'unnamed.txt': '' },
    };
    const [said = '', ...others] = await notes(files);
    assert.deepEqual(others, []);
    assert.match(
      said,
      /^Does not upload files that the code names: .* and 2 more: add what the run needs to "include" in the profile\.$/,
    );
    const plan = await Project.with(files, (project) => project.plan());
    assert.deepEqual(plan.named.map(({ path, by, line }) => `${path} ${by}:${line}`).sort(), [
      ...['config.yaml run.py:2', 'deep/b.txt run.py:7', 'lib/own.txt lib/deep.py:1', 'mylib.zip run.py:5'],
      ...['pkg/data/x.json run.py:4', 'q.sql run.py:3', 'tables/a.csv run.py:6'],
    ]);
    assert.deepEqual(await notes(files, ['**/*.{yaml,sql,json,zip,csv,txt}']), []);
  });

  it('is not a file that it writes, and never a secret without saying why', async () => {
    const run =
      'open("a.txt", "w"); open("b.txt", mode="wb"); df.to_csv("c.csv"); open(".env"); open("d.key")\n"e.txt is a file"';
    const files = { 'run.py': run, 'a.txt': '', 'b.txt': '', 'c.csv': '', '.env': '', 'd.key': '', 'e.txt': '' };
    assert.deepEqual(await notes(files), [
      'Does not upload .env (run.py, line 1) although the code names it: it may hold passwords.',
      'Does not upload d.key (run.py, line 1) although the code names it: it is a key.',
    ]);
    // What .daskignore names is left out on purpose.
    assert.deepEqual(await notes({ 'run.py': 'open("x.csv")', 'x.csv': '', '.daskignore': '*.csv' }), []);
  });

  it('has another way out where the code is not in the workspace', () =>
    Project.with({ 'run.py': '' }, async (project) => {
      await Project.with({ 'run.py': 'open("a.csv")', 'a.csv': '' }, async (other) => {
        const plan = await other.plan('run.py', { workspaceFolder: project.root });
        assert.match(packageNotes(plan).join(), /open their folder as the workspace, and add/);
      });
    }));
});
