// The emulator as a process of its own; see README.md. Prints one line of JSON once it listens.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Emulator } from './emulator';
import type { FaultScript } from './faults';
import { loadYarn } from './machines/loadYarn';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      anonymous: { type: 'boolean', default: false },
      token: { type: 'string', multiple: true, default: [] },
      pace: { type: 'string', default: '50' },
      'chunk-bytes': { type: 'string', default: String(256 * 1024) },
      flush: { type: 'string', default: '200' },
      faults: { type: 'string' },
      yarn: { type: 'boolean', default: false },
    },
  });
  // As the script that bundles this one has set it up.
  const { DASK_TEST_JAVA: java = '', DASK_TEST_HADOOP: jars = '' } = process.env;
  const emulator = await Emulator.start({
    port: Number(values.port),
    anonymous: values.anonymous,
    tokens: values.token,
    paceMilliseconds: Number(values.pace),
    chunkBytes: Number(values['chunk-bytes']),
    flushMilliseconds: Number(values.flush),
    ...(values.yarn ? { daemons: await loadYarn(process.cwd(), { java, jars }) } : {}),
    ...(values.faults === undefined ? {} : { faults: JSON.parse(readFileSync(values.faults, 'utf8')) as FaultScript }),
  });
  let ending = false;
  const end = () => {
    if (!ending) {
      ending = true;
      void emulator.close().finally(() => process.exit(0));
    }
  };
  process.on('SIGINT', end).on('SIGTERM', end).on('SIGHUP', end);
  // Killed without notice, our parent cannot tell us.
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || end(), 500);
  process.stdout.write(`${JSON.stringify({ url: emulator.url })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
