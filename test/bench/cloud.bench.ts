import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Emulator, type EmulatorOptions } from '../emulator/emulator';
import { loadYarn } from '../emulator/machines/loadYarn';
import { cloudProfile, stubOutput, stubRunner } from '../fakes/stubJob';
import { required } from '../host/support/editor';
import { benchmark, options } from './benchmark';
import { CloudChaos, token } from './cloudChaos';
import { measureLists, measureRun } from './cloudFigures';

const lines = 40;
const machine = { machineType: 'n2-standard-4', diskType: 'pd-balanced', diskSizeGb: 100, localSsds: 0 };
const spot = { worker: { ...machine, count: 2 }, secondaryWorkers: { kind: 'spot', count: 1 } } as const;

/**
 * The Dataproc backend on the emulated cloud: runs through faults of all kinds (`--runs=N`), with a stub on the
 * machines; the same on a real YARN with the real Python side (`--yarn=N`); and what it costs in calls and time.
 */
benchmark(async () => {
  const runs = options.number('runs', 500, 12);
  const yarn = options.number('yarn', 20, 0);
  const seconds = options.quick ? 15 : 60;
  const seed = options.number('seed', 1, 1);
  return {
    ...(runs > 0 ? { chaos: await onEmulator({}, (emulator, home) => stubbed(emulator, home, runs, seed)) } : {}),
    ...(yarn > 0
      ? { yarn: await onEmulator(await withYarn(), (emulator, home) => real(emulator, home, yarn, seed)) }
      : {}),
    run: await onEmulator({}, (emulator, home) => measureRun(emulator, home, seconds)),
    lists: await onEmulator({}, (emulator, home) => measureLists(emulator, home, 1_000, 10_000)),
  };
});

async function onEmulator<T>(
  more: EmulatorOptions,
  measure: (emulator: Emulator, home: string) => Promise<T>,
): Promise<T> {
  const home = mkdtempSync(path.join(tmpdir(), 'dask-bench-cloud-'));
  mkdirSync(path.join(home, 'storage', 'runs'), { recursive: true, mode: 0o700 });
  const emulator = await Emulator.start({ tokens: [token], ...more });
  try {
    return await measure(emulator, home);
  } finally {
    await emulator.close();
    if (process.env['DASK_BENCH_KEEP'] === undefined) {
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    } else {
      process.stderr.write(`${home}\n`);
    }
  }
}

function stubbed(emulator: Emulator, home: string, runs: number, seed: number): Promise<Record<string, unknown>> {
  const chaos = new CloudChaos({
    ...{ emulator, home, runs, seed, concurrent: 10, harmEvery: 1_500, runner: stubRunner },
    profiles: { plain: cloudProfile(), spot: cloudProfile({ ...spot, name: 'spot' }) },
    script: (mark, number) => ({
      text: '"""The stub does what its arguments say."""\n',
      args: [`lines=${lines}`, 'pause=0.05', `number=${number}`, `mark=${mark}`, `exit=${number % 7 === 0 ? 3 : 0}`],
    }),
    printed: (number, count) => stubOutput(number, count ?? lines),
  });
  return chaos.run().finally(() => chaos.dispose());
}

async function withYarn(): Promise<EmulatorOptions> {
  const setup = (await import(pathToFileURL(path.resolve('scripts', 'setup', 'hadoop.mjs')).href)) as {
    ensureHadoop: () => Promise<{ java: string; jars: string }>;
  };
  return { daemons: await loadYarn(process.cwd(), await setup.ensureHadoop()) };
}

/** The environment of the tests stands for one that was packed. */
async function real(emulator: Emulator, home: string, runs: number, seed: number): Promise<Record<string, unknown>> {
  const folder = path.join(home, 'environment', 'bin');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'python'), `#!/bin/sh\nexec ${required('DASK_TEST_PYTHON')} "$@"\n`, { mode: 0o755 });
  const archive = path.join(home, 'environment.tar.gz');
  spawnSync('tar', ['-czf', archive, '-C', path.join(home, 'environment'), '.']);
  emulator.store.addBucket('environments', 'p1', 'us-central1');
  await emulator.store.put('environments', 'environment.tar.gz', readFileSync(archive));
  const environmentSource = { kind: 'archive', uri: 'gs://environments/environment.tar.gz' } as const;
  const workers = { kind: 'fixed', count: 1 } as const;
  const chaos = new CloudChaos({
    ...{ emulator, home, runs, seed, concurrent: 2, harmEvery: 15_000 },
    runner: path.resolve('python', 'dask_runner'),
    profiles: {
      plain: cloudProfile({ environmentSource, workers }),
      spot: cloudProfile({ ...spot, environmentSource, workers }),
    },
    script: (mark) => ({ text: script(mark), args: [] }),
    printed: (_number, count) => printed(count ?? lines),
  });
  return chaos.run().finally(() => chaos.dispose());
}

/** As that of the local chaos: what others say on stderr has a file of its own. */
function script(mark: string): string {
  return `
import os, time
said = os.dup(2)
os.dup2(os.open(${JSON.stringify(`${mark}.errors`)}, os.O_CREAT | os.O_WRONLY | os.O_APPEND), 2)
with open(${JSON.stringify(`${mark}.starts`)}, "a") as starts:
    starts.write(f"{os.getpid()}\\n")
from dask.distributed import Client
begun = open(${JSON.stringify(`${mark}.begun`)}, "ab", buffering=0)
with Client() as client:
    client.submit(abs, -1).result()
    for i in range(${lines}):
        begun.write(b".")
        os.write((1, said)[i % 2], f"line {i:03d} \\u20ac\\n".encode())
        time.sleep(0.05)
`;
}

function printed(count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, i) => `line ${String(i).padStart(3, '0')} €\n`).join(''));
}
