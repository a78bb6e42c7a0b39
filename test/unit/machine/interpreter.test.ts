import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { isCancelled, UserError } from '../../../src/core/errors';
import { Interpreters, missingPackages } from '../../../src/machine/interpreter';
import { installError, venvMissing } from '../../../src/machine/installErrors';
import { ManagedEnvironment } from '../../../src/machine/managedEnvironment';
import { managedRequirements, missingRequirements } from '../../../src/machine/requirements';
import { RunnerPackage } from '../../../src/machine/runnerPackage';

const python = process.env['DASK_TEST_PYTHON'] ?? 'python3';
const never = new AbortController().signal;
const source = resolve('python/dask_runner');

describe('Interpreters and environments', function () {
  this.timeout(120_000);
  let storage: string;
  let runner: RunnerPackage;
  let interpreters: Interpreters;

  beforeEach(async () => {
    storage = await mkdtemp(join(tmpdir(), 'dask python '));
    runner = new RunnerPackage(source, storage);
    interpreters = new Interpreters(runner);
  });

  afterEach(() => rm(storage, { recursive: true, force: true }));

  const script = async (name: string, text: string): Promise<string> => {
    const path = join(storage, name);
    await writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return path;
  };

  it('copies the Python side once, by content, from several windows at once', async () => {
    const others = [runner, new RunnerPackage(source, storage), new RunnerPackage(source, storage)];
    const folders = await Promise.all(others.map((one) => one.ensure()));
    assert.equal(new Set(folders).size, 1);
    const copied = await readFile(join(folders[0]!, 'dask_runner', '__main__.py'), 'utf8');
    assert.equal(copied, await readFile(join(source, '__main__.py'), 'utf8'));
    assert.equal((await readdir(join(storage, 'python'))).length, 1);
    await rm(folders[0]!, { recursive: true });
    await readFile(await runner.main(), 'utf8');
  });

  it('says what a Python has, and asks again only when it has to', async () => {
    const counter = join(storage, 'count');
    const wrapper = await script('python-wrapper', `echo x >> '${counter}'\nexec '${python}' "$@"`);
    const info = await interpreters.check(wrapper, never);
    assert.match(info.version, /^3\.\d+\.\d+$/);
    assert.ok(info.dask !== undefined && info.bokeh !== undefined);
    assert.deepEqual(missingPackages(info), []);
    await interpreters.check(wrapper, never);
    assert.equal((await readFile(counter, 'utf8')).length, 2);
    interpreters.forget(wrapper);
    await interpreters.check(wrapper, never);
    assert.equal((await readFile(counter, 'utf8')).length, 4);
  });

  it('tells a missing, a wrong, an old and a broken interpreter apart', async () => {
    const check = (path: string): Promise<unknown> => interpreters.check(path, never);
    await assert.rejects(check(join(storage, 'nothing')), { code: 'interpreterMissing' });
    await assert.rejects(check(await script('echo', 'echo hello')), { code: 'interpreterNotPython' });
    await writeFile(join(storage, 'plain'), 'text');
    await assert.rejects(check(join(storage, 'plain')), { code: 'interpreterNotPython' });
    const old = await script('old', `echo '{"executable": "/old", "version": "3.9.18", "dask": null}'`);
    await assert.rejects(
      check(old),
      (error) => error instanceof UserError && error.code === 'interpreterTooOld' && error.what.includes('3.9.18'),
    );
    const ancient = await script(
      'ancient',
      `case "$1" in -c) printf '<2.7.18>';; *) echo SyntaxError >&2; exit 1;; esac`,
    );
    await assert.rejects(check(ancient), { code: 'interpreterTooOld' });
    const broken = await script(
      'broken',
      `case "$1" in -c) exec '${python}' "$@";; *) echo 'ImportError: no json' >&2; exit 1;; esac`,
    );
    await assert.rejects(
      check(broken),
      (error) => error instanceof UserError && error.code === 'interpreterBroken' && /no json/.test(error.message),
    );
    await assert.rejects(interpreters.check(python, AbortSignal.abort()), isCancelled);
  });

  it('finds the first usable Python on PATH, past shims', async () => {
    const bin = join(storage, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'python3'), '#!/bin/sh\nexit 9\n', { mode: 0o755 });
    await writeFile(join(bin, 'python'), `#!/bin/sh\nexec '${python}' "$@"\n`, { mode: 0o755 });
    const found = await new Interpreters(runner, { PATH: `${bin}${delimiter}/bin` }).find(never);
    assert.ok(found !== undefined && !found.executable.startsWith(bin));
    assert.equal(await new Interpreters(runner, { PATH: join(storage, 'empty') }).find(never), undefined);
  });

  it('says so when the index cannot be reached, and leaves no half environment behind', async () => {
    const environment = {
      ...process.env,
      PATH: '/usr/bin:/bin',
      PIP_INDEX_URL: 'http://127.0.0.1:9/simple',
      PIP_FIND_LINKS: '',
      PIP_NO_INDEX: '',
      PIP_CONFIG_FILE: '/dev/null',
      PIP_RETRIES: '0',
    };
    const managed = new ManagedEnvironment(storage, interpreters, environment);
    const lines: string[] = [];
    const info = await interpreters.check(python, never);
    await assert.rejects(
      managed.ensure(python, (line) => lines.push(line), never),
      { code: 'packageIndexUnreachable' },
    );
    assert.ok(lines.length > 1);
    assert.equal(await managed.existing(info, never), undefined);
    assert.ok((await readdir(join(storage, 'environments'))).every((name) => !name.endsWith('.lock')));
  });

  it('says what to install when Python has no venv or no pip', async () => {
    const withoutVenv = `case "$2" in venv) echo 'The virtual environment was not created successfully because ensurepip is not available.'; exit 1;; pip) echo "$0: No module named pip" >&2; exit 1;; esac`;
    const answer = `case "$2" in check) echo "{\\"executable\\": \\"$0\\", \\"version\\": \\"3.12.1\\"}"; exit 0;; esac`;
    const wrapper = await script('bare', `${withoutVenv}\n${answer}\nexit 1`);
    const managed = new ManagedEnvironment(storage, interpreters, { PATH: '/usr/bin:/bin' });
    await assert.rejects(
      managed.ensure(wrapper, () => undefined, never),
      { code: 'venvMissing' },
    );
    await assert.rejects(
      managed.installInto(wrapper, () => undefined, never),
      { code: 'pipMissing' },
    );
    assert.match(venvMissing('/usr/bin/python3', '3.12.1', 'linux').next, /python3\.12-venv/);
  });

  it('builds one environment for two windows, and finds it again', async () => {
    // A stand-in for uv: it links an environment that has everything, slowly enough for both to meet.
    const bin = join(storage, 'bin');
    await mkdir(bin);
    const uv = `#!/bin/sh\necho "$1" >> '${storage}/calls'\nif [ "$1" = venv ]; then for last; do :; done; mkdir -p "$last/bin"; printf '#!/bin/sh\\nexec "%s" "$@"\\n' '${python}' > "$last/bin/python"; chmod +x "$last/bin/python"; sleep 0.3; fi\n`;
    await writeFile(join(bin, 'uv'), uv, { mode: 0o755 });
    const environment = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };
    const windows = [0, 1].map(() => new ManagedEnvironment(storage, new Interpreters(runner), environment));
    const made = await Promise.all(windows.map((one) => one.ensure(python, () => undefined, never)));
    assert.equal(made[0], made[1]);
    assert.equal(await readFile(join(storage, 'calls'), 'utf8'), 'venv\npip\n');
    assert.equal(await windows[0]!.existing(await interpreters.check(python, never), never), made[0]);
  });

  it('installs once into an interpreter for two runs and two windows', async () => {
    // It has everything once pip has run, which takes long enough for all to meet.
    const pip = `echo "$2" >> '${storage}/calls'; sleep 0.3; touch '${storage}/installed'; exit 0`;
    const has = `\\"dask\\": \\"2026.8.0\\", \\"distributed\\": \\"2026.8.0\\", \\"bokeh\\": \\"3.9.2\\", \\"cryptography\\": \\"1\\", `;
    const check = `more=; if [ -e '${storage}/installed' ]; then more="${has}"; fi; echo "{$more\\"executable\\": \\"$0\\", \\"version\\": \\"3.12.1\\"}"; exit 0`;
    const wrapper = await script('installing', `case "$2" in pip) ${pip};; check) ${check};; esac\nexit 1`);
    const windows = [0, 1].map(() => new ManagedEnvironment(storage, new Interpreters(runner)));
    await Promise.all([...windows, windows[0]!].map((one) => one.installInto(wrapper, () => undefined, never)));
    assert.equal(await readFile(join(storage, 'calls'), 'utf8'), 'pip\n');
    assert.ok((await readdir(join(storage, 'environments'))).every((name) => !name.endsWith('.lock')));
  });

  it('reads the reason out of what installers print', () => {
    const code = (text: string, env = {}): string => installError(text, '/p', env).code;
    assert.equal(code('error: externally-managed-environment\n'), 'externallyManaged');
    assert.equal(code('/usr/bin/python3: No module named pip'), 'pipMissing');
    assert.equal(code('ERROR: [Errno 28] No space left on device'), 'diskFull');
    assert.equal(
      code('error: Failed to fetch: `https://x`\n  Caused by: tcp connect error'),
      'packageIndexUnreachable',
    );
    assert.equal(code('SSLError(CERTIFICATE_VERIFY_FAILED)'), 'packageIndexUnreachable');
    const none =
      'ERROR: Could not find a version (from versions: none)\nERROR: No matching distribution found for dask';
    assert.equal(code(none), 'packageIndexRefused');
    const broken = "WARNING: Retrying after connection broken by 'ProtocolError(RemoteDisconnected)'";
    assert.equal(code(`${broken}\n${none}`), 'packageIndexUnreachable');
    assert.equal(code('ERROR: No matching distribution found for dask==99'), 'installFailed');
    const proxied = installError('ProxyError', '/p', { HTTPS_PROXY: 'http://me:pass@proxy:3128' });
    assert.ok(proxied.message.includes('//proxy:3128') && !proxied.message.includes('pass'));
  });

  it('pins what a managed environment holds, and adds to others only what they lack', () => {
    for (const version of ['3.10.13', '3.11.7', '3.13.0']) {
      assert.ok(managedRequirements(version).every((one) => one.includes('==')));
    }
    assert.ok(managedRequirements('3.10.13').includes('numpy==2.2.6'));
    assert.ok(managedRequirements('3.13.0').includes('numpy==2.4.6'));
    const info = {
      executable: '/p',
      version: '3.11.7',
      dask: '2025.1.0',
      distributed: undefined,
      bokeh: undefined,
      cryptography: '1',
      numpy: undefined,
    };
    assert.deepEqual(missingRequirements(info), ['dask[distributed]==2025.1.0', 'bokeh>=3.1.0']);
    assert.deepEqual(missingRequirements({ ...info, distributed: '2025.1.0', bokeh: '3.9.2' }), []);
  });

  it('replaces a Dask that clusters refuse, and no newer one', async () => {
    const info = { executable: '/p', version: '3.11.7', bokeh: '3.9.2', cryptography: '1', numpy: undefined };
    const wanted = (dask: string, distributed = dask): string[] => missingRequirements({ ...info, dask, distributed });
    assert.match(wanted('2023.12.1').join(), /^dask\[distributed\]==\d{4}\.\d+\.\d+$/);
    const versions = await readFile('python/dask_runner/cluster/versions.py', 'utf8');
    const oldest = /^OLDEST = "(\d{4})\.(\d+)\.(\d+)"$/m.exec(versions);
    assert.ok(oldest);
    const [, year = '', month = '', number = ''] = oldest;
    assert.deepEqual(wanted(`${year}.${month}.${number}`), []);
    assert.equal(wanted(`${year}.${Number(month) - 1}.9`).length, 1);
    assert.deepEqual([wanted(`${Number(year) + 1}.1.0`), wanted('unknown')], [[], []]);
  });
});
