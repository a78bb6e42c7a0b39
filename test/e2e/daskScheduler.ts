import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../host/support/freePort';
import { required } from '../host/support/editor';
import { until } from '../host/windows/product';

/** Paths of PEM files. */
export interface TlsFiles {
  ca: string;
  cert: string;
  key: string;
}

/** A scheduler and one worker, as a user starts them by hand. */
export class DaskScheduler {
  readonly #processes: ChildProcess[] = [];

  private constructor(
    readonly address: string,
    private readonly httpUrl: string,
    private readonly folder: string,
  ) {}

  /** @param folder where the worker keeps its files */
  static async start(folder: string, tls?: TlsFiles): Promise<DaskScheduler> {
    const [port, http] = [await freePort(), await freePort()];
    const protocol = tls === undefined ? 'tcp' : 'tls';
    const started = new DaskScheduler(`${protocol}://127.0.0.1:${port}`, `http://127.0.0.1:${http}`, folder);
    mkdirSync(folder, { recursive: true });
    const files = tls === undefined ? [] : ['--tls-ca-file', tls.ca, '--tls-cert', tls.cert, '--tls-key', tls.key];
    started.#spawn('scheduler', '--host', started.address, '--dashboard-address', `127.0.0.1:${http}`, ...files);
    const size = ['--nworkers', '1', '--nthreads', '1', '--no-dashboard', '--local-directory', folder];
    started.#spawn('worker', started.address, ...size, ...files);
    await until('the worker to join', async () => (await started.workers()) === 1);
    return started;
  }

  /** Number of its workers, as it says itself; undefined while it does not answer. */
  async workers(): Promise<number | undefined> {
    const answer = await fetch(`${this.httpUrl}/json/counts.json`).catch(() => undefined);
    return answer?.ok === true ? ((await answer.json()) as { workers: number }).workers : undefined;
  }

  async end(): Promise<void> {
    for (const child of this.#processes.filter(({ exitCode }) => exitCode === null)) {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    }
  }

  #spawn(...args: string[]): void {
    const options = { cwd: this.folder, stdio: 'ignore' } as const;
    this.#processes.push(spawn(required('DASK_TEST_PYTHON'), ['-m', 'dask', ...args], options));
  }
}

/** A certificate that is its own authority, made by what Dask itself makes one with. */
export function makeTlsFiles(folder: string): TlsFiles {
  const code = `
import sys, pathlib
from distributed.security import Security
made = Security.temporary()
folder = pathlib.Path(sys.argv[1])
for name, text in (("ca", made.tls_ca_file), ("cert", made.tls_scheduler_cert), ("key", made.tls_scheduler_key)):
    (folder / f"{name}.pem").write_text(text)
`;
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync(required('DASK_TEST_PYTHON'), ['-c', code, folder], { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`No certificate: ${stderr}`);
  }
  const file = (name: string): string => path.join(folder, `${name}.pem`);
  return { ca: file('ca'), cert: file('cert'), key: file('key') };
}
