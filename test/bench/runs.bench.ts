import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DaskApi } from '../../src/api';
import type { HostConnection, HostScope } from '../host/support/driverServer';
import { Editor, required } from '../host/support/editor';
import { benchmark, options, spread } from './benchmark';

/** Prints when its first line was written, and when its first Dask result was there: seconds since 1970. */
const warmScript = `
import time
print("first", time.time(), flush=True)
from dask.distributed import Client
with Client() as client:
    client.submit(abs, -1).result()
    print("result", time.time(), flush=True)
`;

/** The same with a cluster of its own, as one writes it without this extension. */
const coldScript = `
import time
from dask.distributed import Client, LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster, Client(cluster) as client:
        print("first", time.time(), flush=True)
        client.submit(abs, -1).result()
        print("result", time.time(), flush=True)
`;

const local = { backend: 'local', workers: 2, threadsPerWorker: 1, idleTimeout: 600 };
const settings = {
  'dask.profiles': { cold: local, warm: { ...local, afterRun: 'keep' } },
  'dask.defaultProfile': 'cold',
};

type Times = Record<'firstLine' | 'firstResult', number[]>;
const times = (): Times => ({ firstLine: [], firstResult: [] });
const spreads = (all: Times): Record<string, unknown> => ({
  firstLineSeconds: spread(all.firstLine),
  firstResultSeconds: spread(all.firstResult),
});

/**
 * From the call that starts a run, in a real extension host, to the script's first line and first Dask result,
 * by turns with plain Python that does the same: with the same scheduler when warm, with its own cluster when cold.
 */
benchmark(async () => {
  const editor = await Editor.start({ settings });
  try {
    const { host } = await editor.openWindow();
    const [warmFile, coldFile] = [path.join(editor.workspace, 'warm.py'), path.join(editor.workspace, 'cold.py')];
    writeFileSync(warmFile, warmScript);
    writeFileSync(coldFile, coldScript);
    const all = { warmRun: times(), warmPython: times(), coldRun: times(), coldPython: times() };

    for (let i = 0; i < options.number('cold', 8, 2); i++) {
      note(all.coldRun, await timeRun(host, warmFile, 'cold'));
      note(all.coldPython, await timePython(coldFile, {}));
    }
    await timeRun(host, warmFile, 'warm'); // Starts the cluster.
    for (let i = 0; i < options.number('warm', 20, 3); i++) {
      const run = await timeRun(host, warmFile, 'warm');
      note(all.warmRun, run);
      note(all.warmPython, await timePython(warmFile, schedulerEnvironment(editor, run.clusterId)));
    }
    const ratio = (a: number[], b: number[]): number => Math.round((spread(a).p50 / spread(b).p50) * 100) / 100;
    return {
      warm: { run: spreads(all.warmRun), plainPython: spreads(all.warmPython) },
      cold: { run: spreads(all.coldRun), plainPython: spreads(all.coldPython) },
      ratios: {
        warmFirstResult: ratio(all.warmRun.firstResult, all.warmPython.firstResult),
        coldFirstResult: ratio(all.coldRun.firstResult, all.coldPython.firstResult),
      },
      budget: { warmFirstLineSeconds: 0.5, warmFirstLineAdded: 0.2, warmFirstResult: 0.33, coldFirstResult: 1.3 },
    };
  } finally {
    await editor.dispose();
  }
});

interface Timed {
  start: number;
  text: string;
  clusterId: string | undefined;
}

function note(into: Times, { start, text }: Timed): void {
  for (const [name, list] of [
    ['first', into.firstLine],
    ['result', into.firstResult],
  ] as const) {
    const at = new RegExp(`^${name} ([\\d.]+)$`, 'm').exec(text)?.[1];
    if (at === undefined) {
      throw new Error(`The script did not get to its ${name}: ${text}`);
    }
    list.push(Number(at) - start);
  }
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
      return { start, text, clusterId: run.clusterId };
    },
    file,
    profile,
  );
}

function timePython(file: string, environment: Record<string, string>): Promise<Timed> {
  const start = Date.now() / 1000;
  const child = spawn(required('DASK_TEST_PYTHON'), [file], { env: { ...process.env, ...environment } });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve({ start, text, clusterId: undefined }));
  });
}

/** What a plain `Client()` needs to find the same scheduler. */
function schedulerEnvironment(editor: Editor, id: string | undefined): Record<string, string> {
  const file = path.join(editor.storage, 'clusters', id ?? '', 'state.json');
  const state = JSON.parse(readFileSync(file, 'utf8')) as {
    schedulerAddress: string;
    tls: { ca: string; cert: string; key: string } | null;
  };
  const tls = state.tls && {
    DASK_DISTRIBUTED__COMM__TLS__CA_FILE: state.tls.ca,
    DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT: state.tls.cert,
    DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY: state.tls.key,
  };
  return { DASK_SCHEDULER_ADDRESS: state.schedulerAddress, ...tls };
}
