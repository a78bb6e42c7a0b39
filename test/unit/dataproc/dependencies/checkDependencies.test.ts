import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DataprocProfile } from '../../../../src/core/dataprocProfile';
import { UserError } from '../../../../src/core/errors';
import { checkDependencies, requirementsContent } from '../../../../src/dataproc/dependencies/checkDependencies';
import { cloudProfile } from '../../../fakes/stubJob';
import { writeFiles, type Files } from '../packaging/project';

const runner = resolve('python', 'dask_runner');
const git = '0123456789abcdef0123456789abcdef01234567';

/** Of our own pins for Python 3.11. */
let ours: Readonly<Record<string, string>>;

async function check(files: Files, more: Partial<DataprocProfile> = {}): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'dependencies-'));
  try {
    await writeFiles(folder, files);
    const named = [Object.keys(files)[0] ?? ''].map((name) => join(folder, name));
    return await checkDependencies(
      cloudProfile({ environmentSource: { kind: 'requirements', files: named }, ...more }),
      runner,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function refusal(files: Files, more: Partial<DataprocProfile> = {}): Promise<UserError> {
  const error: unknown = await check(files, more).then(
    (notes) => assert.fail(`Not refused: ${notes.join(' ')}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof UserError, String(error));
  assert.equal(error.code, 'requirementsNotInstallable');
  assert.match(error.what, /so nothing was uploaded or created\.$/);
  assert.doesNotMatch(error.message, /undefined|\/tmp|\.\.(?!\/)|\s{2}/);
  return error;
}

const project = '[project]\nname = "proj"\nversion = "1"\n';
const uv = (packages: string, dependencies: string): string =>
  `version = 1\nrequires-python = ">=3.10"\n\n[[package]]\nname = "proj"\nversion = "0.1.0"\nsource = { virtual = "." }\ndependencies = [${dependencies}]\n\n${packages}`;
const registry = 'source = { registry = "https://pypi.org/simple" }';

/** Files, of which the first is named in the profile; places and words of the refusal; or what is said of it. */
const refused: readonly [name: string, files: Files, words: readonly string[]][] = [
  ['a pin beside ours', { 'requirements.txt': '# x\npandas==2.2.3\n' }, ['requirements.txt, line 2: "pandas==2.2.3"']],
  [
    'another Dask with extras',
    { 'requirements.txt': 'dask[complete]==2024.8.0' },
    ['line 1: "dask[complete]==2024.8.0"'],
  ],
  [
    'a pin in an included file',
    { 'r.txt': '-r in/base.txt', 'in/base.txt': '\nNumPy<2' },
    ['in/base.txt, line 2: "NumPy<2"'],
  ],
  ['constraints', { 'r.txt': 'x\n-c constraints.txt\n', 'constraints.txt': 'x==1' }, ['r.txt, line 2', 'a lock file']],
  [
    'what is on this machine alone',
    {
      'requirements.txt': '-r requirements/base.txt\n-e .\n./wheels/x-1.0-py3-none-any.whl\n',
      'requirements/base.txt': 'humanize\n',
    },
    [
      'requirements.txt, line 2: "-e ."',
      'line 3: "./wheels/x-1.0-py3-none-any.whl"',
      'are uploaded without it',
      '"packages.indexUrl"',
    ],
  ],
  [
    'what pip freeze writes',
    { 'freeze.txt': 'humanize==4.12.1\npkg @ file:///home/me/work/pkg\npywin32==306\n' },
    ['freeze.txt, line 2: "pkg @ file:///home/me/work/pkg"', 'line 3: "pywin32==306" is for Windows alone'],
  ],
  [
    'a file that is not there',
    { 'r.txt': 'a\n--requirement=base.txt' },
    ['r.txt, line 2', '"--requirement=base.txt" is not there'],
  ],
  ['a file that includes itself', { 'r.txt': '-r r.txt' }, ['r.txt, line 1']],
  ['a continued line', { 'r.txt': 'a \\\n  ==1\npandas \\\n ==1.0' }, ['r.txt, line 3']],
  [
    'a folder',
    { 'r.txt': 'libs/helper\n../x[y]\nC:\\x.whl\nx-1.0.tar.gz\n-f wheels' },
    ['line 1', 'line 2', 'line 3', 'line 4', 'line 5'],
  ],
  ['a key of the user', { 'r.txt': 'a @ git+ssh://git@example.com/a.git' }, ['needs a key of yours', 'https://']],
  ['our package from elsewhere', { 'r.txt': 'dask @ https://x.example/dask.whl' }, ['goes with dask 20']],
  [
    "Poetry's dependencies",
    { 'pyproject.toml': '[tool.poetry]\nname = "p"\n[tool.poetry.dependencies]\npython = "^3.10"\n' },
    [
      'pyproject.toml, line 3: it declares no dependencies that can be read: they are written for Poetry',
      'Export a lock file',
    ],
  ],
  ['dynamic ones', { 'pyproject.toml': `${project}dynamic = ["dependencies"]` }, ['line 4', 'they are dynamic']],
  ['groups', { 'pyproject.toml': `${project}[dependency-groups]\nmain = ["humanize"]` }, ['line 4', 'in groups']],
  [
    'extras alone',
    { 'pyproject.toml': `${project}[project.optional-dependencies]\nx = ["y"]` },
    ['line 4', 'in extras'],
  ],
  ['no project', { 'pyproject.toml': '[tool.ruff]\n' }, ['line 1', 'no [project]']],
  [
    'a newer Python',
    { 'pyproject.toml': `${project}requires-python = ">=3.14"\ndependencies = ["humanize"]` },
    ['pyproject.toml, line 4: it wants Python >=3.14', 'image 2.2-debian12 have Python 3.11', '"imageVersion"'],
  ],
  [
    'a place of uv',
    { 'pyproject.toml': `${project}dependencies = ["Acme_x"]\n[tool.uv.sources]\nacme-x = { workspace = true }` },
    ['line 6', 'another package of that name'],
  ],
  [
    'a pin of a project',
    { 'pyproject.toml': `${project}dependencies = [\n  "humanize",\n  "pandas<3",\n]` },
    ['line 6: "pandas<3"'],
  ],
  [
    'a file of a project',
    { 'pyproject.toml': `${project}dependencies = ["a @ file:///a"]` },
    ['line 4: "a @ file:///a"'],
  ],
  [
    'no TOML',
    { 'pyproject.toml': '[project]\nname = "x\n' },
    ['pyproject.toml, line 2: it cannot be read: a string has no end.'],
  ],
  [
    'folders of a uv.lock',
    {
      'uv.lock': uv(
        `[[package]]\nname = "helper"\nversion = "1.0"\nsource = { directory = "../helper" }\n[[package]]\nname = "w"\nversion = "1"\nsource = { path = "w.whl" }`,
        '{ name = "helper" }, { name = "w" }',
      ),
    },
    ['uv.lock, line 11: "helper from ../helper" is on this machine alone', 'line 15: "w from w.whl"'],
  ],
  [
    'a project beside it',
    { 'uv.lock': `version = 1\n[[package]]\nname = "h"\nversion = "1"\nsource = { editable = "../h" }` },
    ['"h from ../h"'],
  ],
  [
    'a key of the user in a lock',
    {
      'uv.lock': uv(
        `[[package]]\nname = "a"\nversion = "1"\nsource = { git = "ssh://git@example.com/a.git#${git}" }`,
        '{ name = "a" }',
      ),
    },
    ['needs a key of yours'],
  ],
  ['a newer Python in a lock', { 'uv.lock': 'version = 1\nrequires-python = ">=3.12"\n' }, ['uv.lock, line 2']],
  [
    'Dask from elsewhere',
    {
      'uv.lock': uv(
        `[[package]]\nname = "dask"\nversion = "1"\nsource = { git = "https://example.com/dask#${git}" }`,
        '{ name = "dask" }',
      ),
    },
    ['"dask from https://example.com/dask" cannot be kept'],
  ],
  [
    'folders of a pylock.toml',
    {
      'pylock.toml': `lock-version = "1.0"\n[[packages]]\nname = "b"\n[packages.directory]\npath = "../b"\n[[packages]]\nname = "c"\n[packages.archive]\npath = "c.zip"\n[[packages]]\nname = "d"\nversion = "1"\nwheels = [{ path = "d.whl" }]`,
    },
    ['pylock.toml, line 3: "b from ../b"', 'line 7: "c from c.zip"', 'line 11: "d from d.whl"'],
  ],
  [
    'neither version nor place',
    { 'pylock.toml': '[[packages]]\nname = "b"\n' },
    ['b has neither a version nor a place'],
  ],
];

describe('Packages of a profile', () => {
  before(async () => {
    const text = await readFile(join(runner, 'dataproc', 'requirements.txt'), 'utf8');
    const version = (name: string): string =>
      new RegExp(`^${name}==(\\S+)(?: \\\\| ;.*3\\.11)`, 'm').exec(text)?.[1] ?? '';
    ours = { pandas: version('pandas'), numpy: version('numpy') };
    assert.match(Object.values(ours).join(' '), /^\d\S+ \d\S+$/);
  });

  for (const [name, files, words] of refused) {
    it(`are refused with file and line: ${name}`, async () => {
      const { message } = await refusal(files);
      for (const word of words) {
        assert.ok(message.includes(word), `"${word}" in: ${message}`);
      }
    });
  }

  it('are held to what the machines have, by the Python of their image', async () => {
    const { message } = await refusal({ 'r.txt': 'pandas==2.2.3' });
    assert.ok(message.includes(`goes with pandas ${ours['pandas'] ?? ''}`), message);
    assert.deepEqual(await check({ 'r.txt': `pandas==${ours['pandas'] ?? ''}` }), []);
    assert.deepEqual(await check({ 'r.txt': 'pandas>=2' }), []);
    const newer = `${project}requires-python = ">=3.12"\ndependencies = []`;
    await refusal({ 'pyproject.toml': newer }, { imageVersion: '2.1-debian11' });
    assert.deepEqual(await check({ 'pyproject.toml': newer }, { imageVersion: '3.0-debian13' }), []);
    // An image that is not known may have any.
    assert.deepEqual(await check({ 'pyproject.toml': newer }, { imageVersion: '3.9' }), []);
    await refusal({ 'pyproject.toml': newer.replace('3.12', '3.14') }, { imageVersion: '3.9' });
  });

  for (const [name, files] of [
    [
      'plain ones',
      {
        'r.txt':
          '# c\n\nhumanize==4.12.1 # c\nforest[wood]>=1 ; python_version < "4"\n--extra-index-url https://x/simple\n',
      },
    ],
    [
      'those for elsewhere',
      { 'r.txt': 'pywin32==306 ; sys_platform == "win32"\npandas==1 ; python_version < "3.8"\n' },
    ],
    ['those with hashes', { 'r.txt': 'a==1 \\\n    --hash=sha256:abc\n' }],
    [
      'those of an address',
      {
        'r.txt':
          'a @ git+https://x/a.git@v1\nhttps://x/b-1-py3-none-any.whl\n-e git+https://x/c.git#egg=c\n-r https://x/r.txt',
      },
    ],
    ['what cannot be read, which pip has the last word on', { 'r.txt': 'a ~ b\n' }],
    ['UTF-16', { 'r.txt': Buffer.from('\uFEFFhumanize\r\n', 'utf16le') }],
    ['a project with none', { 'pyproject.toml': project }],
    [
      'a project with some, and groups',
      { 'pyproject.toml': `${project}dependencies = ["humanize"]\n[dependency-groups]\ndev = ["x"]` },
    ],
    [
      'groups of a lock',
      {
        'pylock.toml': `[[packages]]\nname = "b"\nmarker = "'dev' in dependency_groups"\n[packages.directory]\npath = "b"\n[[packages]]\nname = "c"\nmarker = "'x' in extras"\ndirectory = { path = "c" }`,
      },
    ],
    [
      'a lock of the index',
      {
        'uv.lock': uv(
          `[[package]]\nname = "humanize"\nversion = "1"\n${registry}\n[[package]]\nname = "dev"\nversion = "1"\nsource = { directory = "../dev" }`,
          '{ name = "humanize" }',
        ),
      },
    ],
  ] as const) {
    it(`are let through: ${name}`, async () => {
      assert.deepEqual(await check(files), []);
    });
  }

  it('of a lock are told where they become others, or come from elsewhere', async () => {
    const text = uv(
      `[[package]]\nname = "pandas"\nversion = "2.2.3"\n${registry}\n[[package]]\nname = "humanize"\nversion = "4"\nsource = { registry = "https://index.example/simple" }\n[[package]]\nname = "acme"\nversion = "1"\nsource = { git = "https://me:secret@git.example.com/a.git?rev=v1#${git}" }`,
      '{ name = "pandas" }, { name = "humanize" }, { name = "acme" }',
    );
    const notes = await check({ 'uv.lock': text });
    assert.deepEqual(notes, [
      `Installs, as they go with the Dask of the machines, other versions than uv.lock: pandas ${ours['pandas'] ?? ''}, not 2.2.3 (line 11).`,
      'Installs from where uv.lock says: acme from https://git.example.com/a.git.',
      'uv.lock has 1 package from https://index.example/simple, which the profile does not name in "packages": an index that it names is asked instead.',
    ]);
    assert.equal((await check({ 'uv.lock': text }, { indexUrl: 'https://index.example/simple/' })).length, 2);
  });

  it('that include others are sent as one file, and others as they are', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dependencies-'));
    try {
      await writeFiles(folder, {
        'r.txt': '# top\n-r in/base.txt\r\nlast',
        'in/base.txt': '-r deep.txt\nhumanize \\\n  ==4\n',
        'in/deep.txt': 'deep',
        'plain.txt': 'a\r\nb',
      });
      const content = async (name: string): Promise<string> =>
        Buffer.from(await requirementsContent(join(folder, name), 'cloud')).toString();
      assert.equal(await content('r.txt'), '# top\ndeep\nhumanize \\\n  ==4\n\nlast');
      assert.equal(await content('plain.txt'), 'a\r\nb');
      await assert.rejects(content('none.txt'), /are not there/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
