// eslint (the layers are rules of it), prettier, and shellcheck.
import path from 'node:path';
import { run } from '../setup/command.mjs';
import { python as pythonFolder, root } from '../setup/paths.mjs';
import { ensurePython } from '../setup/python.mjs';

const checks = [
  ['eslint', 'eslint/bin/eslint.js', '.', '--max-warnings', '0'],
  ['prettier', 'prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
];

export async function lint() {
  const counts = { passed: 0, failed: 0 };
  const check = async (name, program, args) => {
    const { code } = await run(program, args, { cwd: root, show: true });
    counts[code === 0 ? 'passed' : 'failed'] += 1;
    console.log(`${name}: ${code === 0 ? 'clean' : 'not clean'}`);
  };
  await Promise.all(
    checks.map(([name, script, ...args]) =>
      check(name, process.execPath, [path.join(root, 'node_modules', script), ...args]),
    ),
  );
  // Of a wheel that holds it, under the MIT licence: npm's package fetches it from elsewhere when it is first used. shellcheck
  // itself is GPL, and is only run here: nothing of it ships.
  const shellcheck = path.join(path.dirname(await ensurePython()), 'shellcheck');
  await check('shellcheck', shellcheck, [path.join(pythonFolder, 'dask_runner', 'dataproc', 'initialize.sh')]);
  return counts;
}
