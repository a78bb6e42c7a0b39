import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ActivatedEnvironments } from '../../../src/machine/activatedEnvironments';
import { activate, environmentOf } from '../../../src/machine/activation';
import { runCommand } from '../../../src/machine/command';
import { RecordingLogger } from '../../fakes/recordingLogger';

const python = process.env['DASK_TEST_PYTHON'] ?? 'python3';

/** What a shell has after some of its own commands. */
async function inShell(commands: string, env: Record<string, string>): Promise<Record<string, string | undefined>> {
  const print = 'import json, os, sys; sys.stdout.write(json.dumps(dict(os.environ)))';
  const result = await runCommand('sh', ['-c', `${commands}\n"$0" -I -S -c '${print}'`, python], { env });
  return JSON.parse(result.stdout) as Record<string, string | undefined>;
}

describe('An activated environment', function () {
  this.timeout(60_000);
  let root: string;
  let logger: RecordingLogger;

  before(function () {
    if (process.platform === 'win32') {
      this.skip();
    }
  });

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'dask activation ü '));
    logger = new RecordingLogger();
  });

  afterEach(() => rm(root, { recursive: true, force: true, maxRetries: 3 }));

  const own = { PATH: `/usr/bin${delimiter}/bin`, HOME: '/home/ann', PYTHONHOME: '/opt/python' };

  const environments = (variables: Record<string, string> = own, limit?: number): ActivatedEnvironments =>
    new ActivatedEnvironments(logger, variables, limit);

  /** A folder as conda makes one, with scripts of packages. */
  async function conda(folder: string, scripts: Record<string, string> = {}): Promise<string> {
    const activateFolder = join(folder, 'etc', 'conda', 'activate.d');
    for (const one of [activateFolder, join(folder, 'conda-meta'), join(folder, 'bin')]) {
      await mkdir(one, { recursive: true });
    }
    for (const [name, text] of Object.entries(scripts)) {
      await writeFile(join(activateFolder, name), text);
    }
    const interpreter = join(folder, 'bin', 'python');
    await writeFile(interpreter, `#!/bin/sh\nexec "${(await runCommand(python, ['-c', print])).stdout}" "$@"\n`);
    await chmod(interpreter, 0o755);
    return interpreter;
  }
  const print = 'import sys; sys.stdout.write(sys._base_executable)';

  it('of venv has the variables that its own activate sets, and what is added', async () => {
    const folder = join(root, '.venv');
    await runCommand(python, ['-m', 'venv', '--without-pip', folder]);
    const shell = await inShell(`. '${folder}/bin/activate'`, own);
    const found = await environments().of(join(folder, 'bin', 'python'), { PATH2: 'x' });
    for (const name of ['PATH', 'VIRTUAL_ENV', 'PYTHONHOME']) {
      assert.equal(found[name], shell[name], name);
    }
    assert.equal(found['PATH2'], 'x');
    assert.equal('PYTHONHOME' in found, false);
  });

  it('is the same when it is activated already, and does not bear the name of another one', async () => {
    const folder = join(root, '.venv');
    await mkdir(join(folder, 'bin'), { recursive: true });
    await writeFile(join(folder, 'pyvenv.cfg'), '');
    const interpreter = join(folder, 'bin', 'python');
    const once = await environments({ ...own, VIRTUAL_ENV: '/other', VIRTUAL_ENV_PROMPT: 'other' }).of(interpreter);
    assert.equal('VIRTUAL_ENV_PROMPT' in once, false);
    assert.deepEqual(await environments(once).of(interpreter), once);
  });

  it('is nothing for an interpreter of the system', async () => {
    await mkdir(join(root, 'bin'));
    assert.deepEqual(await environments().of(join(root, 'bin', 'python3')), own);
  });

  it('of conda has name, level, the variables of its packages and the own ones, and no other one on PATH', async () => {
    const base = join(root, 'miniforge3');
    await mkdir(join(base, 'condabin'), { recursive: true });
    const folder = join(base, 'envs', 'geo');
    const interpreters = [await conda(base), await conda(folder)] as const;
    await mkdir(join(folder, 'etc', 'conda', 'env_vars.d'));
    await writeFile(join(folder, 'etc', 'conda', 'env_vars.d', 'a.json'), '{"OF_PACKAGE": "1", "TWICE": "package"}');
    const state = { version: 1, env_vars: { OWN: 'yes', TWICE: 'own', HOME: '***unset***' } };
    await writeFile(join(folder, 'conda-meta', 'state'), JSON.stringify(state));
    const inBase = await environments({ PATH: own.PATH }).of(interpreters[0]);
    assert.deepEqual(inBase, {
      PATH: `${join(base, 'bin')}${delimiter}${own.PATH}`,
      CONDA_PREFIX: base,
      CONDA_SHLVL: '1',
      CONDA_DEFAULT_ENV: 'base',
      CONDA_PROMPT_MODIFIER: '(base) ',
    });
    const inGeo = await environments({ ...inBase, HOME: '/home/ann' }).of(interpreters[1]);
    assert.deepEqual(inGeo, {
      PATH: `${join(folder, 'bin')}${delimiter}${own.PATH}`,
      CONDA_PREFIX: folder,
      CONDA_PREFIX_1: base,
      CONDA_SHLVL: '2',
      CONDA_DEFAULT_ENV: 'geo',
      CONDA_PROMPT_MODIFIER: '(geo) ',
      OF_PACKAGE: '1',
      TWICE: 'own',
      OWN: 'yes',
    });
    assert.deepEqual(await environments(inGeo).of(interpreters[1]), inGeo);
  });

  it('of conda is what scripts of its packages make of it, which run once until they change', async () => {
    const folder = join(root, 'env');
    const ran = join(root, 'ran');
    const interpreter = await conda(folder, {
      'b.sh': 'echo noise; export SECOND="$FIRST, then $CONDA_PREFIX"; unset HOME\n',
      'a.sh': `export FIRST="two\nlines"; echo x >> '${ran}'\n`,
      'c.bat': 'not for this shell',
    });
    const shared = environments();
    const both = await Promise.all([shared.of(interpreter), shared.of(interpreter, { SECOND: 'added' })]);
    assert.equal(both[0]['FIRST'], 'two\nlines');
    assert.equal(both[0]['SECOND'], `two\nlines, then ${folder}`);
    assert.equal('HOME' in both[0], false);
    assert.equal(both[1]['SECOND'], 'added');
    assert.equal(await readFile(ran, 'utf8'), 'x\n');
    await writeFile(join(folder, 'etc', 'conda', 'activate.d', 'a.sh'), 'export FIRST=changed\n');
    assert.equal((await shared.of(interpreter))['FIRST'], 'changed');
    assert.deepEqual(logger.lines, []);
  });

  it('does without scripts that end the shell or do not come to an end, and says so once', async () => {
    for (const [index, text] of ['exit 3', 'sleep 600'].entries()) {
      const folder = join(root, `env${index}`);
      const interpreter = await conda(folder, { 'a.sh': `export FIRST=1\n${text}\n` });
      const shared = environments(own, text === 'exit 3' ? 60_000 : 50);
      const [found] = [await shared.of(interpreter), await shared.of(interpreter)];
      assert.equal(found['CONDA_PREFIX'], folder);
      assert.equal('FIRST' in found, false);
    }
    assert.deepEqual(
      logger.lines.map((line) => /(They [^.]*)\./.exec(line)?.[1]),
      ['They ended the shell', 'They took more than 0'],
    );
  });

  it('has its folders before those that a .env file puts on PATH', async () => {
    const folder = join(root, 'env');
    const interpreter = await conda(folder);
    const added = await environments().added(interpreter, { A: '1', PATH: `/mine${delimiter}/bin` });
    assert.deepEqual(added, { A: '1', PATH: [join(folder, 'bin'), '/mine', '/bin'].join(delimiter) });
    assert.deepEqual(await environments().added(interpreter, { A: '1' }), { A: '1' });
  });

  it('is found by an interpreter that is a link, where the link is', async () => {
    const folder = join(root, '.venv');
    await mkdir(join(folder, 'bin'), { recursive: true });
    await writeFile(join(folder, 'pyvenv.cfg'), '');
    const other = await conda(join(root, 'env'));
    await symlink(other, join(folder, 'bin', 'python'));
    assert.deepEqual(await environmentOf(join(folder, 'bin', 'python')), { kind: 'venv', folder });
    assert.deepEqual(await environmentOf(other), { kind: 'conda', folder: dirname(dirname(other)) });
  });

  it('has on Windows the folders that conda has there, under the name that PATH has', () => {
    const found = activate({ Path: 'C:\\Windows' }, { kind: 'conda', folder: 'E' }, {}, true);
    const folders = ['E', 'E/Library/mingw-w64/bin', 'E/Library/usr/bin', 'E/Library/bin', 'E/Scripts', 'E/bin'];
    assert.equal(found['Path'], [...folders, 'C:\\Windows'].join(delimiter));
    assert.equal('PATH' in found, false);
  });
});
