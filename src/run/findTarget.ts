import { stat } from 'node:fs/promises';
import { isAbsolute, join, resolve, sep } from 'node:path';
import { UserError } from '../core/errors';
import type { JobTarget } from '../core/job';

const functionText = /^([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)$/;
/** Folders that hold top packages, in the order of trying. */
const packageFolders = ['', 'src'];

/** What is wrong with the text of a target, as a sentence; undefined: nothing. */
export function problemOfTarget(text: string): string | undefined {
  return functionText.test(text) || /\.pyw?$/i.test(text)
    ? undefined
    : 'Give a Python file, or a function as module:function.';
}

/** What is wrong with the text of a function, as a sentence; undefined: nothing. */
export function problemOfFunction(text: string): string | undefined {
  return functionText.test(text) ? undefined : 'Give it as module:function, such as jobs.etl:run.';
}

/**
 * The target that a text names in a folder: `jobs/etl.py`, or `jobs.etl:run` with the package in the folder or in its
 * `src`.
 *
 * @throws UserError `targetInvalid`, `targetMissing`
 */
export async function findTarget(folder: string, text: string): Promise<JobTarget> {
  const problem = problemOfTarget(text);
  if (problem !== undefined) {
    throw new UserError({ code: 'targetInvalid', what: `"${text}" cannot be run.`, next: problem });
  }
  const [, module, name] = functionText.exec(text) ?? [];
  if (module !== undefined && name !== undefined) {
    return { kind: 'function', module, function: name, directory: await packageFolder(folder, module) };
  }
  const path = resolve(folder, text);
  if (isAbsolute(text) || !path.startsWith(`${folder}${sep}`) || !(await isFile(path))) {
    throw missing(`${text} is not in ${folder}.`);
  }
  return { kind: 'file', path };
}

async function packageFolder(folder: string, module: string): Promise<string> {
  const path = module.split('.');
  for (const inner of packageFolders) {
    const root = join(folder, inner);
    if ((await isFile(`${join(root, ...path)}.py`)) || (await isFile(join(root, ...path, '__init__.py')))) {
      return root;
    }
  }
  throw missing(`There is no module ${module} in ${folder} or its folder src.`);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function missing(what: string): UserError {
  return new UserError({ code: 'targetMissing', what, next: 'Check the name, and run it again.' });
}
