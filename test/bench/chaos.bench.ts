import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { required } from '../host/support/editor';
import { benchmark, options } from './benchmark';
import type { FromWindow, ToWindow } from './chaosWindow';

const concurrent = 3;
const lines = 40;

/** In the environment of everything that a bench starts: by it each process that is left is found. */
const marker = 'DASK_BENCH_CHAOS';

/**
 * Runs on real local clusters while drivers, cluster processes and extension hosts are killed at random, each with
 * SIGKILL. A child process with the run engine stands for the extension host: a real window takes seconds to start.
 * Counts what must not be: processes left, runs or clusters made twice, bytes lost or repeated, runs without an end.
 */
benchmark(async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'dask-bench-chaos-'));
  const chaos = new Chaos(home, options.number('runs', 500, 12), options.number('seed', 1, 1));
  try {
    return await chaos.run();
  } finally {
    chaos.dispose();
    rmSync(home, { recursive: true, force: true });
  }
});

class Chaos {
  readonly #storage: string;
  readonly #work: string;
  readonly #kills = { driver: 0, cluster: 0, window: 0 };
  readonly #started = new Map<string, string>();
  readonly #ended = new Set<string>();
  #window: ChildProcess | undefined;
  #pending: string | undefined;
  #next = 0;
  #notStarted: string[] = [];
  #random: () => number;

