import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const script = `
import json, sys, time
def main():
    from distributed import Client, LocalCluster
    prefix = sys.argv[1]
    with LocalCluster(n_workers=2, threads_per_worker=1, memory_limit="500MiB", dashboard_address="127.0.0.1:0",
                      scheduler_kwargs={"http_prefix": prefix} if prefix else {}) as cluster, Client(cluster) as client:
        port = cluster.scheduler.http_server.port
        print(json.dumps({"address": cluster.scheduler.address, "httpUrl": f"http://127.0.0.1:{port}{prefix}"}), flush=True)
        for line in sys.stdin:
            if line.strip() == "busy":
                futures = client.map(lambda x: time.sleep(0.05), range(5000), pure=False)
                print("busy", flush=True)
if __name__ == "__main__":
    main()
`;

/** A real scheduler with two workers that knows nothing of this project. It ends with this process. */
export class DaskFixture {
  readonly address: string;
  readonly httpUrl: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, answer: { address: string; httpUrl: string }) {
    this.#child = child;
    this.#lines = lines;
    this.address = answer.address;
    this.httpUrl = answer.httpUrl;
  }

  /** @param prefix of the HTTP side, such as `/secret` */
  static async start(prefix = ''): Promise<DaskFixture> {
    const child = spawn(process.env['DASK_TEST_PYTHON'] ?? 'python3', ['-c', script, prefix], {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done === true) {
      throw new Error('The scheduler did not start');
    }
    return new DaskFixture(child, lines, JSON.parse(first.value) as { address: string; httpUrl: string });
  }

  /** Gives the workers more to do than a test lasts. */
  async makeBusy(): Promise<void> {
    this.#child.stdin?.write('busy\n');
    await this.#lines.next();
  }

  /** Kills it, workers and all. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      process.kill(-(this.#child.pid ?? 0), 'SIGKILL');
      await once(this.#child, 'exit');
    }
  }
}
