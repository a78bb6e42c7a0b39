// eslint (the layers are rules of it) and prettier.
import path from 'node:path';
import { run } from '../setup/command.mjs';
import { root } from '../setup/paths.mjs';

const checks = [
  ['eslint', 'eslint/bin/eslint.js', '.', '--max-warnings', '0'],
  ['prettier', 'prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
];

export async function lint() {
  const counts = { passed: 0, failed: 0 };
  for (const [name, script, ...args] of checks) {
    const file = path.join(root, 'node_modules', script);
    const { code } = await run(process.execPath, [file, ...args], { cwd: root, show: true });
    counts[code === 0 ? 'passed' : 'failed'] += 1;
    console.log(`${name}: ${code === 0 ? 'clean' : 'not clean'}`);
  }
  return counts;
}