  constructor(
    private readonly home: string,
    private readonly count: number,
    seed: number,
  ) {
    this.#storage = path.join(home, 'storage');
    this.#work = path.join(home, 'work');
    mkdirSync(this.#storage, { recursive: true, mode: 0o700 });
    mkdirSync(this.#work);
    // A small generator whose sequence a seed gives again.
    let state = seed;
    this.#random = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
  }

  async run(): Promise<Record<string, unknown>> {
    const start = Date.now();
    this.#openWindow();
    let nextKill = Date.now() + 1000;
    while (this.#started.size < this.count || this.#active().length > 0) {
      if (this.#window?.connected === true && this.#pending === undefined && this.#active().length < concurrent) {
        if (this.#started.size < this.count) {
          this.#start();
        }
      }
      if (Date.now() > nextKill) {
        this.#killSomething();
        nextKill = Date.now() + 300 + this.#random() * 1500;
      }
      if (Date.now() - start > this.count * 60_000 + 120_000) {
        throw new Error(`Runs without an end: ${this.#active().join(', ')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const left = await this.#processesLeft();
    return {
      runs: readdirSync(path.join(this.#storage, 'runs')).length,
      kills: this.#kills,
      processesLeft: left.length,
      ...(left.length > 0 ? { left } : {}),
      ...(await this.#examine()),
      notStarted: this.#notStarted,
      seconds: Math.round((Date.now() - start) / 1000),
      budget: { processesLeft: 0, duplicates: 0, bytesLostOrRepeated: 0, withoutEnd: 0 },
    };
  }

  dispose(): void {
    this.#window?.removeAllListeners('exit');
    this.#window?.kill('SIGKILL');
  }

  #active(): string[] {
    return [...this.#started.keys()].filter((id) => !this.#ended.has(id));
  }

  #openWindow(): void {
    const child = this.#fork();
    child.on('message', (message) => this.#heard(message as FromWindow));
    child.on('exit', () => {
      // A start that nobody confirmed may be on disk all the same.
      this.#pending = undefined;
      for (const id of this.#onDisk()) {
        this.#started.set(id, this.#fileOf(id));
      }
      this.#openWindow();
    });
    this.#window = child;
  }

  #fork(): ChildProcess {
    return fork(path.join(__dirname, 'chaosWindow.js'), [this.#storage, required('DASK_TEST_PYTHON')], {
      env: { ...process.env, [marker]: this.home },
    });
  }

  #heard(message: FromWindow): void {
    switch (message.kind) {
      case 'started':
        this.#started.set(message.id, message.file);
        this.#pending = undefined;
        break;
      case 'notStarted':
        this.#notStarted.push(message.message);
        this.#pending = undefined;
        break;
      case 'ended':
        this.#ended.add(message.id);
        if (this.#ended.size % 25 === 0) {
          process.stderr.write(`${this.#ended.size} of ${this.count} runs are over\n`);
        }
        break;
      case 'ready':
      case 'report':
        break;
    }
  }

  #start(): void {
    const number = this.#next++;
    const file = path.join(this.#work, `job${number}.py`);
    writeFileSync(file, script(path.join(this.#work, `job${number}`), number));
    this.#pending = file;
    this.#window?.send({ kind: 'start', file } satisfies ToWindow);
  }

  #killSomething(): void {
    const active = this.#active();
    const what = (['driver', 'cluster', 'window'] as const)[Math.floor(this.#random() * 3)] ?? 'window';
    const id = active[Math.floor(this.#random() * active.length)];
    if (what === 'window') {
      this.#window?.kill('SIGKILL');
      this.#kills.window++;
    } else if (id !== undefined) {
      const [folder, file, field] =
        what === 'driver' ? ['runs', 'status.json', 'driverPid'] : ['clusters', 'state.json', 'pid'];
      const state = readJson(path.join(this.#storage, folder, id, file));
      const pid = state?.[field];
      if (typeof pid === 'number' && ['running', 'starting'].includes(String(state?.['state'])) && kill(pid)) {
        this.#kills[what]++;
      }
    }
  }

  #onDisk(): string[] {
    const folder = path.join(this.#storage, 'runs');
    return (existsSync(folder) ? readdirSync(folder) : []).filter((id) =>
      existsSync(path.join(folder, id, 'intent.json')),
    );
  }

  #fileOf(id: string): string {
    const intent = readJson(path.join(this.#storage, 'runs', id, 'intent.json'));
    return (intent?.['request'] as { target: { path: string } }).target.path;
  }

  /**
   * Everything that was started from `home`, windows aside: drivers, supervisors, clusters, and what these started.
   * They get 20 s to go.
   */
  async #processesLeft(): Promise<string[]> {
    for (const end = Date.now() + 20_000; ;) {
      // With the environment of each: a worker's helper has no path in its command line.
      const list = execFileSync('ps', ['axeww', '-o', 'pid=,args='], { encoding: 'utf8', maxBuffer: 2 ** 28 });
      const left = list
        .split('\n')
        .filter((line) => line.includes(this.home) && !line.includes('chaosWindow'))
        .map((line) => line.slice(0, 300));
      if (left.length === 0 || Date.now() > end) {
        return left;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async #examine(): Promise<Record<string, unknown>> {
    const reports = await this.#report();
    const figures = { withoutEnd: 0, notReleased: 0, duplicates: 0, bytesLostOrRepeated: 0, bytes: 0 };
    const states: Record<string, number> = {};
    const clusters = readdirSync(path.join(this.#storage, 'clusters'));
    for (const [id, file] of this.#started) {
      const report = reports.get(id);
      const mark = file.replace(/\.py$/, '');
      const output = readText(path.join(this.#storage, 'runs', id, 'output.log'));
      const starts = readText(`${mark}.starts`).split('\n').length - 1;
      const own = clusters.filter((cluster) => {
        const spec = readJson(path.join(this.#storage, 'clusters', cluster, 'spec.json'));
        return spec?.['runId'] === id;
      });
      figures.duplicates += Math.max(0, starts - 1) + Math.max(0, own.length - 1);
      figures.withoutEnd += report === undefined ? 1 : 0;
      figures.notReleased += report?.released === false ? 1 : 0;
      figures.bytes += Buffer.byteLength(output);
      const status = readJson(path.join(this.#storage, 'runs', id, 'status.json'));
      figures.bytesLostOrRepeated += difference(output, {
        number: Number(/\d+$/.exec(mark)?.[0]),
        begun: readText(`${mark}.begun`).length,
        finished: status?.['state'] === 'succeeded',
        killed: typeof status?.['signal'] === 'string',
      });
      figures.bytesLostOrRepeated += Math.abs((report?.bytes ?? 0) - Buffer.byteLength(output));
      states[report?.state ?? 'unknown'] = (states[report?.state ?? 'unknown'] ?? 0) + 1;
    }
    return { ...figures, states };
  }

  /** What a window that is opened now says of all runs. */
  async #report(): Promise<Map<string, Extract<FromWindow, { kind: 'report' }>>> {
    this.dispose();
    const child = this.#fork();
    this.#window = child;
    await once(child, 'message');
    const ids = [...this.#started.keys()];
    const reports = new Map<string, Extract<FromWindow, { kind: 'report' }>>();
    child.on('message', (message) => {
      const said = message as FromWindow;
      if (said.kind === 'report') {
        reports.set(said.id, said);
      }
    });
    child.send({ kind: 'report', ids } satisfies ToWindow);
    for (const end = Date.now() + 60_000; reports.size < ids.length && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return reports;
  }
}

/**
 * A letter is in `.begun` before each line: a kill in between is the only way to a line that is not printed. Lines go to
 * stdout and stderr by turns; what others say on stderr, such as a client without its cluster, has a file of its own.
 */
function script(mark: string, number: number): string {
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
        line = f"line {i:03d} " + chr(97 + i % 26) * ((i * 7919 + ${number} * 104729) % 2000) + "\\n"
        begun.write(b".")
        os.write((1, said)[i % 2], line.encode())
        time.sleep(0.02)
`;
}

/** What {@link script} prints, byte for byte. */
function printed(number: number, count: number): string {
  return Array.from({ length: count }, (_, i) => {
    const letter = String.fromCharCode(97 + (i % 26));
    return `line ${String(i).padStart(3, '0')} ${letter.repeat((i * 7919 + number * 104729) % 2000)}\n`;
  }).join('');
}

/**
 * Bytes from the first one on that is not what the script must have printed. A killed driver may have begun one line
 * more than it has printed: any part of that may be missing, at the end.
 */
function difference(
  output: string,
  job: { number: number; begun: number; finished: boolean; killed: boolean },
): number {
  const expected = printed(job.number, job.finished ? lines : job.begun);
  const least = job.killed ? printed(job.number, Math.max(0, job.begun - 1)).length : expected.length;
  if (expected.startsWith(output) && output.length >= least) {
    return 0;
  }
  let same = 0;
  while (same < output.length && output[same] === expected[same]) {
    same += 1;
  }
  return expected.length - same + (output.length - same);
}

function readText(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function readJson(file: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
