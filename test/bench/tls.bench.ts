import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DaskApi } from '../../src/api';
import type { HostScope } from '../host/support/driverServer';
import { Editor } from '../host/support/editor';
import { benchmark, options, spread } from './benchmark';

/** Small tasks one after the other, and large arrays from worker to worker and to the script. */
const script = `
import json, time
import numpy as np
from dask.distributed import Client
with Client() as client:
    workers = list(client.scheduler_info()["workers"])
    client.submit(abs, -1).result()
    start = time.perf_counter()
    for i in range(200):
        client.submit(abs, -i, pure=False).result()
    tasks = (time.perf_counter() - start) / 200 * 1000
    data = [client.submit(np.zeros, 25_000_000, "u1", workers=[workers[0]], pure=False) for _ in range(8)]
    client.gather([client.submit(len, part, workers=[workers[0]]) for part in data])
    start = time.perf_counter()
    client.gather([client.submit(len, part, workers=[workers[1]], pure=False) for part in data])
    between = 200 / (time.perf_counter() - start)
    start = time.perf_counter()
    client.gather(data)
    gather = 200 / (time.perf_counter() - start)
    print(json.dumps([tasks, between, gather]))
`;

const profile = (security: string): Record<string, unknown> => ({
  backend: 'local',
  workers: 2,
  threadsPerWorker: 1,
  security,
  afterRun: 'keep',
});

/** The same on two clusters, one with TLS and one without, by turns. */
benchmark(async () => {
  const settings = { 'dask.profiles': { tls: profile('tls'), none: profile('none') }, 'dask.defaultProfile': 'tls' };
  const editor = await Editor.start({ settings });
  try {
    const { host } = await editor.openWindow();
    const file = path.join(editor.workspace, 'tls.py');
    writeFileSync(file, script);
    const figures: Record<string, number[][]> = { tls: [[], [], []], none: [[], [], []] };
    for (let i = 0; i < options.number('rounds', 6, 1); i++) {
      for (const name of ['tls', 'none']) {
        const text = await host.call(
          async ({ vscode }: HostScope, path: string, which: string) => {
            const extension = vscode.extensions.getExtension('daskexplorer.dask-cluster-explorer');
            const api = (await extension?.activate()) as DaskApi;
            const run = await api.runFile(vscode.Uri.file(path), { profile: which });
            let output = '';
            for await (const part of run.output()) {
              output += part;
            }
            return output;
          },
          file,
          name,
        );
        (JSON.parse(text) as number[]).forEach((value, at) => figures[name]?.[at]?.push(value));
      }
    }
    const named = (name: string): Record<string, unknown> => ({
      roundTripMs: spread(figures[name]?.[0] ?? []),
      workerToWorkerMegabytesPerSecond: spread(figures[name]?.[1] ?? []),
      workerToScriptMegabytesPerSecond: spread(figures[name]?.[2] ?? []),
    });
    return { tls: named('tls'), none: named('none') };
  } finally {
    await editor.dispose();
  }
});
