import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DaskApi } from '../../../src/api';
import type { RunRecord } from '../../../src/core/run';
import type { HostConnection, HostScope } from '../support/driverServer';
import type { Editor } from '../support/editor';

/** Settings of an editor under test: small clusters, as tests run many. */
export const settings = {
  'dask.profiles': {
    test: { backend: 'local', workers: 1, threadsPerWorker: 1, idleTimeout: 60 },
    kept: { backend: 'local', workers: 1, threadsPerWorker: 1, idleTimeout: 60, afterRun: 'keep' },
  },
  'dask.defaultProfile': 'test',
};

/** Writes a script into the workspace; gives its path. */
export function writeScript(editor: Editor, name: string, text: string): string {
  const file = path.join(editor.workspace, name);
  writeFileSync(file, text);
  return file;
}

/** A script that counts, a line every 100 ms, and touches Dask first. */
export const counting = `
import time
from dask.distributed import Client
if __name__ == "__main__":
    with Client() as client:
        print("ready", client.submit(abs, -1).result(), flush=True)
        for i in range(40):
            print("line", i, flush=True)
            time.sleep(0.1)
`;

export const countingOutput = `ready 1\n${Array.from({ length: 40 }, (_, i) => `line ${i}\n`).join('')}`;

/** Starts a run by the command of the right click; does not wait for its cluster. */
export function startRun(host: HostConnection, file: string): Promise<string> {
  return host.call(async ({ vscode }: HostScope, name: string) => {
    const id = await vscode.commands.executeCommand<string | undefined>('dask.run.file', vscode.Uri.file(name));
    if (id === undefined) {
      throw new Error('The command started no run');
    }
    return id;
  }, file);
}

/** The record of a run when it is over and its cluster released. */
export function ended(host: HostConnection, id: string): Promise<RunRecord> {
  return host.call(async ({ vscode }: HostScope, runId: string) => {
    const extension = vscode.extensions.getExtension('daskexplorer.dask-cluster-explorer');
    const api = (await extension?.activate()) as DaskApi;
    const until = Date.now() + 90_000;
    for (;;) {
      const run = api.runs().find((one) => one.id === runId);
      if (run !== undefined) {
        return run.ended;
      }
      if (Date.now() > until) {
        throw new Error(`This window does not know ${runId}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }, id);
}

/** What a window knows of all runs. */
export function runStates(host: HostConnection): Promise<{ id: string; state: string }[]> {
  return host.call(async ({ vscode }: HostScope) => {
    const extension = vscode.extensions.getExtension('daskexplorer.dask-cluster-explorer');
    const api = (await extension?.activate()) as DaskApi;
    return api.runs().map(({ id, state }) => ({ id, state }));
  });
}

export function outputOf(editor: Editor, id: string): string {
  try {
    return readFileSync(path.join(editor.storage, 'runs', id, 'output.log'), 'utf8');
  } catch {
    return '';
  }
}

/** Clusters that were ever made in this editor's storage. */
export function clusterFolders(editor: Editor): string[] {
  try {
    return readdirSync(path.join(editor.storage, 'clusters'));
  } catch {
    return [];
  }
}

/** Looks again and again until `look` is true. */
export async function until(what: string, look: () => boolean | Promise<boolean>, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await look())) {
    if (Date.now() > end) {
      throw new Error(`Waited ${seconds} s for ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
