// One level of the tests: node scripts/testLevel.mjs LEVEL [options…]
import { ensureModules } from './setup/modules.mjs';
import { main } from './setup/setupError.mjs';

await main(async () => {
  const [level, ...options] = process.argv.slice(2);
  await ensureModules();
  const { [level]: action } = await import(`./levels/${level}.mjs`);
  const { passed, failed } = await action(options);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
