import { createHash } from 'node:crypto';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../core/errors';
import { runCommand } from './command';
import { exclusively } from './exclusiveLock';
import { installError, pipMissing, venvMissing } from './installErrors';
import type { InterpreterInfo, Interpreters } from './interpreter';
import { errorCode } from './jsonFile';
import { pythonEnvironment } from './pythonEnvironment';
import { managedRequirements, missingRequirements } from './requirements';
import { inStorage } from './storageErrors';

/** Builds virtual environments that have what a cluster needs, and adds it to environments of the user's. */
export class ManagedEnvironment {
  readonly #storage: string;
  readonly #interpreters: Interpreters;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(
    storage: string,
    interpreters: Interpreters,
    environment: Readonly<Record<string, string | undefined>> = process.env,
  ) {
    this.#storage = storage;
    this.#interpreters = interpreters;
    this.#environment = environment;
  }

  /** The interpreter of the environment that was built from that Python, when there is one and it works. */
  async existing(base: InterpreterInfo, signal: AbortSignal): Promise<string | undefined> {
    const folder = this.#folderOf(base);
    if (!(await exists(join(folder, '.complete')))) {
      return undefined;
    }
    try {
      return (await this.#interpreters.check(pythonIn(folder), signal)).executable;
    } catch (error) {
      if (error instanceof UserError) {
        // The Python that it was made from has gone.
        return undefined;
      }
      throw error;
    }
  }

  /**
   * The interpreter of a managed environment, built at the first call with `uv`, or else `venv` and pip.
   * A second window waits for the first. Throws UserErrors `venvMissing`, `packageIndexUnreachable`,
   * `installFailed`, `diskFull`, `storageNotWritable`, and those of {@link Interpreters.check}.
   * @param basePython path of a Python of 3.10 or newer
   */
  async ensure(basePython: string, onProgress: (line: string) => void, signal: AbortSignal): Promise<string> {
    const base = await this.#interpreters.check(basePython, signal);
    const ready = await this.existing(base, signal);
    if (ready !== undefined) {
      return ready;
    }
    const folder = this.#folderOf(base);
    await this.#environments();
    const onWait = (): void => onProgress('Waiting for another window that builds the environment');
    return inStorage(folder, () =>
      exclusively(`${folder}.lock`, onWait, signal, async () => {
        const made = await this.existing(base, signal);
        return made ?? this.#build(base, folder, onProgress, signal);
      }),
    );
  }

  /**
   * Installs what is missing into an environment of the user's, and replaces nothing there but a Dask that clusters
   * refuse. A second run or window waits for the first, and then finds nothing missing any more. Throws UserErrors `externallyManaged`, `pipMissing`, `packageIndexUnreachable`, `installFailed`, `diskFull`.
   */
  async installInto(interpreter: string, onProgress: (line: string) => void, signal: AbortSignal): Promise<void> {
    const folder = await this.#environments();
    const lock = join(folder, `${hashOf(interpreter)}.install.lock`);
    const onWait = (): void => onProgress('Waiting for another run that installs Dask');
    await inStorage(lock, () =>
      exclusively(lock, onWait, signal, () => this.#installMissing(interpreter, onProgress, signal)),
    );
  }

  async #installMissing(interpreter: string, onProgress: (line: string) => void, signal: AbortSignal): Promise<void> {
    this.#interpreters.forget(interpreter);
    const info = await this.#interpreters.check(interpreter, signal);
    const requirements = missingRequirements(info);
    if (requirements.length === 0) {
      return;
    }
    onProgress(`Installing ${requirements.join(', ')}`);
    try {
      await this.#pip(info.executable, requirements, onProgress, signal);
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== 'pipMissing') {
        throw error;
      }
      // Environments that uv makes have no pip.
      const text = await this.#uv(['pip', 'install', '--python', info.executable, ...requirements], onProgress, signal);
      if (text === undefined) {
        throw pipMissing(info.executable);
      }
      if (text !== '') {
        throw installError(text, info.executable, this.#environment);
      }
    }
    this.#interpreters.forget(interpreter);
  }

  async #build(
    base: InterpreterInfo,
    folder: string,
    onProgress: (line: string) => void,
    signal: AbortSignal,
  ): Promise<string> {
    // A virtual environment cannot be moved once it is made: it is built in its place, and marked at the end.
    await rm(folder, { recursive: true, force: true });
    const requirements = managedRequirements(base.version);
    const python = pythonIn(folder);
    onProgress(`Making a Python environment from Python ${base.version}`);
    if (!(await this.#buildWithUv(base, folder, requirements, onProgress, signal))) {
      await rm(folder, { recursive: true, force: true });
      await this.#makeVenv(base, folder, onProgress, signal);
      onProgress('Installing Dask and its dashboard');
      await this.#pip(python, requirements, onProgress, signal);
    }
    const info = await this.#interpreters.check(python, signal);
    await writeFile(join(folder, '.complete'), '', { mode: 0o600 });
    return info.executable;
  }

  /** False when there is no uv, or when it could not do it: pip may know an index that uv does not. */
  async #buildWithUv(
    base: InterpreterInfo,
    folder: string,
    requirements: readonly string[],
    onProgress: (line: string) => void,
    signal: AbortSignal,
  ): Promise<boolean> {
    const made = await this.#uv(['venv', '--no-project', '--python', base.executable, folder], onProgress, signal);
    if (made !== '') {
      return false;
    }
    onProgress('Installing Dask and its dashboard with uv');
    const args = ['pip', 'install', '--python', pythonIn(folder), ...requirements];
    return (await this.#uv(args, onProgress, signal)) === '';
  }

  /** What uv printed when it failed, empty when it did not; undefined where there is no uv. */
  async #uv(
    args: readonly string[],
    onProgress: (line: string) => void,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    try {
      const result = await runCommand('uv', args, { env: this.#variables(), signal, onLine: onProgress });
      return result.exitCode === 0 ? '' : `${result.stdout}${result.stderr}` || 'uv failed';
    } catch (error) {
      if (errorCode(error) !== undefined) {
        return undefined;
      }
      throw error;
    }
  }

  async #makeVenv(
    base: InterpreterInfo,
    folder: string,
    onProgress: (line: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const result = await runCommand(base.executable, ['-m', 'venv', folder], {
      env: this.#variables(),
      signal,
      onLine: onProgress,
    });
    if (result.exitCode === 0) {
      return;
    }
    const text = `${result.stdout}${result.stderr}`;
    if (/ensurepip|No module named '?"?venv/.test(text)) {
      throw venvMissing(base.executable, base.version);
    }
    throw installError(text, base.executable, this.#environment);
  }

  async #pip(
    python: string,
    requirements: readonly string[],
    onProgress: (line: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    // Two retries instead of five: an index that is not there is told in seconds.
    const args = [
      '-m',
      'pip',
      'install',
      '--disable-pip-version-check',
      '--no-input',
      '--retries',
      '2',
      ...requirements,
    ];
    const result = await runCommand(python, args, { env: this.#variables(), signal, onLine: onProgress });
    if (result.exitCode !== 0) {
      throw installError(`${result.stdout}${result.stderr}`, python, this.#environment);
    }
  }

  #variables(): Record<string, string> {
    return pythonEnvironment(this.#environment, {
      PYTHONUNBUFFERED: '1',
      PIP_PROGRESS_BAR: 'off',
      UV_NO_PROGRESS: '1',
    });
  }

  /** By content: another Python or other requirements make another environment. */
  #folderOf(base: InterpreterInfo): string {
    const content = JSON.stringify([base.executable, base.version, managedRequirements(base.version)]);
    return join(this.#storage, 'environments', hashOf(content));
  }

  async #environments(): Promise<string> {
    const folder = join(this.#storage, 'environments');
    await inStorage(this.#storage, () => mkdir(folder, { recursive: true, mode: 0o700 }));
    return folder;
  }
}

function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

function pythonIn(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
