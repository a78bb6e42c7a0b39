import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PackageIndex } from '../machine/packageIndex';
import { InitializeFixture, python, secret, steps } from './initializeFixture';

const ours = ['dask==2026.8.0', 'distributed==2026.8.0', 'bokeh==3.9.2'];
/** What a user's packages may change. */
const changeable = ['river==1.0.0'];
const theirs = ['bokeh==4.0.0', 'forest==1.0.0', 'forest==2.0.0', 'river==2.0.0'];

/** Tells where the machine's disk is, and what its environment imports. */
const look = `echo "$DATAPROC_MACHINE_FOLDER"
cd /
/opt/dask-runner/env/bin/python -c 'import dask_runner; print(dask_runner.__file__)'
/opt/dask-runner/env/bin/pip --version 2>/dev/null | grep -o 'from .*/opt/dask-runner/env' || echo none
/opt/dask-runner/env/bin/python - <<'END'
import importlib
for name in ("dask", "distributed", "bokeh", "forest", "river"):
    try:
        print(name, importlib.import_module(name).__version__)
    except ImportError:
        print(name, "none")
END`;

/** A Python as Debian's: venv is there, ensurepip is not. It is quicker, too. */
const bare = `own=$(command -v python3)
printf '#!/bin/bash\\n[[ "$*" == *"-m venv"* && "$*" != *without-pip* ]] && { echo "ensurepip is not available"; exit 1; }\\nexec %s "$@"\\n' "$own" > "$HOME/new"
chmod +x "$HOME/new"
for name in python3 python3.10 python3.11 python3.12 python3.13; do cp "$HOME/new" "$HOME/bin/$name"; done`;

