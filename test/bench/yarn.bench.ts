import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { benchmark, options, spread } from './benchmark';

/** Starts clusters one after the other on a real ResourceManager, and says how long each step took, in seconds. */
const script = `
import json, logging, sys, time
from distributed import Client
from dask_runner import YarnCluster
logging.disable(logging.WARNING)
if __name__ == "__main__":
    for _run in range(int(sys.argv[1])):
        start = time.perf_counter()
        with YarnCluster(2, "256MiB", host="127.0.0.1") as cluster, Client(cluster) as client:
            started = time.perf_counter()
            client.wait_for_workers(2)
            two = time.perf_counter()
            cluster.scale(3)
            client.wait_for_workers(3)
            three = time.perf_counter()
            cluster.scale(2)
            while len(cluster.ended_workers) < 1:
                time.sleep(0.01)
            retired = time.perf_counter()
            client.close()
            closing = time.perf_counter()
        end = time.perf_counter()
        print(json.dumps([two - start, started - start, three - two, retired - three, end - closing]))
`;

/** 600 tasks of a second on 2 nodes that an autoscaler adds to, up to 5, and takes away from again. */
const adaptive = `
import json, logging, sys, time
from distributed import Client
from dask_runner import YarnCluster
from dask_runner.yarn import EndKind
logging.disable(logging.WARNING)

def work(i):
    time.sleep(1)
    return i * i

if __name__ == "__main__":
    with YarnCluster(0, "256MiB", host="127.0.0.1") as cluster, Client(cluster) as client:
        cluster.adapt(minimum=2, maximum=26, interval="500ms", wait_count=3)
        client.wait_for_workers(2)
        start = time.perf_counter()
        futures = client.map(work, range(600))
        most = 0
        while not all(future.done() for future in futures):
            most = max(most, len(cluster.scheduler.workers))
            time.sleep(0.1)
        right = client.gather(futures) == [i * i for i in range(600)]
        done = time.perf_counter()
        del futures
        print(json.dumps({"seconds": done - start, "allRight": right, "mostWorkers": most}), flush=True)
        while len(cluster.containers()) > 2:
            time.sleep(0.1)
        print(json.dumps({"backToTwoWorkersSeconds": time.perf_counter() - done}), flush=True)
        sys.stdin.readline()
        print(json.dumps({"ends": {kind.value: sum(e.kind is kind for e in cluster.ended_workers)
            for kind in EndKind if any(e.kind is kind for e in cluster.ended_workers)}}), flush=True)
`;

interface Metrics {
  pendingMB: number;
  availableMB: number;
  containersAllocated: number;
}

/** YARN's daemons: test/yarn/main.mjs, as tests in Python use it. */
class Yarn {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string, undefined>;
  classpath = '';
  web = '';
  nodes: string[] = [];

  private constructor(memory: number) {
    const main = path.join('test', 'yarn', 'main.mjs');
    this.#child = spawn(process.execPath, [main, '--nodes', '2', '--memory', String(memory)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  static async start(memory: number): Promise<Yarn> {
    const yarn = new Yarn(memory);
    return Object.assign(yarn, JSON.parse(await yarn.#line()) as Pick<Yarn, 'classpath' | 'web' | 'nodes'>);
  }

  async #line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done === true) {
      throw new Error('YARN ended unexpectedly.');
    }
    return next.value;
  }

  async do<T>(op: string, given: object = {}): Promise<T> {
    this.#child.stdin!.write(`${JSON.stringify({ op, ...given })}\n`);
    const answer = JSON.parse(await this.#line()) as { ok: boolean; result: T; error?: string };
    if (!answer.ok) {
      throw new Error(answer.error);
    }
    return answer.result;
  }

  async metrics(): Promise<Metrics> {
    const answer = await fetch(`${this.web}/ws/v1/cluster/metrics`);
    return ((await answer.json()) as { clusterMetrics: Metrics }).clusterMetrics;
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.on('exit', resolve));
    this.#child.stdin!.end();
    await gone;
  }

