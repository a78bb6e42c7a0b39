import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { asRecord, recordField } from '../core/jsonValue';

/** The environment that an interpreter belongs to. */
export interface PythonFolder {
  kind: 'venv' | 'conda';
  /** Its root, absolute. */
  folder: string;
  /** True for the environment that conda itself is in, which it calls `base`. */
  base?: boolean;
}

type Variables = Readonly<Record<string, string>>;

/** What conda's own state says in place of a value that is to be taken away. */
const condaUnset = '***unset***';

/** Undefined for interpreters of the system, of pyenv and the like, for which nothing is activated. */
export async function environmentOf(interpreter: string): Promise<PythonFolder | undefined> {
  const beside = dirname(interpreter);
  // As Python itself looks for pyvenv.cfg; on Windows, conda has its interpreter at the root.
  const folders = [dirname(beside), beside];
  for (const [name, kind] of [['pyvenv.cfg', 'venv'] as const, ['conda-meta', 'conda'] as const]) {
    for (const folder of folders) {
      if (await exists(join(folder, name))) {
        const base = kind === 'conda' && (await exists(join(folder, 'condabin')));
        return { kind, folder, ...(base && { base }) };
      }
    }
  }
  return undefined;
}

/** Variables that are set for every activation of a conda environment: those of packages, then the user's own. */
export async function condaVariables(folder: string): Promise<Readonly<Record<string, string | undefined>>> {
  const ofPackages = join(folder, 'etc', 'conda', 'env_vars.d');
  const names = await readdir(ofPackages).catch(() => []);
  const records = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => readRecord(join(ofPackages, name))),
  );
  const own = recordField(await readRecord(join(folder, 'conda-meta', 'state')), 'env_vars');
  const all = Object.entries(Object.assign({}, ...records, own) as Record<string, unknown>);
  return Object.fromEntries(all.map(([name, value]) => [name, value === condaUnset ? undefined : String(value)]));
}

/**
 * The variables that a terminal has once the environment is activated in it, as `activate` of venv and `conda activate`
 * set them. Without what scripts of conda packages do, for which see `condaScripts.ts`.
 *
 * @param before the variables until then
 * @param ofConda what {@link condaVariables} says
 */
export function activate(
  before: Variables,
  python: PythonFolder,
  ofConda: Readonly<Record<string, string | undefined>> = {},
  windows = process.platform === 'win32',
): Record<string, string> {
  const after = { ...before };
  const path = pathName(before, windows);
  const folders = binFolders(python, windows);
  if (python.kind === 'venv') {
    delete after['PYTHONHOME'];
    if (before['VIRTUAL_ENV'] !== python.folder) {
      delete after['VIRTUAL_ENV_PROMPT'];
    }
    return { ...after, VIRTUAL_ENV: python.folder, [path]: withFirst(folders, before[path]) };
  }
  const name = condaName(python);
  const last = before['CONDA_PREFIX'];
  const level = last === undefined ? 0 : Number(before['CONDA_SHLVL']) || 0;
  const again = last === python.folder && level > 0;
  let rest = before[path];
  if (!again && last !== undefined && level > 0) {
    after[`CONDA_PREFIX_${level}`] = last;
    rest = without(binFolders({ kind: 'conda', folder: last }, windows), rest);
  }
  for (const [variable, value] of Object.entries(ofConda)) {
    if (value === undefined) {
      Reflect.deleteProperty(after, variable);
    } else {
      after[variable] = value;
    }
  }
  return {
    ...after,
    CONDA_PREFIX: python.folder,
    CONDA_SHLVL: `${again ? level : level + 1}`,
    CONDA_DEFAULT_ENV: name,
    CONDA_PROMPT_MODIFIER: `(${name}) `,
    [path]: withFirst(folders, rest),
  };
}

/** The variables for a program of ours that an interpreter runs: it needs the libraries of its environment, and no scripts. */
export async function activatedFor(interpreter: string, before: Variables): Promise<Variables> {
  const python = await environmentOf(interpreter);
  return python === undefined ? before : activate(before, python);
}

/** The name that `PATH` has among these variables: `Path` on Windows, as a rule. */
export function pathName(variables: Variables, windows = process.platform === 'win32'): string {
  return (windows ? Object.keys(variables).find((name) => name.toUpperCase() === 'PATH') : undefined) ?? 'PATH';
}

function binFolders({ kind, folder }: PythonFolder, windows: boolean): string[] {
  if (!windows) {
    return [join(folder, 'bin')];
  }
  const inner = [['Library', 'mingw-w64', 'bin'], ['Library', 'usr', 'bin'], ['Library', 'bin'], ['Scripts'], ['bin']];
  return kind === 'venv' ? [join(folder, 'Scripts')] : [folder, ...inner.map((names) => join(folder, ...names))];
}

function withFirst(folders: readonly string[], path = ''): string {
  const first = folders.join(delimiter);
  const there = path === first || path.startsWith(`${first}${delimiter}`);
  return there ? path : [first, ...(path === '' ? [] : [path])].join(delimiter);
}

function without(folders: readonly string[], path = ''): string {
  const left = path.split(delimiter).filter((folder) => !folders.includes(folder));
  return left.join(delimiter);
}

/** As conda has it: the name of those in a folder `envs`, else the whole path. */
function condaName({ folder, base }: PythonFolder): string {
  if (base === true) {
    return 'base';
  }
  return basename(dirname(folder)) === 'envs' ? basename(folder) : folder;
}

async function readRecord(path: string): Promise<ReturnType<typeof asRecord>> {
  try {
    return asRecord(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined; // There is none, as a rule.
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
