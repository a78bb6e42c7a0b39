// npm test: every level, also when an earlier one has failed.
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { failuresIn } from './levels/failures.mjs';
import { readCounts } from './levels/mocha.mjs';
import { run } from './setup/command.mjs';
import { ensureHadoop, ensureOtherHadoops } from './setup/hadoop.mjs';
import { ensureModules } from './setup/modules.mjs';
import { results, root } from './setup/paths.mjs';
import { ensurePython } from './setup/python.mjs';
import { main } from './setup/setupError.mjs';

/** One process each, which takes one processor: beside the unit tests, and shown after them. */
const beside = ['lint', 'types'];
const levels = ['unit', ...beside, 'python', 'host', 'e2e'];

await main(async () => {
  await ensureModules();
  // Made once, and not by two levels at the same time. Where that fails, each level says why.
  await ensurePython().catch(() => undefined);
  const checks = inTurn(beside);
  fetchAhead();
  const ends = [];
  for (const level of levels) {
    console.log(`\n── ${level} ${'─'.repeat(60 - level.length)}`);
    const result = beside.includes(level) ? shown((await checks)[level]) : await outcome(level, show);
    ends.push({ level, ...result });
    console.log(lineOf(ends.at(-1)));
  }
  // Once more where they are found: a whole run prints thousands of lines.
  for (const { level, output } of ends.filter(({ failed }) => failed > 0)) {
    console.log(`\n── what failed in ${level} ${'─'.repeat(45 - level.length)}\n${failuresIn(output).join('\n')}`);
  }
  console.log(`\n${ends.map(lineOf).join('\n')}\n`);
  const count = (name) => ends.reduce((sum, result) => sum + result[name], 0);
  console.log(`${count('passed')} passed, ${count('failed')} failed`);
  return count('failed') === 0 ? 0 : 1;
});

/** What the Python tests need comes while others run; where it does not, they say why. */
function fetchAhead() {
  if (process.platform === 'linux') {
    ensureHadoop()
      .then(() => ensureOtherHadoops())
      .catch(() => undefined);
  }
}

function show(text) {
  process.stdout.write(text);
}

function shown(result) {
  show(result.output);
  return result;
}

function lineOf({ level, passed, failed, seconds }) {
  return `${level.padEnd(8)}${String(passed).padStart(6)} passed${String(failed).padStart(5)} failed${seconds.toFixed(1).padStart(8)} s`;
}

/** Runs a level in a process of its own. One that cannot run at all counts as one failure, and keeps no other from running. */
async function outcome(level, onText) {
  const start = performance.now();
  const file = path.join(results, `counts-${level}.json`);
  await mkdir(results, { recursive: true });
  await rm(file, { force: true });
  const script = path.join(root, 'scripts', 'testLevel.mjs');
  const env = { ...process.env, DASK_TEST_COUNTS: file };
  const { code, stdout, stderr } = await run(process.execPath, [script, level], { cwd: root, env, onText });
  return { output: stdout + stderr, ...(await readCounts(file, code)), seconds: (performance.now() - start) / 1000 };
}

/** Runs levels one after the other. */
async function inTurn(names) {
  const ends = {};
  for (const name of names) {
    ends[name] = await outcome(name);
  }
  return ends;
}
