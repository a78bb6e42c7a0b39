import path from 'node:path';
import { LocalBackend } from '../../src/local/localBackend';
import { RunnerPackage } from '../../src/machine/runnerPackage';
import { hostProcesses } from '../../src/run/hostProcesses';
import type { Run } from '../../src/run/run';
import { RunService } from '../../src/run/runService';
import { RunStore } from '../../src/run/runStore';
import { quietLogger } from './benchmark';

/** What the parent says to a window. */
export type ToWindow = { kind: 'start'; file: string } | { kind: 'report'; ids: string[] };

/** What a window says to its parent. */
export type FromWindow =
  | { kind: 'ready' }
  | { kind: 'started'; file: string; id: string }
  | { kind: 'notStarted'; file: string; message: string }
  | { kind: 'ended'; id: string }
  | { kind: 'report'; id: string; state: string; released: boolean; bytes: number };

/**
 * Stands for one extension host: the run engine and the local backend as extension.ts builds them, in a process
 * that can be killed and started again in a tenth of a second.
 */
async function main(storage: string, python: string): Promise<void> {
  const runner = new RunnerPackage(path.resolve('python', 'dask_runner'), storage);
  const runs = new RunService({
    storage,
    backends: [new LocalBackend({ storage, runner, logger: quietLogger })],
    profiles: {
      find: (name) => ({
        name,
        backend: 'local',
        environment: {},
        workers: { kind: 'fixed', count: 1 },
        threadsPerWorker: 1,
        memoryLimit: 'auto',
        idleTimeoutSeconds: 60,
        security: 'tls',
        sharedWorkers: false,
        afterRun: 'delete',
      }),
    },
    interpreters: { resolve: () => Promise.resolve(python) },
    processes: hostProcesses,
    store: new RunStore(storage, quietLogger),
    logger: quietLogger,
    userFolders: () => [],
  });
  const tell = (message: FromWindow): void => void process.send?.(message);
  const follow = (run: Run): void => void run.ended.then(() => tell({ kind: 'ended', id: run.id }));

  process.on('message', (message: ToWindow) => {
    if (message.kind === 'start') {
      const { file } = message;
      runs.start({ target: { kind: 'file', path: file }, profile: 'chaos', args: [], environment: {} }).then(
        (run) => {
          tell({ kind: 'started', file, id: run.id });
          follow(run);
        },
        (error: unknown) => tell({ kind: 'notStarted', file, message: String(error) }),
      );
    } else {
      void report(message.ids);
    }
  });

  async function report(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const run = await runs.get(id);
      if (run !== undefined) {
        const record = await run.ended;
        let bytes = 0;
        for await (const part of run.output()) {
          bytes += Buffer.byteLength(part);
        }
        tell({ kind: 'report', id, state: record.state, released: record.released, bytes });
      }
    }
  }

  await runs.reconcile();
  runs
    .runs()
    .filter((run) => !run.record.released)
    .forEach(follow);
  tell({ kind: 'ready' });
}

const [storage = '', python = ''] = process.argv.slice(2);
main(storage, python).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
