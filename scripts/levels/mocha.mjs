// Runs compiled tests with mocha, and counts.
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../setup/command.mjs';
import { results, root } from '../setup/paths.mjs';

/**
 * @param {{name: string, node: string, files: string[], options?: string[], env?: Record<string, string>, timeout?: number}} what
 *   `timeout` in milliseconds for each test
 * @returns {Promise<{passed: number, failed: number}>}
 */
export async function runMocha({ name, node, files, options = [], env = {}, timeout = 60_000 }) {
  if (files.length === 0) {
    console.log('No test files.');
    return { passed: 0, failed: 1 };
  }
  const counts = path.join(results, `${name}.json`);
  await mkdir(results, { recursive: true });
  await rm(counts, { force: true });
  const mocha = path.join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const reporter = path.join(root, 'scripts', 'levels', 'countingReporter.cjs');
  const { code } = await run(
    node,
    [
      '--enable-source-maps',
      mocha,
      '--no-config',
      '--timeout',
      String(timeout),
      '--reporter',
      reporter,
      '--reporter-option',
      `file=${counts}`,
      // A test that leaves a timer or a process behind must not keep the run from ending.
      '--exit',
      ...options,
      ...files,
    ],
    { cwd: root, env: { ...process.env, ...env }, show: true },
  );
  return readCounts(counts, code);
}

/**
 * Parts of file names come before the first option of mocha, and choose among the files.
 * @param {string[]} files
 * @param {string[]} options
 */
export function selectFiles(files, options) {
  const first = options.findIndex((option) => option.startsWith('-'));
  const end = first === -1 ? options.length : first;
  const parts = options.slice(0, end);
  return {
    files: files.filter((file) => parts.length === 0 || parts.some((part) => file.includes(part))),
    rest: options.slice(end),
  };
}

/**
 * Counts from a reporter's file. A run that ended badly without a failed test counts as one failure.
 * @param {string} file
 * @param {number | null} code
 */
export async function readCounts(file, code) {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    console.error('The tests ended without a result.');
    return { passed: 0, failed: 1 };
  }
  const { passed, failed } = JSON.parse(text);
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed };
}
