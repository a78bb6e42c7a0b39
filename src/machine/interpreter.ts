import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { UserError } from '../core/errors';
import { asRecord, stringField } from '../core/jsonValue';
import { activatedFor } from './activation';
import { runCommand, type CommandResult } from './command';
import {
  interpreterBroken,
  interpreterMissing,
  interpreterNotPython,
  interpreterTooOld,
  isOldPython,
} from './interpreterErrors';
import { errorCode } from './jsonFile';
import { pythonEnvironment } from './pythonEnvironment';
import type { RunnerPackage } from './runnerPackage';

/** A Python, and the versions of what it has of the packages that matter here. */
export interface InterpreterInfo {
  /** `sys.executable`: absolute, past the shims of version managers. */
  executable: string;
  /** Such as `3.11.7`. */
  version: string;
  dask: string | undefined;
  distributed: string | undefined;
  bokeh: string | undefined;
  cryptography: string | undefined;
  numpy: string | undefined;
}

const timeoutMilliseconds = 60_000;

/** Looks at Python interpreters, and remembers what it found of complete ones until their file changes. */
export class Interpreters {
  readonly #runner: RunnerPackage;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #known = new Map<string, { stamp: string; info: InterpreterInfo }>();

  constructor(runner: RunnerPackage, environment: Readonly<Record<string, string | undefined>> = process.env) {
    this.#runner = runner;
    this.#environment = environment;
  }

  /**
   * Asks an interpreter what it is and has. Throws UserErrors `interpreterMissing`, `interpreterNotPython`,
   * `interpreterTooOld` (before 3.10) and `interpreterBroken`.
   */
  async check(path: string, signal: AbortSignal): Promise<InterpreterInfo> {
    const stamp = await fileStamp(path);
    const known = this.#known.get(path);
    if (stamp !== undefined && known?.stamp === stamp) {
      return known.info;
    }
    const info = await this.#ask(path, signal);
    // An interpreter that lacks something may get it any moment, and its own file does not tell.
    if (stamp !== undefined && missingPackages(info).length === 0 && info.bokeh !== undefined) {
      this.#known.set(path, { stamp, info });
    }
    return info;
  }

  /** The first of `python3`, `python` and `py -3` on PATH that is a Python of 3.10 or newer. */
  async find(signal: AbortSignal): Promise<InterpreterInfo | undefined> {
    for (const [command, ...args] of [['python3'], ['python'], ['py', '-3']] as const) {
      const executable = await this.#print(command, args, 'sys.executable', signal);
      if (executable === undefined) {
        continue;
      }
      try {
        return await this.check(executable, signal);
      } catch (error) {
        if (!(error instanceof UserError)) {
          throw error;
        }
      }
    }
    return undefined;
  }

  /** Ask anew at the next check. */
  forget(path: string): void {
    this.#known.delete(path);
  }

  async #ask(path: string, signal: AbortSignal): Promise<InterpreterInfo> {
    const main = await this.#runner.main();
    let result: CommandResult;
    try {
      result = await this.#run(path, [main, 'check'], signal);
    } catch (error) {
      switch (errorCode(error)) {
        case 'ENOENT':
        case 'ENOTDIR':
          throw interpreterMissing(path, error);
        case 'EACCES':
        case 'ENOEXEC':
        case 'UNKNOWN':
          throw interpreterNotPython(path, error);
        default:
          throw error;
      }
    }
    const info = parseCheck(result.stdout);
    const version = info?.version ?? (await this.#print(path, [], "'.'.join(map(str, sys.version_info[:3]))", signal));
    if (version === undefined) {
      throw interpreterNotPython(path);
    }
    if (isOldPython(version)) {
      throw interpreterTooOld(path, version);
    }
    if (info === undefined) {
      throw interpreterBroken(path, result.stderr);
    }
    return info;
  }

  /** What an expression of the `sys` module prints; undefined when the command is not a Python. */
  async #print(
    command: string,
    args: readonly string[],
    expression: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const code = `import sys; sys.stdout.write('<' + ${expression} + '>')`;
    try {
      const result = await this.#run(command, [...args, '-c', code], signal);
      return result.exitCode === 0 ? /<([^<>\n]+)>$/.exec(result.stdout)?.[1] : undefined;
    } catch (error) {
      if (errorCode(error) === undefined) {
        throw error;
      }
      return undefined;
    }
  }

  async #run(command: string, args: readonly string[], signal: AbortSignal): Promise<CommandResult> {
    const own = pythonEnvironment(this.#environment);
    const env = isAbsolute(command) ? await activatedFor(command, own) : own;
    return runCommand(command, args, { env, signal, timeoutMilliseconds });
  }
}

/** What a cluster cannot do without and the interpreter lacks; `bokeh` is missed only by the dashboard. */
export function missingPackages(info: InterpreterInfo, security: 'tls' | 'none' = 'tls'): string[] {
  const needed = ['dask', 'distributed', ...(security === 'tls' ? ['cryptography'] : [])] as (
    'dask' | 'distributed' | 'cryptography'
  )[];
  return needed.filter((name) => info[name] === undefined);
}

function parseCheck(text: string): InterpreterInfo | undefined {
  // Site customisations may print before; the answer is the last line.
  const line = text.trim().split('\n').at(-1) ?? '';
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const record = asRecord(value);
  const executable = stringField(record, 'executable');
  const version = stringField(record, 'version');
  if (executable === undefined || version === undefined) {
    return undefined;
  }
  return {
    executable,
    version,
    dask: stringField(record, 'dask'),
    distributed: stringField(record, 'distributed'),
    bokeh: stringField(record, 'bokeh'),
    cryptography: stringField(record, 'cryptography'),
    numpy: stringField(record, 'numpy'),
  };
}

async function fileStamp(path: string): Promise<string | undefined> {
  try {
    const { mtimeMs, size } = await stat(path);
    return `${mtimeMs} ${size}`;
  } catch {
    return undefined;
  }
}
