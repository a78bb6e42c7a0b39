// The type checker, over both worlds: Node, and the browser side of the panel.
import path from 'node:path';
import { run } from '../setup/command.mjs';
import { root } from '../setup/paths.mjs';

export async function types() {
  const counts = { passed: 0, failed: 0 };
  for (const project of ['tsconfig.json', path.join('webview', 'tsconfig.json')]) {
    const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { code } = await run(process.execPath, [tsc, '-p', project], { cwd: root, show: true });
    counts[code === 0 ? 'passed' : 'failed'] += 1;
    console.log(`${code === 0 ? 'No type errors' : 'Type errors'} in ${project}`);
  }
  return counts;
}
