// npm test: every level, also when an earlier one has failed.
import { ensureModules } from './setup/modules.mjs';
import { main } from './setup/setupError.mjs';

const levels = ['lint', 'types', 'unit', 'python', 'host', 'e2e'];

await main(async () => {
  await ensureModules();
  const total = { passed: 0, failed: 0 };
  const lines = [];
  for (const level of levels) {
    console.log(`\n── ${level} ${'─'.repeat(60 - level.length)}`);
    const { passed, failed, seconds } = await timed(level);
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
