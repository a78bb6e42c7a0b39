// Scripts under plain Python and on clusters, in every mode; with --write, the table in docs/same.md and the records of plain Python.
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../setup/command.mjs';
import { python as folder, results, root } from '../setup/paths.mjs';
import { ensurePython } from '../setup/python.mjs';
import { countTests, keptPlain } from './python.mjs';

const WRITE = '--write';

/** @param {string[]} options `--write`, and more options of pytest, e.g. `-k NAME` */
export async function same(options = []) {
  const executable = await ensurePython();
  const report = path.join(results, 'same.xml');
  await mkdir(results, { recursive: true });
  await rm(report, { force: true });
  // What plain Python does is seen anew.
  await rm(keptPlain, { recursive: true, force: true });
  const env = {
    ...process.env,
    DASK_TEST_PYTHON: executable,
    DASK_TEST_SAME: 'all',
    DASK_TEST_SAME_PLAIN: keptPlain,
    ...(options.includes(WRITE) ? { DASK_TEST_SAME_RECORD: '1' } : {}),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const rest = options.filter((option) => option !== WRITE);
  const how = ['-n', '4', '--dist', 'loadgroup', ...rest];
  const { code } = await run(executable, ['-m', 'pytest', 'tests/test_same.py', `--junitxml=${report}`, ...how], {
    cwd: folder,
    env,
    show: true,
  });
  const counts = await countTests(report, code);
  if (options.includes(WRITE)) {
    const table = ['-m', 'same.table', report, path.join(root, 'docs', 'same.md')];
    const written = await run(executable, table, { cwd: path.join(folder, 'tests'), env, show: true });
    counts.failed += written.code === 0 ? 0 : 1;
  }
  return counts;
}
