// npm, as the user has configured it.
import { rm, rename, mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { lastLines, run, which } from './command.mjs';
import { withLock } from './lock.mjs';
import { cache } from './paths.mjs';
import { SetupError } from './setupError.mjs';

/** Runs npm; throws a SetupError that names `purpose` when it fails. */
export async function npm(args, { cwd, purpose }) {
  const script = process.env['npm_execpath'];
  const viaNode = script !== undefined && /\.c?js$/.test(script) && existsSync(script);
  const program = viaNode ? process.execPath : which('npm');
  if (program === undefined) {
    throw new SetupError(`${purpose} needs npm, which is not on PATH. Install Node.js 20 or newer, which brings npm.`);
  }
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = await run(program, [...(viaNode ? [script] : []), ...args, ...quiet], {
    cwd,
    env: cleanEnvironment(),
  });
  if (result.code !== 0) {
    throw new SetupError(
      `${purpose} failed: npm ${args.join(' ')}\n${lastLines(result)}\nCheck that npm reaches its registry, then start again.`,
    );
  }
}

/**
 * Installs npm packages into a folder of the cache, once per `version`.
 * The folder appears only when `finish` has been done with it too.
 * @returns {Promise<string>} the folder
 */
export async function installTool(name, version, packages, { purpose, finish }) {
  const folder = path.join(cache, name, version);
  if (existsSync(folder)) {
    return folder;
  }
  return withLock(path.join(cache, 'setup.lock'), async () => {
    if (existsSync(folder)) {
      return folder;
    }
    console.log(`Fetching ${packages.join(', ')}`);
    const unfinished = `${folder}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    await writeFile(path.join(unfinished, 'package.json'), '{ "private": true }\n');
    await npm(['install', '--no-save', ...packages], { cwd: unfinished, purpose });
    await finish?.(unfinished);
    await rename(unfinished, folder);
    return folder;
  });
}

/** Without what the npm that started us says about this package: it would install here instead. */
function cleanEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^npm_(package|lifecycle|command|config_(prefix|local_prefix|global_prefix|dir|workspace))/i.test(name),
    ),
  );
}
