import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { UserError } from '../../../src/core/errors';
import { Interpreters } from '../../../src/machine/interpreter';
import { ManagedEnvironment } from '../../../src/machine/managedEnvironment';
import { managedRequirements, missingRequirements } from '../../../src/machine/requirements';
import { RunnerPackage } from '../../../src/machine/runnerPackage';
import { PackageIndex } from './packageIndex';

const python = process.env['DASK_TEST_PYTHON'] ?? 'python3';
const never = new AbortController().signal;
/** The folder of a real uv on this machine: where there is one, it builds too. */
const uv = (process.env['PATH'] ?? '').split(delimiter).find((folder) => existsSync(join(folder, 'uv')));

/** A release that is not the one which the extension would choose. */
const older = ['dask==2025.1.0', 'distributed==2025.1.0'];

/** Real venv, real pip (and real uv where there is one), on an index of tiny wheels. */
describe('An environment that is built for real', function () {
  this.timeout(180_000);
  let storage: string;
  let index: PackageIndex;
  let interpreters: Interpreters;
  let wheels: string[];

  before(async () => {
    storage = await mkdtemp(join(tmpdir(), 'dask built '));
    interpreters = new Interpreters(new RunnerPackage(resolve('python/dask_runner'), storage));
    const { version } = await interpreters.check(python, never);
    const wanted = managedRequirements(version).map((one) => one.replace('[distributed]', ''));
    const [dask = ''] = wanted;
    wheels = [...wanted, dask.replace('dask', 'distributed')];
    index = await PackageIndex.serve(python, join(storage, 'wheels'), [...wheels, ...older]);
  });
  beforeEach(() => {
    index.fetched.length = 0;
    index.broken = undefined;
  });
  after(async () => {
    await index.close();
    await rm(storage, { recursive: true, force: true });
  });

  /** As another window has it: it shares the storage folder alone. */
  function inWindow(folder: string, path = ''): ManagedEnvironment {
    const environment = { PATH: path, HOME: storage, ...index.variables };
    return new ManagedEnvironment(
      folder,
      new Interpreters(new RunnerPackage(resolve('python/dask_runner'), folder)),
      environment,
    );
  }

  function succeed(program: string, ...args: string[]): string {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  }

  /** What a Python imports of packages, and which version: `bokeh==3.9.2`. */
  function imports(interpreter: string, names: readonly string[]): string[] {
    const code = `import importlib, sys\nfor n in sys.argv[1:]: print(n + "==" + importlib.import_module(n).__version__)`;
    return succeed(interpreter, '-c', code, ...names).split('\n');
  }

  const nameOf = (wheel: string): string => wheel.split('==')[0]!;
  const names = (): string[] => wheels.map(nameOf);
  const files = (versions: readonly string[]): string[] =>
    versions.map((one) => `${one.replace('==', '-')}-py3-none-any.whl`).sort();

  for (const [installer, folder] of [['pip', ''], ...(uv === undefined ? [] : [['uv', uv]])] as [string, string][]) {
    it(`says what is wrong with an index, then has all that is pinned, once for two windows: ${installer}`, async () => {
      const shared = join(storage, `by ${installer}`);
      const windows = [inWindow(shared, folder), inWindow(shared, folder)];
      const base = await interpreters.check(python, never);
      index.broken = (response) => response.writeHead(404).end();
      const failure = await windows[0]!.ensure(python, () => undefined, never).catch((error: unknown) => error);
      assert.ok(failure instanceof UserError);
      assert.equal(failure.code, 'packageIndexRefused');
      assert.match(failure.message, /does not hand them out\. The installer says: ERROR: .*\bdask\b/);
      assert.equal(await windows[0]!.existing(base, never), undefined);
      const [half] = await readdir(join(shared, 'environments'));
      const left = join(shared, 'environments', half!, 'of the first try');
      await writeFile(left, '');

      index.broken = undefined;
      const lines: string[][] = [[], []];
      const made = await Promise.all(
        windows.map((one, i) => one.ensure(python, (line) => lines[i]!.push(line), never)),
      );

      assert.equal(made[0], made[1]);
      await assert.rejects(access(left));
      assert.equal(dirname(dirname(dirname(made[0]!))), join(shared, 'environments'));
      assert.match(dirname(dirname(made[0]!)), /[/\\][0-9a-f]{16}$/);
      assert.deepEqual(imports(made[0]!, names()), wheels);
      const fetched = index.fetched.length;
      assert.deepEqual([...new Set(index.fetched)].sort(), files(wheels));
      const [builder, waiter] = lines.sort((one, other) => other.length - one.length);
      assert.match(builder!.join('\n'), /^Making a Python environment from Python 3\.\d+\.\d+\n/);
      const tool =
        installer === 'uv' ? /^Installing Dask and its dashboard with uv$/m : /^Successfully installed .*dask-/m;
      assert.match(builder!.join('\n'), tool);
      assert.deepEqual(waiter, ['Waiting for another window that builds the environment']);

      const later: string[] = [];
      assert.equal(await inWindow(shared).ensure(python, (line) => later.push(line), never), made[0]);
      assert.deepEqual(later, []);
      assert.equal(index.fetched.length, fetched);
      for (const other of [{ executable: '/another/python3' }, { version: '3.10.1' }]) {
        assert.equal(await inWindow(shared).existing({ ...base, ...other }, never), undefined);
      }
      const kept = await readdir(join(shared, 'environments'));
      assert.equal(kept.length, 1, `one environment and no lock: ${kept.join()}`);
    });
  }

  describe('and one of the user’s', () => {
    let bare: string;

    before(() => {
      bare = join(storage, 'bare', 'bin', 'python');
      succeed(python, '-m', 'venv', join(storage, 'bare'));
    });

    it('is left as it was by an index that breaks off, and then gets Dask', async () => {
      const window = inWindow(join(storage, 'install'));
      index.broken = (response) => response.destroy();
      await assert.rejects(
        window.installInto(bare, () => undefined, never),
        { code: 'packageIndexUnreachable' },
      );
      assert.equal((await interpreters.check(bare, never)).dask, undefined);

      index.broken = undefined;
      const lines: string[] = [];
      await window.installInto(bare, (line) => lines.push(line), never);
      const wanted = wheels.filter((one) => /^(dask|distributed|bokeh|cryptography)==/.test(one));
      assert.match(lines[0]!, /^Installing dask\[distributed\]==.*, bokeh==.*, cryptography==/);
      assert.match(lines.join('\n'), /^Successfully installed .*dask-/m);
      assert.deepEqual([...index.fetched].sort(), files(wanted), 'and nothing else, such as pandas');
      assert.deepEqual(imports(bare, wanted.map(nameOf)).sort(), [...wanted].sort());

      await inWindow(join(storage, 'install')).installInto(bare, (line) => assert.fail(line), never);
      assert.equal(index.fetched.length, wanted.length);
    });

    it('keeps the Dask that it has: what is missing is added to fit that', async () => {
      succeed(bare, '-m', 'pip', 'uninstall', '--yes', 'dask', 'distributed', 'bokeh');
      const found = ['--no-index', '--find-links', join(storage, 'wheels')];
      succeed(bare, '-m', 'pip', 'install', '--disable-pip-version-check', ...found, older[0]!);
      await inWindow(join(storage, 'add')).installInto(bare, () => undefined, never);
      assert.deepEqual(imports(bare, ['dask', 'distributed']), older);
      assert.deepEqual([...index.fetched].sort(), files([older[1]!, wheels.find((one) => one.startsWith('bokeh'))!]));
      assert.deepEqual(missingRequirements(await interpreters.check(bare, never)), []);
    });
  });
});
