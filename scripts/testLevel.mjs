// One level of the tests: node scripts/testLevel.mjs LEVEL [options…]
import { writeFile } from 'node:fs/promises';
import { ensureModules } from './setup/modules.mjs';
import { main } from './setup/setupError.mjs';

await main(async () => {
  const [level, ...options] = process.argv.slice(2);
  await ensureModules();
  const { [level]: action } = await import(`./levels/${level}.mjs`);
  const { passed, failed } = await action(options);
  // Where all levels run, their sum is the last line.
  const counts = process.env['DASK_TEST_COUNTS'];
  if (counts === undefined) {
    console.log(`${passed} passed, ${failed} failed`);
  } else {
    await writeFile(counts, JSON.stringify({ passed, failed }));
  }
  return failed === 0 ? 0 : 1;
});
