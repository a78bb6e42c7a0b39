// npm run emulator -- --port PORT: Google Cloud's Dataproc, Storage, Logging and Compute on this machine.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { run } from './setup/command.mjs';
import { ensureHadoop } from './setup/hadoop.mjs';
import { ensureModules } from './setup/modules.mjs';
import { ensureNode24 } from './setup/node24.mjs';
import { out, root } from './setup/paths.mjs';
import { main } from './setup/setupError.mjs';
import { onParentEnd } from './start/parentEnd.mjs';

const usage = `Usage: npm run emulator -- [options]
  --port PORT         of all APIs; default a free one, which is printed
  --anonymous         let requests in without a token
  --token TOKEN       let requests in with this token; may be repeated
  --pace MS           how long the service takes for each of its steps (50)
  --chunk-bytes N     size of a chunk of driver output (262144)
  --flush MS          how long driver output waits before it is in the bucket (200)
  --faults FILE       a fault script to begin with; see test/emulator/README.md
  --yarn              run a real YARN on each cluster's machines; needs Java and, once, Maven (Linux)`;

await main(async () => {
  const options = process.argv.slice(2);
  if (options.includes('--help')) {
    console.log(usage);
    return 0;
  }
  // stdout is the emulator's alone.
  console.log = console.error;
  await ensureModules();
  const { build } = await import('esbuild');
  const node = await ensureNode24();
  // A file of this process, as several may be started at once.
  const file = path.join(out, 'emulator', `main-${process.pid}.js`);
  process.on('exit', () => rmSync(file, { force: true }));
  await build({
    absWorkingDir: root,
    entryPoints: ['test/emulator/main.ts'],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  // Killed without notice, whoever started this cannot end it; ending takes what is below along.
  onParentEnd(() => process.exit(1));
  const env = { ...process.env, ...(options.includes('--yarn') ? await yarn() : {}) };
  const { code } = await run(node, ['--enable-source-maps', file, ...options], { cwd: root, env, show: true });
  return code ?? 1;
});

async function yarn() {
  const { DASK_TEST_JAVA, DASK_TEST_HADOOP } = process.env;
  if (DASK_TEST_JAVA !== undefined && DASK_TEST_HADOOP !== undefined) {
    return {};
  }
  const { java, jars } = await ensureHadoop();
  return { DASK_TEST_JAVA: java, DASK_TEST_HADOOP: jars };
}
