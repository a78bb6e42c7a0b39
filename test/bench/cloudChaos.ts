import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DataprocProfile } from '../../src/core/dataprocProfile';
import type { Emulator } from '../emulator/emulator';
import { seededRandom } from '../fakes/seededRandom';
import type { FromWindow, ToWindow } from './cloudWindow';

export const token = 'bench-token';

export interface CloudChaosOptions {
  emulator: Emulator;
  /** A folder of its own. */
  home: string;
  runs: number;
  /** Runs at a time. */
  concurrent: number;
  seed: number;
  /** Folder of the Python side. */
  runner: string;
  profiles: Readonly<Record<string, DataprocProfile>>;
  /** The script of a run, and what it is started with. `mark`: files beside it, `.starts` and `.begun`. */
  script: (mark: string, number: number) => { text: string; args: readonly string[] };
  /** What the script prints that has begun so many lines; all of them: undefined. */
  printed: (number: number, lines: number | undefined) => Buffer;
  /** Milliseconds between two harms, on average. */
  harmEvery: number;
}

type Harm = 'window' | 'driver' | 'cluster' | 'preemption' | 'initialization';
const harms: readonly Harm[] = ['window', 'window', 'driver', 'cluster', 'preemption', 'preemption', 'initialization'];

interface Started {
  file: string;
  number: number;
}

/**
 * Runs on emulated clusters while a fifth of all calls fails, answers are lost, windows and drivers are killed, machines
 * are preempted, initializations fail and clusters are deleted by others. Counts what must not be.
 */
export class CloudChaos {
  readonly #options: CloudChaosOptions;
  readonly #random: () => number;
  readonly #started = new Map<string, Started>();
  readonly #ended = new Set<string>();
  readonly #harmed = Object.fromEntries(harms.map((harm) => [harm, 0])) as Record<Harm, number>;
  /** Creations that were accepted, by the id of the cluster. */
  readonly #created = new Map<string, number>();
  readonly #notStarted: string[] = [];
  #window: ChildProcess | undefined;
  #pending = false;
  #next = 0;
  #over = false;

