// npm start -- --cloud emulator: Google Cloud on this machine, with a profile that uses it. No account, no costs.
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastLines, run } from '../setup/command.mjs';
import { root } from '../setup/paths.mjs';
import { SetupError } from '../setup/setupError.mjs';

const project = 'emulated-project';
const region = 'europe-west1';
const bucket = 'emulated-environments';
const archive = 'environment.tar.gz';
const seconds = 180;

/**
 * Starts the emulator on YARN.
 * @param {string} python the environment that its machines have
 * @param {{askFirst: boolean}} options whether a run asks before it starts
 * @returns {Promise<{env: Record<string, string>, settings: Record<string, unknown>, stop: () => Promise<void>}>}
 *   what VS Code has to be started with
 */
export async function startCloud(python, { askFirst }) {
  console.log('Starting an emulated Google Cloud on this machine, which takes up to a minute');
  const folder = await mkdtemp(path.join(tmpdir(), 'dask-cloud-'));
  const emulator = spawn(process.execPath, [path.join(root, 'scripts', 'emulator.mjs'), '--yarn'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    // Its own end is in order: a Ctrl-C at the terminal is for us alone.
    detached: process.platform !== 'win32',
  });
  const stop = async () => {
    if (emulator.exitCode === null && emulator.signalCode === null) {
      const ended = new Promise((resolve) => emulator.once('exit', resolve));
      emulator.kill('SIGTERM');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const url = await firstLine(emulator);
    await uploadEnvironment(url, folder, python);
    const credentials = path.join(folder, 'credentials.json');
    // What `gcloud auth application-default login` leaves, for the emulator's own place of tokens.
    const content = {
      type: 'authorized_user',
      client_id: 'emulated',
      client_secret: 'emulated',
      refresh_token: 'emulated',
      token_uri: `${url}/token`,
    };
    await writeFile(credentials, JSON.stringify(content), { mode: 0o600 });
    return {
      env: { DATAPROC_EMULATOR_HOST: url, GOOGLE_APPLICATION_CREDENTIALS: credentials },
      settings: { 'dask.profiles': { cloud: { ...profile, askFirst } }, 'dask.defaultProfile': 'cloud' },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const profile = {
  backend: 'dataproc',
  project,
  region,
  workers: 2,
  threadsPerWorker: 2,
  memoryLimit: '1GiB',
  packages: { archive: `gs://${bucket}/${archive}` },
};

/** The address that the emulator prints once it listens. */
function firstLine(emulator) {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(
      () => reject(new SetupError(`The emulator did not start within ${seconds} s.`)),
      seconds * 1000,
    );
    emulator.stdout.setEncoding('utf8').on('data', (part) => {
      text += part;
      if (text.includes('\n')) {
        clearTimeout(timer);
        resolve(JSON.parse(text.split('\n')[0]).url);
      }
    });
    emulator.once('exit', (code) => {
      clearTimeout(timer);
      reject(new SetupError(`The emulator ended with exit code ${code}. It needs Java and Maven once: see above.`));
    });
  });
}

/** A packed environment, whose Python is the one of this checkout: machines of the emulator are on this machine. */
async function uploadEnvironment(url, folder, python) {
  const bin = path.join(folder, 'environment', 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(path.join(bin, 'python'), `#!/bin/sh\nexec '${python}' "$@"\n`);
  await chmod(path.join(bin, 'python'), 0o755);
  const file = path.join(folder, archive);
  const packed = await run('tar', ['-czf', file, '-C', path.join(folder, 'environment'), '.']);
  if (packed.code !== 0) {
    throw new SetupError(`The environment could not be packed: ${lastLines(packed)}`);
  }
  const { access_token: token } = await answer(
    await fetch(`${url}/token`, { method: 'POST', body: 'grant_type=refresh_token&refresh_token=emulated' }),
  );
  const headers = { authorization: `Bearer ${token}` };
  await answer(
    await fetch(`${url}/storage/v1/b?project=${project}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ name: bucket, location: region }),
    }),
  );
  const query = new URLSearchParams({ uploadType: 'media', name: archive });
  await answer(
    await fetch(`${url}/upload/storage/v1/b/${bucket}/o?${query}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/gzip' },
      body: await readFile(file),
    }),
  );
}

async function answer(response) {
  if (!response.ok) {
    throw new SetupError(`The emulator answered ${response.status}: ${await response.text()}`);
  }
  return response.json();
}
