import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Builds the script of the search thread as it is shipped, and answers its path. */
export function buildSearchWorker(folder: string): string {
  const out = join(folder, 'searchWorker.js');
  const esbuild = join(process.cwd(), 'node_modules', '.bin', process.platform === 'win32' ? 'esbuild.cmd' : 'esbuild');
  const entry = join(process.cwd(), 'src', 'panel', 'log', 'searchWorker.ts');
  execFileSync(
    esbuild,
    [entry, '--bundle', '--platform=node', '--format=cjs', `--outfile=${out}`, '--log-level=error'],
    {
      shell: process.platform === 'win32',
    },
  );
  return out;
}