  constructor(options: CloudChaosOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    mkdirSync(this.#storage, { recursive: true, mode: 0o700 });
    mkdirSync(this.#work);
    const { clusters } = options.emulator;
    const begin = clusters.begin.bind(clusters);
    clusters.begin = (request) => {
      const made = begin(request);
      const id = made.record.cluster.labels['dask-cluster'] ?? '';
      this.#created.set(id, (this.#created.get(id) ?? 0) + 1);
      return made;
    };
  }

  async run(): Promise<Record<string, unknown>> {
    const { runs, concurrent, harmEvery, emulator, seed } = this.#options;
    const start = Date.now();
    emulator.faults.add({
      rules: [
        { method: '*', times: 0, probability: 0.02, lose: 'response' },
        { method: '*', times: 0, probability: 0.01, lose: 'request' },
        { method: '*', times: 0, probability: 0.2, error: { status: 'UNAVAILABLE' } },
      ],
      seed,
    });
    this.#openWindow();
    let nextHarm = Date.now() + harmEvery;
    while (this.#started.size < runs || this.#active().length > 0) {
      if (this.#window?.connected === true && !this.#pending && this.#active().length < concurrent) {
        if (this.#started.size < runs) {
          this.#start();
        }
      }
      if (Date.now() > nextHarm) {
        this.#harm();
        nextHarm = Date.now() + harmEvery * (0.5 + this.#random());
      }
      if (Date.now() - start > runs * 60_000 + 300_000) {
        break;
      }
      await pause(20);
    }
    emulator.faults.clear();
    const clustersLeft = await this.#clustersLeft();
    const figures = {
      runs: readdirSync(path.join(this.#storage, 'runs')).length,
      harmed: this.#harmed,
      clustersLeft: clustersLeft.length,
      ...(clustersLeft.length > 0 ? { left: clustersLeft } : {}),
      ...(await this.#examine()),
      notStarted: this.#notStarted,
      seconds: Math.round((Date.now() - start) / 1000),
      budget: { clustersLeft: 0, duplicates: 0, bytesLostOrRepeated: 0, withoutEnd: 0, notReleased: 0 },
    };
    this.dispose();
    return figures;
  }

  dispose(): void {
    this.#over = true;
    this.#window?.kill('SIGKILL');
  }

  get #storage(): string {
    return path.join(this.#options.home, 'storage');
  }

  get #work(): string {
    return path.join(this.#options.home, 'work');
  }

  #active(): string[] {
    return [...this.#started.keys()].filter((id) => !this.#ended.has(id));
  }

  #openWindow(): void {
    const child = openCloudWindow(this.#options.home, this.#options);
    child.on('message', (message) => this.#heard(message as FromWindow));
    child.on('exit', () => {
      if (this.#over) {
        return;
      }
      // A start that nobody confirmed may be on disk all the same.
      this.#pending = false;
      for (const id of readdirSync(path.join(this.#storage, 'runs'), { encoding: 'utf8' })) {
        const intent = readJson(path.join(this.#storage, 'runs', id, 'intent.json'));
        if (intent !== undefined) {
          const { path: file } = (intent['request'] as { target: { path: string } }).target;
          this.#started.set(id, { file, number: numberOf(file) });
        }
      }
      this.#openWindow();
    });
    this.#window = child;
  }

  #heard(message: FromWindow): void {
    switch (message.kind) {
      case 'started':
        this.#started.set(message.id, { file: message.file, number: numberOf(message.file) });
        this.#pending = false;
        break;
      case 'notStarted':
        this.#notStarted.push(message.message);
        this.#pending = false;
        break;
      case 'ended':
        this.#ended.add(message.id);
        if (this.#ended.size % 25 === 0) {
          process.stderr.write(`${this.#ended.size} of ${this.#options.runs} runs on the cloud are over\n`);
        }
        break;
      default:
        break;
    }
  }

  #start(): void {
    const number = this.#next++;
    const mark = path.join(this.#work, `job${number}`);
    const { text, args } = this.#options.script(mark, number);
    writeFileSync(`${mark}.py`, text);
    const names = Object.keys(this.#options.profiles);
    this.#pending = true;
    const profile = names[number % names.length] ?? '';
    this.#window?.send({ kind: 'start', file: `${mark}.py`, profile, args } satisfies ToWindow);
  }

  #harm(): void {
    const { emulator } = this.#options;
    const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(this.#random() * items.length)];
    const harm = pick(harms) ?? 'window';
    const running = emulator.clusters.all().filter(({ state }) => state === 'RUNNING');
    switch (harm) {
      case 'window':
        this.#window?.kill('SIGKILL');
        break;
      case 'driver': {
        const id = pick(this.#active().filter((one) => existsSync(this.#mark(one, 'starts'))));
        const pid = id === undefined ? undefined : Number(readText(this.#mark(id, 'starts')).split('\n').at(-2));
        if (pid === undefined || !isOnMachine(pid) || !kill(pid)) {
          return;
        }
        break;
      }
      case 'cluster': {
        const victim = pick(running);
        if (victim === undefined) {
          return;
        }
        emulator.clusters.remove(victim);
        break;
      }
      case 'preemption': {
        const victim = pick(running.filter(({ cluster }) => cluster.config.secondaryWorkerConfig !== undefined));
        if (victim === undefined) {
          return;
        }
        void emulator.clusters.preempt(victim, 1);
        break;
      }
      case 'initialization':
        emulator.faults.add({ initFailures: [{ line: 8, machine: '-m', times: 1 }] });
        break;
    }
    this.#harmed[harm] += 1;
  }

  #mark(id: string, ending: string): string {
    return `${(this.#started.get(id)?.file ?? '').replace(/\.py$/, '')}.${ending}`;
  }

  /** They get two minutes to go: those of runs that ended last are being deleted. */
  async #clustersLeft(): Promise<string[]> {
    for (const end = Date.now() + 120_000; ;) {
      const left = this.#options.emulator.clusters.all().map(({ name, state }) => `${name} ${state}`);
      if (left.length === 0 || Date.now() > end) {
        return left;
      }
      await pause(200);
    }
  }

  async #examine(): Promise<Record<string, unknown>> {
    const reports = await this.#reports();
    const figures = { withoutEnd: 0, notReleased: 0, duplicates: 0, bytesLostOrRepeated: 0, bytes: 0 };
    const states: Record<string, number> = {};
    const messages: Record<string, number> = {};
    const wrong: string[] = [];
    for (const [id, { number }] of this.#started) {
      const report = reports.get(id);
      figures.withoutEnd += report === undefined ? 1 : 0;
      figures.notReleased += report?.released === false ? 1 : 0;
      const state = report?.state ?? 'unknown';
      states[state] = (states[state] ?? 0) + 1;
      const starts = readText(this.#mark(id, 'starts')).split('\n').length - 1;
      const twice = Math.max(0, starts - 1) + Math.max(0, (this.#created.get(id) ?? 0) - 1);
      const output = withoutLastWords(readBytes(path.join(this.#storage, 'runs', id, 'output.log')), report?.message);
      const lost = difference(output, {
        printed: (lines) => this.#options.printed(number, lines),
        begun: readText(this.#mark(id, 'begun')).length,
        finished: state === 'succeeded' || report?.message?.includes('exit code 3') === true,
      });
      figures.duplicates += twice;
      figures.bytesLostOrRepeated += lost;
      figures.bytes += output.length;
      if (twice > 0 || lost > 0 || report?.released !== true) {
        wrong.push(`${id}: ${state}, ${twice} twice, ${lost} bytes, released: ${String(report?.released)}`);
      }
      if (report?.message !== undefined) {
        const message = report.message
          .replaceAll(id, 'ID')
          .replace(/job\d+\.py/g, 'FILE')
          .replace(/[0-9a-f-]{36}/g, 'UUID')
          .replace(/127\.0\.0\.1:\d+/g, 'HOST');
        messages[message] = (messages[message] ?? 0) + 1;
      }
    }
    return { ...figures, states, messages, ...(wrong.length > 0 ? { wrong } : {}) };
  }

  /** What a window that is opened now says of all runs. */
  async #reports(): Promise<Map<string, Extract<FromWindow, { kind: 'report' }>>> {
    this.#over = true;
    this.#window?.kill('SIGKILL');
    const child = openCloudWindow(this.#options.home, this.#options);
    this.#window = child;
    const ids = [...this.#started.keys()];
    const reports = new Map<string, Extract<FromWindow, { kind: 'report' }>>();
    child.on('message', (message) => {
      const said = message as FromWindow;
      if (said.kind === 'report') {
        reports.set(said.id, said);
      } else if (said.kind === 'ready') {
        child.send({ kind: 'report', ids } satisfies ToWindow);
      }
    });
    for (const end = Date.now() + 120_000; reports.size < ids.length && Date.now() < end;) {
      await pause(50);
    }
    return reports;
  }
}

export function openCloudWindow(
  home: string,
  { emulator, runner, profiles }: Pick<CloudChaosOptions, 'emulator' | 'runner' | 'profiles'>,
): ChildProcess {
  const order = {
    ...{ storage: path.join(home, 'storage'), log: path.join(home, 'window.log') },
    ...{ endpoint: emulator.url, token, runner, profiles },
  };
  return fork(path.join(__dirname, 'cloudWindow.js'), [JSON.stringify(order)], { execArgv: ['--expose-gc'] });
}

/** What the job itself adds, where it says why the script has ended. */
function withoutLastWords(output: Buffer, message: string | undefined): Buffer {
  const words = Buffer.from(`\ndask-runner: ${message ?? ''}\n`);
  const end = output.subarray(Math.max(0, output.length - words.length));
  return end.equals(words) ? output.subarray(0, output.length - words.length) : output;
}

/**
 * Bytes from the first one on that is not what the script must have printed. One that was ended may have begun one line
 * more than it has printed: any part of that may be missing, at the end.
 */
function difference(
  output: Buffer,
  job: { printed: (lines: number | undefined) => Buffer; begun: number; finished: boolean },
): number {
  const expected = job.printed(job.finished ? undefined : job.begun);
  const least = job.finished ? expected.length : job.printed(Math.max(0, job.begun - 1)).length;
  if (expected.subarray(0, output.length).equals(output) && output.length >= least) {
    return 0;
  }
  let same = 0;
  while (same < output.length && output[same] === expected[same]) {
    same += 1;
  }
  return expected.length - same + (output.length - same);
}

function numberOf(file: string): number {
  return Number(/(\d+)\.py$/.exec(file)?.[1]);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function readBytes(file: string): Buffer {
  return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
}

function readText(file: string): string {
  return readBytes(file).toString('utf8');
}

function readJson(file: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Ids of processes come again: nothing is killed that is not of an emulated machine. */
function isOnMachine(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').includes('DATAPROC_MACHINE_FOLDER=');
  } catch {
    return false;
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
