import { execFileSync } from 'node:child_process';

/** What Python makes of data: a program that reads JSON from `sys.stdin` and prints JSON. */
export function python(program: string, data: unknown): unknown {
  const command = process.env['DASK_TEST_PYTHON'] ?? 'python3';
  return JSON.parse(execFileSync(command, ['-c', program], { input: JSON.stringify(data), encoding: 'utf8' }));
}
