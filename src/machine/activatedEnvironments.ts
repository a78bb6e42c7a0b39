import { dirname } from 'node:path';
import type { Logger } from '../core/ports';
import { activate, condaVariables, environmentOf, pathName, type PythonFolder } from './activation';
import { changesBy, condaScripts, stampOf, type Changes } from './condaScripts';
import { pythonEnvironment } from './pythonEnvironment';

type Variables = Readonly<Record<string, string>>;

/**
 * What a script finds in its environment: that of this process, as it is in a terminal where the interpreter's own
 * environment is activated. The Python extension activates terminals, too, but has no call that tells the variables.
 */
export class ActivatedEnvironments {
  readonly #logger: Logger;
  readonly #own: Readonly<Record<string, string | undefined>>;
  readonly #limit: number | undefined;
  /** By folder of the environment: what its scripts do, for as long as they are the same. */
  readonly #scripts = new Map<string, { stamp: string; changes: Promise<Changes> }>();

  /** @param limit milliseconds that scripts of conda packages get */
  constructor(logger: Logger, own: Readonly<Record<string, string | undefined>> = process.env, limit?: number) {
    this.#logger = logger;
    this.#own = own;
    this.#limit = limit;
  }

  /**
   * The whole environment for an interpreter, with what is added to it. Never fails: what cannot be had is said in the log.
   * @param interpreter absolute path
   */
  async of(interpreter: string, added: Variables = {}): Promise<Record<string, string>> {
    const own = pythonEnvironment(this.#own);
    const python = await environmentOf(interpreter);
    if (python === undefined) {
      return { ...own, ...added };
    }
    const activated = python.kind === 'venv' ? activate(own, python) : await this.#conda(interpreter, python, own);
    return { ...activated, ...added };
  }

  /**
   * Variables of a `.env` file as they are to be added: what is first on its `PATH` comes after the environment's own
   * folders, as it would where that is activated afterwards.
   */
  async added(interpreter: string, variables: Variables): Promise<Variables> {
    const path = pathName(variables);
    const python = variables[path] === undefined ? undefined : await environmentOf(interpreter);
    if (python === undefined) {
      return variables;
    }
    const all = activate({ ...pythonEnvironment(this.#own), ...variables }, python);
    return { ...variables, [path]: all[path] ?? '' };
  }

  async #conda(interpreter: string, python: PythonFolder, own: Variables): Promise<Record<string, string>> {
    const activated = activate(own, python, await condaVariables(python.folder));
    const changes = await this.#byScripts(interpreter, python.folder, activated);
    const all = Object.entries({ ...activated, ...changes });
    return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined));
  }

  async #byScripts(interpreter: string, folder: string, activated: Variables): Promise<Changes> {
    try {
      const scripts = await condaScripts(folder);
      const [first] = scripts;
      if (first === undefined) {
        return {};
      }
      const stamp = await stampOf([dirname(first), ...scripts]);
      let known = this.#scripts.get(folder);
      if (known?.stamp !== stamp) {
        known = { stamp, changes: this.#run(scripts, interpreter, activated) };
        this.#scripts.set(folder, known);
      }
      return await known.changes;
    } catch (error) {
      this.#logger.warn(`The scripts that activate ${folder} could not be looked at`, error);
      return {};
    }
  }

  /** Once for the scripts as they are: a second run need not wait for what takes too long. */
  async #run(scripts: readonly string[], interpreter: string, activated: Variables): Promise<Changes> {
    try {
      return await changesBy(scripts, interpreter, activated, this.#limit);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#logger.warn(
        `Runs go without the variables that the scripts in ${dirname(scripts[0] ?? '')} set. ${reason}`,
      );
      return {};
    }
  }
}
