// node scripts/generateRequirements.mjs: writes python/dask_runner/dataproc/requirements.txt, what machines of a cluster install.
// uv resolves for each Python, from the package index that is set up here; run it again when a pin changes.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lastLines, run } from './setup/command.mjs';
import { ensureModules } from './setup/modules.mjs';
import { cache, python as pythonFolder, root } from './setup/paths.mjs';
import { ensurePython } from './setup/python.mjs';
import { main, SetupError } from './setup/setupError.mjs';

const uvVersion = '0.13.9';
/** What reads gs://. */
const gcsfs = 'gcsfs>=2026.8';
/** The line that `initialize.sh` and `ourPins` look for. */
const changeable = '# For gs://: the packages of a profile may change these.\n';
const pythons = ['3.10', '3.11', '3.12', '3.13'];
/** The oldest C library of Dataproc's images: that of Rocky Linux 8. */
const platform = 'x86_64-manylinux_2_28';

await main(async () => {
  await ensureModules();
  const uv = await ensureUv();
  const py4j = /py4j==[\d.]+/.exec(await readFile(path.join(pythonFolder, 'requirements-dev.txt'), 'utf8'))[0];
  const [ofDask, others] = [[], []];
  for (const version of pythons) {
    // What Dask's users have beside it, what the dashboard and YARN need, and what reads gs:// there; pinned where
    // managed environments are.
    const pins = (await managedRequirements(version)).map((pin) =>
      pin.replace('dask[distributed]', 'dask[array,dataframe,distributed,diagnostics]'),
    );
    // A profile's own packages must fit what Dask needs.
    const needed = await resolve(uv, version, [...pins, py4j]);
    const all = [...(await resolve(uv, version, [...pins, py4j, gcsfs]))];
    ofDask.push(new Map(all.filter(([name]) => needed.has(name))));
    others.push(new Map(all.filter(([name]) => !needed.has(name))));
  }
  const file = path.join(pythonFolder, 'dask_runner', 'dataproc', 'requirements.txt');
  const head =
    '# Of machines of a Dataproc cluster, with any Python from 3.10 to 3.13. Made by scripts/generateRequirements.mjs.\n';
  await writeFile(file, [head, ...merge(ofDask), changeable, ...merge(others)].join(''));
  return 0;
});

async function managedRequirements(version) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [path.join(root, 'src', 'machine', 'requirements.ts')],
    bundle: true,
    write: false,
    format: 'esm',
  });
  const module = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  return module.managedRequirements(`${version}.0`);
}

/** @returns {Promise<Map<string, {version: string, hashes: string[]}>>} by name */
async function resolve(uv, version, requirements) {
  const options = ['--format', 'pylock.toml', '--no-header', '--only-binary', ':all:'];
  const place = ['--python-version', version, '--python-platform', platform];
  const result = await run(uv, ['pip', 'compile', '-', ...options, ...place], { input: requirements.join('\n') });
  if (result.code !== 0) {
    throw new SetupError(`uv cannot resolve the packages for Python ${version}:\n${lastLines(result)}`);
  }
  const packages = result.stdout.split('[[packages]]').slice(1);
  return new Map(
    packages.map((text) => [
      /^name = "(.+)"$/m.exec(text)[1],
      {
        version: /^version = "(.+)"$/m.exec(text)[1],
        hashes: [...text.matchAll(/sha256 = "([0-9a-f]{64})"/g)].map(([, hash]) => hash),
      },
    ]),
  );
}

/** One entry for each version of a package, for the Pythons that have it. */
function* merge(resolved) {
  const names = [...new Set(resolved.flatMap((packages) => [...packages.keys()]))].sort();
  for (const name of names) {
    const versions = new Set(resolved.flatMap((packages) => packages.get(name)?.version ?? []));
    for (const version of versions) {
      const users = pythons.filter((_, index) => resolved[index].get(name)?.version === version);
      const hashes = new Set(resolved.flatMap((packages) => hashesOf(packages.get(name), version)));
      const lines = [...hashes].sort().map((hash) => ` \\\n    --hash=sha256:${hash}`);
      yield `${name}==${version}${marker(users)}${lines.join('')}\n`;
    }
  }
}

function hashesOf(found, version) {
  return found?.version === version ? found.hashes : [];
}

function marker(users) {
  if (users.length === pythons.length) {
    return '';
  }
  return ` ; ${users.map((version) => `python_version == "${version}"`).join(' or ')}`;
}

async function ensureUv() {
  const folder = path.join(cache, `uv-${uvVersion}`);
  const uv = path.join(folder, 'bin', 'uv');
  if ((await run(uv, ['--version'])).code !== 0) {
    const python = await ensurePython();
    for (const args of [
      ['-m', 'venv', '--clear', folder],
      ['-m', 'pip', '--python', path.join(folder, 'bin', 'python'), 'install', '--quiet', `uv==${uvVersion}`],
    ]) {
      const result = await run(python, args);
      if (result.code !== 0) {
        throw new SetupError(`uv ${uvVersion} cannot be installed:\n${lastLines(result)}`);
      }
    }
  }
  return uv;
}
