// npm test: every level, also when an earlier one has failed.
import path from 'node:path';
import { run } from './setup/command.mjs';
import { ensureHadoop, ensureOtherHadoops } from './setup/hadoop.mjs';
import { ensureModules } from './setup/modules.mjs';
import { root } from './setup/paths.mjs';
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
  const total = { passed: 0, failed: 0 };
  const lines = [];
  for (const level of levels) {
    console.log(`\n── ${level} ${'─'.repeat(60 - level.length)}`);
    const { passed, failed, seconds } = beside.includes(level) ? (await checks)[level]() : await timed(level);
    total.passed += passed;
    total.failed += failed;
    lines.push(
      `${level.padEnd(8)}${String(passed).padStart(6)} passed${String(failed).padStart(5)} failed${seconds.toFixed(1).padStart(8)} s`,
    );
    console.log(lines.at(-1));
  }
  console.log(`\n${lines.join('\n')}\n`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
});

/** What the Python tests need comes while others run; where it does not, they say why. */
function fetchAhead() {
  if (process.platform === 'linux') {
    ensureHadoop()
      .then(() => ensureOtherHadoops())
      .catch(() => undefined);
  }
}

/** A level that cannot run at all counts as one failure, and does not keep the others from running. */
async function timed(level) {
  const start = performance.now();
  let counts;
  try {
    const { [level]: action } = await import(`./levels/${level}.mjs`);
    counts = await action();
  } catch (error) {
    console.error(error);
    counts = { passed: 0, failed: 1 };
  }
  return { ...counts, seconds: (performance.now() - start) / 1000 };
}

/** Runs levels one after the other, each in a process of its own whose output is kept until it is asked for. */
async function inTurn(names) {
  const results = {};
  for (const name of names) {
    const start = performance.now();
    const script = path.join(root, 'scripts', 'testLevel.mjs');
    const { stdout, stderr } = await run(process.execPath, [script, name], { cwd: root });
    const seconds = (performance.now() - start) / 1000;
    const [, passed, failed] = /^(\d+) passed, (\d+) failed\n?$/m.exec(stdout.split('\n').slice(-2).join('\n')) ?? [];
    results[name] = () => {
      process.stdout.write(stdout.replace(/\d+ passed, \d+ failed\n$/, '') + stderr);
      return { passed: Number(passed ?? 0), failed: Number(failed ?? 1), seconds };
    };
  }
  return results;
}
