import { appendFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { DataprocProfile } from '../../src/core/dataprocProfile';
import type { Access } from '../../src/dataproc/access/access';
import { DataprocBackend } from '../../src/dataproc/dataprocBackend';
import { RestGoogleApi } from '../../src/dataproc/google/restGoogleApi';
import { RunnerPackage } from '../../src/machine/runnerPackage';
import { hostProcesses } from '../../src/run/hostProcesses';
import type { Run } from '../../src/run/run';
import { RunService } from '../../src/run/runService';
import { RunStore } from '../../src/run/runStore';

/** What a window is started with, as JSON in its first argument. */
export interface CloudWindowOrder {
  storage: string;
  endpoint: string;
  token: string;
  /** Folder of the Python side. */
  runner: string;
  /** Where its log goes. */
  log: string;
  profiles: Readonly<Record<string, DataprocProfile>>;
}

/** What the parent says to a window. */
export type ToWindow =
  | { kind: 'start'; file: string; profile: string; args: readonly string[] }
  | { kind: 'report'; ids: readonly string[] }
  | { kind: 'list' };

/** What a window says to its parent. */
export type FromWindow =
  | { kind: 'ready' }
  | { kind: 'started'; file: string; id: string }
  | { kind: 'notStarted'; message: string }
  | { kind: 'ended'; id: string }
  | { kind: 'report'; id: string; state: string; released: boolean; bytes: number; message: string | undefined }
  | { kind: 'listed'; clusters: Listed; jobs: Listed };

export interface Listed {
  count: number;
  milliseconds: number;
  /** Of the heap, at most beyond what was in use before. */
  megabytes: number;
}

/** Stands for one extension host: the run engine and the Dataproc backend as services.ts builds them. */
async function main({ storage, endpoint, token, runner, log, profiles }: CloudWindowOrder): Promise<void> {
  const write = (level: string, message: string, details: unknown[]): void =>
    appendFileSync(
      log,
      `${new Date().toISOString()} ${process.pid} ${[level, message, ...details.map(String)].join(' ')}\n`,
    );
  const logger = {
    info: (message: string, ...details: unknown[]) => write('info', message, details),
    warn: (message: string, ...details: unknown[]) => write('warn', message, details),
    error: (message: string, ...details: unknown[]) => write('error', message, details),
  };
  const access: Access = {
    token: () => Promise.resolve(token),
    refused: () => undefined,
    who: () => Promise.resolve({ account: undefined, project: undefined, source: 'gcloud' }),
  };
  const google = new RestGoogleApi({ endpoint, access, logger });
  const backend = new DataprocBackend({
    ...{ storage, logger },
    runner: new RunnerPackage(runner, storage),
    google: () => google,
    asked: () => Object.values(profiles).map(({ project, region }) => ({ project, region, impersonate: undefined })),
    relay: 'ws://127.0.0.1:9',
    installation: 'bench',
  });
  const runs = new RunService({
    storage,
    backends: [backend],
    profiles: {
      find: (name) => {
        const profile = profiles[name];
        if (profile === undefined) {
          throw new Error(`There is no profile ${name}`);
        }
        return profile;
      },
    },
    interpreters: { resolve: () => Promise.reject(new Error('None is needed')) },
    processes: hostProcesses,
    store: new RunStore(storage, logger),
    logger,
    userFolders: () => [path.join(path.dirname(storage), 'work')],
  });
  const tell = (message: FromWindow): void => void process.send?.(message);
  const follow = (run: Run): void => void run.completed.then(() => tell({ kind: 'ended', id: run.id }));

  const report = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) {
      const run = await runs.get(id);
      if (run !== undefined) {
        const { state, released, error } = await run.ended;
        const file = path.join(run.record.folder, 'output.log');
        const bytes = await stat(file)
          .then(({ size }) => size)
          .catch(() => 0);
        tell({ kind: 'report', id, state, released, bytes, message: error?.message });
      }
    }
  };

  /** Each page is let go before the next comes, as by a list that shows them. */
  const list = async (): Promise<void> => {
    const { signal } = new AbortController();
    const [place = { project: 'p1', region: 'us-central1' }] = Object.values(profiles);
    // What is loaded once is no part of it.
    for await (const cluster of google.dataproc.clusters(place, 'clusterName = none', signal)) {
      write('info', cluster.name, []);
    }
    tell({
      kind: 'listed',
      clusters: await measured(google.dataproc.clusters(place, '', signal)),
      jobs: await measured(google.dataproc.jobs(place, undefined, signal)),
    });
  };

  process.on('message', (message: ToWindow) => {
    switch (message.kind) {
      case 'start': {
        const { file, profile, args } = message;
        runs.start({ target: { kind: 'file', path: file }, profile, args, environment: {} }).then(
          (run) => {
            tell({ kind: 'started', file, id: run.id });
            follow(run);
          },
          (error: unknown) => tell({ kind: 'notStarted', message: String(error) }),
        );
        break;
      }
      case 'report':
        void report(message.ids);
        break;
      case 'list':
        void list();
        break;
    }
  });

  await runs.reconcile();
  runs
    .runs()
    .filter((run) => !run.record.released)
    .forEach(follow);
  tell({ kind: 'ready' });
}

async function measured(items: AsyncIterable<unknown>): Promise<Listed> {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const start = performance.now();
  let [count, most] = [0, before];
  for await (const item of items) {
    count += item === undefined ? 0 : 1;
    if (count % 100 === 0) {
      most = Math.max(most, process.memoryUsage().heapUsed);
    }
  }
  return {
    count,
    milliseconds: Math.round(performance.now() - start),
    megabytes: Math.round((most - before) / 2 ** 20),
  };
}

main(JSON.parse(process.argv[2] ?? '{}') as CloudWindowOrder).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
