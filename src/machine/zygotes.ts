import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asRecord, numberField, stringField } from '../core/jsonValue';
import type { Logger } from '../core/ports';
import { FolderChanges } from './folderChanges';
import { isElsewhere } from './host';
import { readJson } from './jsonFile';
import { isAlive, killGroup, spawnDetached, type ProcessIdentity } from './processes';
import type { RunnerPackage } from './runnerPackage';
import { identityIn } from './supervisorFiles';
import { throwIfAborted } from './wait';
import { askZygote, type ForkRequest, type ZygoteAddress } from './zygoteRequest';

/** On a machine that is busy, importing Dask takes its time. */
const startMilliseconds = 60_000;
/** Variables that are read once, when Python or a library is loaded: a process that was forked has the zygote's. */
const readOnce =
  /^(PYTHON|LD_|DYLD_|DASK_|LC_|LANG|MALLOC_|GLIBC_|OMP_|MKL_|OPENBLAS_|GOTO_|KMP_|BLIS_|NPY_|NUMPY_|NUMEXPR_|OPENSSL_|HOME$|TORNADO_|BOKEH_)/;

/**
 * The processes, one for each interpreter, that have imported Dask and fork clusters and drivers from themselves. All
 * windows share them. A zygote ends by itself when it has had nothing to do for ten minutes.
 */
export class Zygotes {
  readonly #storage: string;
  readonly #runner: RunnerPackage;
  readonly #logger: Logger;
  /** Starts under way, by folder. */
  readonly #starts = new Map<string, Promise<ZygoteAddress | undefined>>();
  /** Folders of those that cannot be started: Dask may be missing, and whoever needs it says so. */
  readonly #failed = new Set<string>();

  constructor(storage: string, runner: RunnerPackage, logger: Logger) {
    this.#storage = storage;
    this.#runner = runner;
    this.#logger = logger;
  }

  /** Has one ready for the next run. Never rejects. */
  async prepare(
    interpreter: string,
    environment: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    if (process.platform === 'linux') {
      const folder = await this.#folderOf(interpreter, environment);
      await this.#address(folder, interpreter, environment, signal);
    }
  }

  /** The pid of what was forked; undefined where that cannot be, and a process has to be started instead. */
  async fork(interpreter: string, request: ForkRequest, signal: AbortSignal): Promise<number | undefined> {
    if (process.platform !== 'linux') {
      return undefined;
    }
    const folder = await this.#folderOf(interpreter, request.environment);
    // One whose packages have changed says no once, and ends.
    for (let attempt = 1; attempt <= 2; attempt++) {
      const address = await this.#address(folder, interpreter, request.environment, signal);
      throwIfAborted(signal);
      if (address === undefined) {
        return undefined;
      }
      try {
        return await askZygote(address, request);
      } catch (error) {
        this.#logger.info(`Nothing was forked for ${request.folder}: ${String(error)}`);
      }
    }
    return undefined;
  }

  async #folderOf(interpreter: string, environment: Readonly<Record<string, string>>): Promise<string> {
    const seen = Object.entries(environment).filter(([name]) => readOnce.test(name));
    const key = [interpreter, await this.#runner.ensure(), seen.sort(([a], [b]) => (a < b ? -1 : 1))];
    return join(this.#storage, 'zygotes', createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 16));
  }

  async #address(
    folder: string,
    interpreter: string,
    environment: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<ZygoteAddress | undefined> {
    const running = await readZygote(folder);
    if (running !== undefined || this.#failed.has(folder)) {
      return running;
    }
    let start = this.#starts.get(folder);
    if (start === undefined) {
      start = this.#start(folder, interpreter, environment, signal).finally(() => this.#starts.delete(folder));
      this.#starts.set(folder, start);
    }
    return start;
  }

  async #start(
    folder: string,
    interpreter: string,
    environment: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<ZygoteAddress | undefined> {
    const changes = new FolderChanges(folder, 250, (name) => name === 'state.json');
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const child = await spawnDetached(interpreter, [await this.#runner.main(), 'zygote', '--folder', folder], {
        cwd: folder,
        env: environment,
        output: join(folder, 'zygote.log'),
      });
      const progress = { ended: false };
      void child.exited.then(({ exitCode }) => {
        progress.ended = true;
        if (exitCode !== 0 && exitCode !== undefined) {
          this.#failed.add(folder);
        }
        changes.poke();
      });
      for (const limit = Date.now() + startMilliseconds; Date.now() < limit;) {
        const found = await readZygote(folder);
        if (found !== undefined || progress.ended) {
          return found;
        }
        if (signal.aborted) {
          break;
        }
        await changes.next(signal);
      }
      // Whoever waits for it as well starts processes instead.
      await killGroup(child.pid);
      if (!signal.aborted) {
        this.#failed.add(folder);
        this.#logger.warn(`The process that others are forked from was not ready in time: ${folder}`);
      }
    } catch (error) {
      this.#failed.add(folder);
      this.#logger.warn('The process that others are forked from could not be started', error);
    } finally {
      changes.dispose();
    }
    return undefined;
  }
}

async function readZygote(folder: string): Promise<ZygoteAddress | undefined> {
  const state = asRecord(await readJson(join(folder, 'state.json')));
  const identity: ProcessIdentity | undefined = identityIn(state, 'pid', 'pidStart');
  const port = numberField(state, 'port');
  const token = stringField(state, 'token');
  if (identity === undefined || port === undefined || token === undefined || isElsewhere(identity)) {
    return undefined;
  }
  return (await isAlive(identity)) ? { port, token } : undefined;
}
