// npm run bench [name…] [-- --quick] [--runs=N]: figures as JSON on stdout, what goes on on stderr.
import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { packageExtension } from './build/package.mjs';
import { run } from './setup/command.mjs';
import { ensureChromium } from './setup/chromium.mjs';
import { ensureModules } from './setup/modules.mjs';
import { ensureNode24 } from './setup/node24.mjs';
import { results, root } from './setup/paths.mjs';
import { ensurePython } from './setup/python.mjs';
import { main, SetupError } from './setup/setupError.mjs';

await main(async () => {
  console.log = console.error;
  const options = process.argv.slice(2);
  const wanted = options.filter((option) => !option.startsWith('--'));
  await ensureModules();
  const { bundleTests } = await import('./build/bundleTests.mjs');
  const python = await ensurePython();
  const node = await ensureNode24();
  const chromium = await ensureChromium();
  const { file: vsix } = await packageExtension();
  const files = (await bundleTests('bench', { suffix: '.ts' })).filter((file) => file.endsWith('.bench.js'));
  const names = files.map((file) => path.basename(file, '.bench.js'));
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new SetupError(`There is no benchmark ${unknown.join(', ')}. There are: ${names.join(', ')}.`);
  }
  const figures = {};
  let failed = 0;
  for (const name of wanted.length > 0 ? wanted : names) {
    console.error(`${name} …`);
    const result = path.join(results, 'bench', `${name}.json`);
    const start = performance.now();
    const { code } = await run(
      node,
      ['--enable-source-maps', '--expose-gc', path.join(root, 'out', 'bench', `${name}.bench.js`)],
      {
        cwd: root,
        env: {
          ...process.env,
          DASK_TEST_PYTHON: python,
          DASK_TEST_VSIX: vsix,
          CHROMIUM: chromium,
          DASK_BENCH_RESULT: result,
          DASK_BENCH_OPTIONS: options.filter((option) => option.startsWith('--')).join(' '),
        },
        show: 'errors',
      },
    );
    failed += code === 0 ? 0 : 1;
    figures[name] = code === 0 ? JSON.parse(await readFile(result, 'utf8')) : { error: `ended with ${code}` };
    console.error(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }
  const machine = {
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
  };
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), machine, figures }, null, 2)}\n`);
  return failed === 0 ? 0 : 1;
});
