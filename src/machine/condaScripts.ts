import { randomUUID } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asRecord } from '../core/jsonValue';
import { runCommand } from './command';
import { errorCode } from './jsonFile';

/** What has changed: undefined for what has gone. */
export type Changes = Readonly<Record<string, string | undefined>>;

/** They set variables, as a rule; some ask a compiler for its version. */
const timeoutMilliseconds = 10_000;
/** A shell's own, and what Python adds when it starts in the locale C. */
const ofShells: ReadonlySet<string> = new Set(['_', 'SHLVL', 'PWD', 'OLDPWD', 'BASH_ENV', 'ENV', 'LC_CTYPE']);

/** Runs the files after the first argument in this very shell, and has the interpreter print what the variables are then. */
const script = `
for file in "$@"; do . "$file"; done >/dev/null 2>&1
"$0" -I -S -c 'import json, os, sys
sys.stdout.write(sys.argv[1] + json.dumps(dict(os.environ)))' "$mark"
`;

/** The scripts of packages that `conda activate` runs, in its order. None on Windows, where they are for another shell. */
export async function condaScripts(folder: string, platform = process.platform): Promise<string[]> {
  if (platform === 'win32') {
    return [];
  }
  const scripts = join(folder, 'etc', 'conda', 'activate.d');
  const names = await readdir(scripts).catch(() => []);
  return names
    .filter((name) => name.endsWith('.sh'))
    .sort()
    .map((name) => join(scripts, name));
}

/** Changes when one of these files does, or its folder. */
export async function stampOf(paths: readonly string[]): Promise<string> {
  const stamps = paths.map(async (path) => {
    const { mtimeMs, size } = await stat(path);
    return `${path} ${mtimeMs} ${size}`;
  });
  return (await Promise.all(stamps)).join('\\n');
}

/**
 * What these scripts do to variables. Rejects where they end the shell, or take too long; their output is of no interest,
 * and may hold what is nobody's business.
 */
export async function changesBy(
  scripts: readonly string[],
  interpreter: string,
  before: Readonly<Record<string, string>>,
  milliseconds = timeoutMilliseconds,
): Promise<Changes> {
  const mark = randomUUID();
  const inner = `mark=${mark}${script}`;
  const env = Object.fromEntries(Object.entries(before).filter(([name]) => name !== 'BASH_ENV' && name !== 'ENV'));
  const begun = Date.now();
  const run = (shell: string, args: readonly string[]): ReturnType<typeof runCommand> =>
    runCommand(shell, [...args, '-c', inner, interpreter, ...scripts], { env, timeoutMilliseconds: milliseconds });
  // Packages write them for bash.
  const result = await run('bash', ['--noprofile', '--norc']).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') {
      return run('sh', []);
    }
    throw error;
  });
  const [, text] = result.stdout.split(mark);
  if (text === undefined) {
    const late = result.exitCode === undefined && Date.now() - begun >= milliseconds;
    throw new Error(late ? `They took more than ${milliseconds / 1000} seconds.` : 'They ended the shell.');
  }
  const after = asRecord(JSON.parse(text)) ?? {};
  const names = [...new Set([...Object.keys(env), ...Object.keys(after)])].filter((name) => !ofShells.has(name));
  return Object.fromEntries(
    names
      .filter((name) => after[name] !== env[name])
      .map((name) => [name, typeof after[name] === 'string' ? after[name] : undefined]),
  );
}
