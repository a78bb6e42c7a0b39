import { createHash, randomBytes } from 'node:crypto';
import { access, cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { inStorage } from './storageErrors';

/**
 * A copy of the Python side under the storage folder, one for each content: an update of the extension
 * does not pull it from under a run that goes on.
 */
export class RunnerPackage {
  readonly #source: string;
  readonly #storage: string;
  #folder: Promise<string> | undefined;

  /** @param source the package's folder in the extension, `…/python/dask_runner` */
  constructor(source: string, storage: string) {
    this.#source = source;
    this.#storage = storage;
  }

  /** The folder to put on `PYTHONPATH`: it holds `dask_runner`. Copied at the first call. */
  async ensure(): Promise<string> {
    this.#folder ??= this.#locate();
    try {
      const folder = await this.#folder;
      if (!(await exists(this.#mainIn(folder)))) {
        await this.#copy(folder);
      }
      return folder;
    } catch (error) {
      this.#folder = undefined;
      throw error;
    }
  }

  /** The file that Python is started with. */
  async main(): Promise<string> {
    return this.#mainIn(await this.ensure());
  }

  #mainIn(folder: string): string {
    return join(folder, basename(this.#source), '__main__.py');
  }

  async #locate(): Promise<string> {
    const hash = createHash('sha256');
    for (const file of await sourceFiles(this.#source)) {
      hash.update(`${file}\0`).update(await readFile(join(this.#source, file)));
    }
    return join(this.#storage, 'python', hash.digest('hex').slice(0, 16));
  }

  async #copy(folder: string): Promise<void> {
    await inStorage(folder, async () => {
      const temporary = `${folder}.${randomBytes(6).toString('hex')}.tmp`;
      await mkdir(temporary, { recursive: true, mode: 0o700 });
      await cp(this.#source, join(temporary, basename(this.#source)), {
        recursive: true,
        filter: (path) => basename(path) !== '__pycache__',
      });
      try {
        await rename(temporary, folder);
      } catch (error) {
        await rm(temporary, { recursive: true, force: true });
        // Another window was faster: its copy has the same content.
        if (!(await exists(this.#mainIn(folder)))) {
          throw error;
        }
      }
    });
  }
}

async function sourceFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('__pycache__'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
