// The Python side: ruff, mypy and pytest.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../setup/command.mjs';
import { ensureHadoop, ensureOtherHadoops } from '../setup/hadoop.mjs';
import { cache, python as folder, results } from '../setup/paths.mjs';
import { ensurePython } from '../setup/python.mjs';

/** What scripts do under plain Python, from former tests: a case that does not match is run anew. */
export const keptPlain = path.join(cache, 'plain');

// The examples are held to the same rules, but for docstrings on all that they define.
const own = ['--config', 'pyproject.toml'];
const checks = [
  ['ruff check', '-m', 'ruff', 'check', '.'],
  ['ruff check of the examples', '-m', 'ruff', 'check', ...own, '--extend-ignore', 'D', '../examples'],
  ['ruff format', '-m', 'ruff', 'format', '--check', ...own, '.', '../examples'],
  ['mypy', '-m', 'mypy', '--strict', 'dask_runner'],
  ['import-linter', '-c', 'from importlinter.cli import lint_imports_command as lint; lint()'],
];

/** @param {string[]} options more options of pytest: with any, only pytest runs */
export async function python(options = []) {
  const executable = await ensurePython();
  const counts = { passed: 0, failed: 0 };
  const env = {
    ...process.env,
    DASK_TEST_PYTHON: executable,
    DASK_TEST_NODE: process.execPath,
    DASK_TEST_SAME_PLAIN: keptPlain,
    ...(await yarn()),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  for (const [name, ...command] of options.length > 0 ? [] : checks) {
    const { code } = await run(executable, command, { cwd: folder, env, show: true });
    counts[code === 0 ? 'passed' : 'failed'] += 1;
    console.log(`${name}: ${code === 0 ? 'clean' : 'not clean'}`);
  }
  // Hundreds of processes load it, and none of them writes there.
  await run(executable, ['-m', 'compileall', '-q', 'dask_runner'], { cwd: folder, show: 'errors' });
  const report = path.join(results, 'python.xml');
  await mkdir(results, { recursive: true });
  await rm(report, { force: true });
  // Tests mostly wait for processes. Each worker of pytest has folders and clusters of its own.
  const how = options.length > 0 ? options : ['-n', '4', '--dist', 'loadgroup'];
  const { code } = await run(executable, ['-m', 'pytest', `--junitxml=${report}`, ...how], {
    cwd: folder,
    env,
    show: true,
  });
  const tests = await countTests(report, code);
  return { passed: counts.passed + tests.passed, failed: counts.failed + tests.failed };
}

/** What the tests of clusters on YARN start its daemons with; each has a loopback address of its own, as on Linux. */
async function yarn() {
  if (process.platform !== 'linux') {
    return {};
  }
  const { java, jars } = await ensureHadoop();
  const others = JSON.stringify(await ensureOtherHadoops());
  return { DASK_TEST_JAVA: java, DASK_TEST_HADOOP: jars, DASK_TEST_HADOOPS: others };
}

/** Counts of a JUnit file. A run that ended badly without a failed test counts as one failure. */
export async function countTests(report, code) {
  if (!existsSync(report)) {
    console.error('pytest ended without a result.');
    return { passed: 0, failed: 1 };
  }
  const text = await readFile(report, 'utf8');
  const count = (name) => Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(text)?.[1] ?? 0);
  const failed = count('failures') + count('errors');
  return {
    passed: count('tests') - failed - count('skipped'),
    failed: failed === 0 && code !== 0 ? 1 : failed,
  };
}