/** Real venv and real pip, on an index of tiny wheels. */
describe('Environments that the initialization action installs', function () {
  this.timeout(180_000);
  let fixture: InitializeFixture;
  let index: PackageIndex;
  let wheels: string;
  let requirements: string;

  before(async () => {
    fixture = await InitializeFixture.start();
    wheels = join(fixture.folder, 'wheels');
    index = await PackageIndex.serve(python, wheels, [...ours, ...changeable, ...theirs]);
    requirements = await fixture.put('requirements', '/requirements.txt', pinned());
  });
  beforeEach(() => {
    index.fetched.length = 0;
    index.broken = undefined;
  });
  after(async () => {
    await index.close();
    await fixture.close();
  });

  const fileOf = (wheel: string): string => `${wheel.replace('==', '-')}-py3-none-any.whl`;
  const read = (wheel: string): Buffer => readFileSync(join(wheels, fileOf(wheel)));

  function pinned(hashOf = (wheel: string) => createHash('sha256').update(read(wheel)).digest('hex')): string {
    const lines = (wheels: string[]): string =>
      wheels.map((wheel) => `${wheel} \\\n    --hash=sha256:${hashOf(wheel)}\n`).join('');
    return `${lines(ours)}# For gs://: the packages of a profile may change these.\n${lines(changeable)}`;
  }

  /** As a private one, with a name and a password. */
  const address = () => index.variables['PIP_INDEX_URL']!.replace('://', '://reader:pa55word@');

  it('hold what is pinned and what the user adds, from a private index whose password nobody sees', async () => {
    const user = [
      await fixture.put('requirements', '/requirements.txt', 'bokeh\n'),
      await fixture.put('requirements', '/pyproject.toml', '[project]\ndependencies = ["forest<2", "river==2.0.0"]\n'),
    ];
    const { error, cluster } = await fixture.make(
      'indexed',
      {
        'dask-runner-requirements': requirements,
        'dask-runner-user-requirements': user.join(' '),
        'dask-runner-index-url': address(),
      },
      { before: [], after: [look] },
    );
    const output = await fixture.output(cluster, 'indexed-m');
    assert.equal(error, undefined, output);
    assert.deepEqual(steps(output), [
      'fetching dask_runner',
      'making the Python environment',
      'installing Dask and what it needs',
      'fetching requirements.txt',
      'fetching pyproject.toml',
      'installing the packages of the profile',
      'writing the specification of the Dask cluster',
      'opening the way of the dashboard through Component Gateway',
      'starting the cluster process',
      'waiting for the scheduler',
      'the scheduler is up',
      'this machine is ready',
    ]);
    const [disk = '', runner, pip, ...versions] = (await fixture.output(cluster, 'indexed-m', 1)).trim().split('\n');
    assert.equal(runner, join(disk, 'opt/dask-runner/lib/dask_runner/__init__.py'));
    assert.equal(pip, `from ${disk}/opt/dask-runner/env`);
    const installed = ['dask 2026.8.0', 'distributed 2026.8.0', 'bokeh 3.9.2', 'forest 1.0.0', 'river 2.0.0'];
    assert.deepEqual(versions, installed);
    const fetched = [...ours, ...changeable, 'forest==1.0.0', 'river==2.0.0'];
    assert.deepEqual([...index.fetched].sort(), fetched.map(fileOf).sort());
    const log = await fixture.emulator.call('POST', '/v2/entries:list', {
      resourceNames: ['projects/p1'],
      pageSize: 1000,
    });
    const said = JSON.stringify(log.body);
    assert.match(said, /Looking in indexes/);
    assert.doesNotMatch(said, new RegExp(`pa55word|${secret}`));
  });

  it('come from an archive of wheels, without any index', async () => {
    const files = Object.fromEntries(ours.map((wheel) => [`wheels/${fileOf(wheel)}`, read(wheel)]));
    index.broken = (response) => response.destroy();
    const { error, cluster } = await fixture.make(
      'wheels',
      { 'dask-runner-environment': await fixture.archive('wheels', files), 'dask-runner-index-url': address() },
      { after: [look] },
    );
    const output = await fixture.output(cluster, 'wheels-m');
    assert.equal(error, undefined, output);
    assert.doesNotMatch(output, /Retrying|Looking in indexes/);
    const [, , , ...versions] = (await fixture.output(cluster, 'wheels-m', 1)).trim().split('\n');
    assert.deepEqual(versions, ['dask 2026.8.0', 'distributed 2026.8.0', 'bokeh 3.9.2', 'forest none', 'river none']);
  });

  it('are made again from the beginning after a start that broke off', async () => {
    const script = await readFile('python/dask_runner/dataproc/initialize.sh', 'utf8');
    // The first time ends in the middle.
    const broken = script.replace('  make_environment "$1"\n  step', '  touch "$1/half"; exit 3\n  step');
    assert.notEqual(broken, script);
    const { error, cluster } = await fixture.make(
      'again',
      { 'dask-runner-requirements': requirements, 'dask-runner-index-url': address() },
      { before: [bare, `bash <<'SCRIPT' || true\n${broken}\nSCRIPT`], after: [look] },
    );
    assert.equal(error, undefined, await fixture.output(cluster, 'again-m', 2));
    const [disk = '', , , ...versions] = (await fixture.output(cluster, 'again-m', 3)).trim().split('\n');
    assert.equal(versions[0], 'dask 2026.8.0');
    const names = await readdir(join(disk, 'opt/dask-runner/env/'));
    assert.ok(!names.includes('half'), names.join());
  });

  describe('fail with a last line that says why', () => {
    async function lastLine(name: string, metadata: Record<string, string>, before = [bare]): Promise<string> {
      const { error, cluster } = await fixture.make(name, metadata, { before });
      const output = await fixture.output(cluster, `${name}-m`, before.length);
      assert.match(error ?? '', /^Initialization action failed\. Failed action 'gs:\/\/s\/initialize\.sh'/, output);
      assert.doesNotMatch(output, /pa55word/);
      return output.trimEnd().split('\n').at(-1) ?? '';
    }

    it('wrong hash', async () => {
      const wrong = await fixture.put(
        'requirements',
        '/requirements.txt',
        pinned(() => '0'.repeat(64)),
      );
      assert.match(
        await lastLine('hash', { 'dask-runner-requirements': wrong, 'dask-runner-index-url': address() }),
        /^dask-runner: failed while installing Dask and what it needs: pip: THESE PACKAGES DO NOT MATCH THE HASHES/,
      );
    });

    it('index that does not answer', async () => {
      index.broken = (response) => response.destroy();
      assert.match(
        await lastLine('silent', { 'dask-runner-requirements': requirements, 'dask-runner-index-url': address() }),
        /^dask-runner: failed while installing Dask and what it needs: the package index does not answer\. Set up Cloud NAT/,
      );
    });

    it('packages that do not fit Dask’s', async () => {
      const user = await fixture.put('requirements', '/requirements.txt', 'bokeh>=4\n');
      assert.match(
        await lastLine('conflict', {
          'dask-runner-requirements': requirements,
          'dask-runner-user-requirements': user,
          'dask-runner-index-url': address(),
        }),
        /^dask-runner: failed while installing the packages of the profile: pip: .*bokeh/,
      );
    });

    it('no Python that is new enough', async () => {
      // All that is on PATH are old ones, but for what the machine's own tools are run with.
      const old = `for name in python3 python3.10 python3.11 python3.12 python3.13; do
  own=$(command -v python3)
  printf '#!/bin/bash\\n[[ "$*" == *version_info* ]] && { echo 3.9; exit; }\\nexec %s "$@"\\n' "$own" > "$HOME/$name.new"
  chmod +x "$HOME/$name.new"
done
for file in "$HOME"/*.new; do name=\${file##*/}; mv "$file" "$HOME/bin/\${name%.new}"; done`;
      assert.match(
        await lastLine('old', { 'dask-runner-requirements': requirements, 'dask-runner-index-url': address() }, [old]),
        /^dask-runner: failed while making the Python environment: no Python from 3\.10 to 3\.13 was found, only \S+bin\/python3 \(3\.9\).*Choose another image, or a prebuilt environment$/,
      );
    });
  });

  it('are made by a Python that cannot put pip into them, with its own pip', async () => {
    const { error, cluster } = await fixture.make(
      'bare',
      { 'dask-runner-requirements': requirements, 'dask-runner-index-url': address() },
      { before: [bare], after: [look] },
    );
    assert.equal(error, undefined, await fixture.output(cluster, 'bare-m', 1));
    const [, , , ...versions] = (await fixture.output(cluster, 'bare-m', 2)).trim().split('\n');
    assert.equal(versions[0], 'dask 2026.8.0');
  });
});