  /** Runs Python beside it, and gives each line of JSON that it prints to `hear`. */
  async run(text: string, args: string[], hear: (value: unknown, child: ChildProcess) => void): Promise<void> {
    const child = spawn(process.env['DASK_TEST_PYTHON'] ?? 'python3', ['-c', text, ...args], {
      env: { ...process.env, PYTHONPATH: path.resolve('python'), DASK_YARN__CLASSPATH: this.classpath },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const code = new Promise<number | null>((resolve) => child.on('exit', resolve));
    for await (const line of createInterface({ input: child.stdout })) {
      hear(JSON.parse(line), child);
    }
    if ((await code) !== 0) {
      throw new Error(`Python ended with ${String(await code)}.`);
    }
  }
}

async function measureStart(): Promise<Record<string, unknown>> {
  const begin = performance.now();
  const yarn = await Yarn.start(4096);
  const daemonsSeconds = (performance.now() - begin) / 1000;
  try {
    const rows: number[][] = [];
    await yarn.run(script, [String(options.number('runs', 5, 1))], (row) => rows.push(row as number[]));
    const column = (at: number): ReturnType<typeof spread> => spread(rows.map((row) => row[at] ?? Number.NaN));
    return {
      daemonsSeconds: Math.round(daemonsSeconds * 10) / 10,
      startToTwoWorkersSeconds: column(0),
      startToRegisteredSeconds: column(1),
      oneMoreWorkerSeconds: column(2),
      oneRetiredSeconds: column(3),
      closeSeconds: column(4),
    };
  } finally {
    await yarn.stop();
  }
}

/** Dataproc's formula on the ResourceManager's metrics: factor 1, a cooldown of 4 s in place of its 2 minutes. */
async function measureAutoscaling(): Promise<Record<string, unknown>> {
  const [least, most, perNode, cooldown] = [2, 5, 4096, 4];
  const yarn = await Yarn.start(perNode);
  const start = performance.now();
  const seconds = (): number => Math.round((performance.now() - start) / 100) / 10;
  const sizes: { at: number; nodes: number }[] = [{ at: 0, nodes: least }];
  const figures: Record<string, unknown> = {};
  let over = false;
  const scale = async (): Promise<void> => {
    const leaving = new Set<string>();
    while (!over) {
      const seen: Metrics[] = [];
      for (let i = 0; i < cooldown; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        seen.push(await yarn.metrics());
      }
      const average = (pick: (metrics: Metrics) => number): number =>
        seen.reduce((sum, one) => sum + pick(one), 0) / Math.max(1, seen.length);
      const pending = average((one) => one.pendingMB);
      const staying = yarn.nodes.filter((node) => !leaving.has(node));
      const change =
        pending > 0 ? Math.ceil(pending / perNode) : -Math.floor(average((one) => one.availableMB) / perNode);
      const wanted = Math.min(most, Math.max(least, staying.length + change));
      for (let i = staying.length; i < wanted; i++) {
        yarn.nodes.push(await yarn.do<string>('addNode', { memory: perNode }));
      }
      for (const node of staying.slice(wanted)) {
        leaving.add(node);
        await yarn.do('decommission', { node, seconds: 20 });
      }
      if (wanted !== staying.length) {
        sizes.push({ at: seconds(), nodes: wanted });
      }
    }
  };
  try {
    const scaling = scale();
    await yarn.run(adaptive, [], (value, child) => {
      Object.assign(figures, value);
      if ('backToTwoWorkersSeconds' in figures && !over) {
        // The nodes go after the workers.
        const timer = setInterval(() => {
          if (sizes.at(-1)?.nodes === least || seconds() > 240) {
            clearInterval(timer);
            over = true;
            child.stdin?.end('\n');
          }
        }, 200);
      }
    });
    over = true;
    await scaling;
    return { ...figures, sizes, containersLeft: (await yarn.metrics()).containersAllocated };
  } finally {
    over = true;
    await yarn.stop();
  }
}

benchmark(async () => ({ start: await measureStart(), autoscaling: await measureAutoscaling() }));
