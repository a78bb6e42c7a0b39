// The Python environment of the tests and of the examples.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lastLines, run, which } from './command.mjs';
import { withLock } from './lock.mjs';
import { cache, python as pythonFolder, root } from './paths.mjs';
import { SetupError } from './setupError.mjs';
import { installSystemPackage } from './systemPackage.mjs';

const requirements = path.join(pythonFolder, 'requirements-dev.txt');
// A Python that was asked for has an environment beside the usual one: PYTHON=/path/to/python3.13 npm run test:python
const own = process.env['PYTHON'];
const folder = own
  ? path.join(cache, 'python', createHash('sha256').update(own).digest('hex').slice(0, 12))
  : path.join(root, '.venv');
const stamp = path.join(folder, 'requirements.sha256');
const executable = path.join(folder, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
const names = ['python3.13', 'python3.12', 'python3.11', 'python3.10'];

/** @returns {Promise<string>} absolute path of a Python with everything in requirements-dev.txt */
export async function ensurePython() {
  const wanted = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  if (await upToDate(wanted)) {
    return executable;
  }
  return withLock(path.join(cache, 'setup.lock'), async () => {
    if (!(await upToDate(wanted))) {
      await build(wanted);
    }
    return executable;
  });
}

async function upToDate(wanted) {
  const present = await readFile(stamp, 'utf8').catch(() => '');
  return present.trim() === wanted && (await run(executable, ['-c', 'import dask'])).code === 0;
}

async function build(wanted) {
  const base = await findPython();
  console.log(`Building the Python environment with ${base}`);
  await rm(folder, { recursive: true, force: true });
  const uv = which('uv');
  if (uv !== undefined) {
    await must(uv, ['venv', '--quiet', '--python', base, folder]);
    // As pip does: else each process of the tests would compile Dask anew.
    const options = ['--quiet', '--compile-bytecode', '--python', executable];
    await must(uv, ['pip', 'install', ...options, '--requirement', requirements]);
  } else {
    await makeVenv(base);
    await must(executable, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--requirement',
      requirements,
    ]);
  }
  await writeFile(stamp, `${wanted}\n`);
}

/** Debian's Python comes without the parts of venv that make pip. */
async function makeVenv(base) {
  const make = () => run(base, ['-m', 'venv', folder]);
  let result = await make();
  if (result.code !== 0) {
    const version = (await run(base, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])).stdout.trim();
    if (await installSystemPackage({ apt: [`python${version}-venv`] })) {
      await rm(folder, { recursive: true, force: true });
      result = await make();
    }
    if (result.code !== 0) {
      throw new SetupError(
        `${base} cannot make a virtual environment:\n${lastLines(result, 6)}\n` +
          `Install its venv module (Debian: apt-get install python${version}-venv), or uv, and start again.`,
      );
    }
  }
}

async function findPython() {
  const found = [];
  // The default first: newer ones beside it are often bare.
  for (const name of [...(own ? [own] : []), 'python3', 'python', ...names]) {
    const file = path.isAbsolute(name) ? name : which(name);
    if (file === undefined || !existsSync(file)) {
      continue;
    }
    const { code, stdout } = await run(file, ['-c', 'import sys; print("%d %d" % sys.version_info[:2])']);
    const [major, minor] = stdout.split(' ').map(Number);
    if (code === 0) {
      if (major === 3 && minor >= 10) {
        return file;
      }
      found.push(`${file} (${major}.${minor})`);
    }
  }
  throw new SetupError(
    `Python 3.10 or newer was not found${found.length > 0 ? `, only ${found.join(', ')}` : ''}. ` +
      'Install it, or set PYTHON to its path.',
  );
}

async function must(program, args) {
  const result = await run(program, args);
  if (result.code !== 0) {
    throw new SetupError(
      `Building the Python environment failed: ${path.basename(program)} ${args.join(' ')}\n${lastLines(result)}\n` +
        'Check that pip reaches its package index, then start again.',
    );
  }
}
