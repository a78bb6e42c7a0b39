import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { DaskApi } from '../../src/api';
import type { HostConnection, HostScope } from '../host/support/driverServer';
import { Editor, required } from '../host/support/editor';
import { benchmark, options, spread } from './benchmark';
import { remains, zygoteMemory } from './processFigures';

/** Prints when its first line ran, and when its first Dask result was there: seconds since 1970. */
const script = `
import time
print("first", time.time(), flush=True)
from dask.distributed import Client
if __name__ == "__main__":
    with Client() as client:
        client.submit(abs, -1).result()
        print("result", time.time(), flush=True)
`;

/** What four idle workers have for themselves, in bytes: pages that no other process shares. */
const memoryScript = `
import os, time
from dask.distributed import Client

def private():
    with open("/proc/self/smaps_rollup") as file:
        lines = [line.split() for line in file if line.startswith("Private_")]
    return sum(int(line[1]) for line in lines) * 1024

if __name__ == "__main__":
    with Client(**({"n_workers": 4, "threads_per_worker": 1} if os.environ.get("PLAIN") else {})) as client:
        time.sleep(2)
        print("private", sum(client.run(private).values()), flush=True)
`;

/** As many workers as a plain \`Client()\` starts on up to four processors. */
const workers = Math.min(4, os.availableParallelism());
const local = { backend: 'local', workers, threadsPerWorker: 1 };
const settings = {
  'dask.profiles': {
    cold: local,
    four: { ...local, workers: 4 },
    warm: { ...local, workers: { minimum: workers, maximum: workers, shared: true }, afterRun: 'keep' },
  },
  'dask.defaultProfile': 'cold',
};

/**
 * From the call that starts a run, in a real extension host, to the script's first line and first Dask result, by turns
 * with `python script.py`, where `Client()` starts the workers. Then memory, and what fifty runs leave behind.
 */
benchmark(async () => {
  const editor = await Editor.start({ settings });
  try {
    const { host } = await editor.openWindow();
    const [file, memoryFile] = [path.join(editor.workspace, 'first.py'), path.join(editor.workspace, 'memory.py')];
    writeFileSync(file, script);
    writeFileSync(memoryFile, memoryScript);
    // Nothing has imported Dask yet.
    const first = figures(await timeRun(host, file, 'cold'));
    const [cold, warm, plain]: [Figures[], Figures[], Figures[]] = [[], [], []];
    for (let i = 0; i < options.number('cold', 10, 2); i++) {
      cold.push(figures(await timeRun(host, file, 'cold')));
      plain.push(figures(await timePython(file)));
    }
    await remains(editor.storage);
    const zygoteBytes = zygoteMemory(editor.storage);
    await timeRun(host, file, 'warm'); // Starts the cluster.
    for (let i = 0; i < options.number('warm', 10, 2); i++) {
      warm.push(figures(await timeRun(host, file, 'warm')));
      plain.push(figures(await timePython(file)));
    }
    const own = privateBytes(await timeRun(host, memoryFile, 'four'));
    const theirs = privateBytes(await timePython(memoryFile, { PLAIN: '1' }));

    const before = await remains(editor.storage);
    for (let i = 0; i < options.number('runs', 50, 5); i++) {
      await timeRun(host, file, 'cold');
    }
    const after = await remains(editor.storage);

    const result = (all: readonly Figures[]): number[] => all.map((one) => one.result);
    const reference = spread(result(plain)).p50;
    const ratio = (seconds: number): number => Math.round((seconds / reference) * 1000) / 1000;
    return {
      secondsToFirstLine: {
        cold: spread(cold.map((one) => one.first)),
        plainPython: spread(plain.map((one) => one.first)),
      },
      secondsToFirstResult: {
        firstOfAll: first.result,
        cold: spread(result(cold)),
        tenth: cold.at(-1)?.result,
        warm: spread(result(warm)),
        plainPython: spread(result(plain)),
      },
      ratios: {
        cold: ratio(spread(result(cold)).p50),
        tenth: ratio(cold.at(-1)?.result ?? Number.NaN),
        warm: ratio(spread(result(warm)).p50),
        privateMemory: Math.round((own / theirs) * 100) / 100,
      },
      privateMegabytesOfFourWorkers: { own: own / 1e6, plainPython: theirs / 1e6 },
      zygoteMegabytes: zygoteBytes / 1e6,
      leftByRuns: Object.fromEntries(
        Object.entries(after).map(([what, count]) => [what, count - before[what as keyof typeof before]]),
      ),
      budget: { cold: 0.12, tenth: 0.12, warm: 0.25, privateMemory: 0.55, zygoteMegabytes: 130, leftByRuns: 0 },
    };
  } finally {
    await editor.dispose();
  }
});

interface Timed {
  /** Seconds since 1970. */
  start: number;
  text: string;
}

/** Seconds from the click. */
interface Figures {
  first: number;
  result: number;
}

function figures({ start, text }: Timed): Figures {
  return { first: numberAfter('first', text) - start, result: numberAfter('result', text) - start };
}

function privateBytes({ text }: Timed): number {
  return numberAfter('private', text);
}

function numberAfter(word: string, text: string): number {
  const found = new RegExp(`^${word} ([\\d.]+)$`, 'm').exec(text)?.[1];
  if (found === undefined) {
    throw new Error(`The script did not get to its ${word}: ${text}`);
  }
  return Number(found);
}

function timeRun(host: HostConnection, file: string, profile: string): Promise<Timed> {
  return host.call(
    async ({ vscode }: HostScope, name: string, which: string) => {
      const extension = vscode.extensions.getExtension('daskexplorer.dask-cluster-explorer');
      const api = (await extension?.activate()) as DaskApi;
      const start = Date.now() / 1000;
      const run = await api.runFile(vscode.Uri.file(name), { profile: which });
      let text = '';
      for await (const part of run.output()) {
        text += part;
      }
      await run.ended;
      return { start, text };
    },
    file,
    profile,
  );
}

function timePython(file: string, environment: Record<string, string> = {}): Promise<Timed> {
  const start = Date.now() / 1000;
  const child = spawn(required('DASK_TEST_PYTHON'), [file], { env: { ...process.env, ...environment } });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve({ start, text }));
  });
}
