import { statSync } from 'node:fs';
import path from 'node:path';
import type { Emulator } from '../emulator/emulator';
import { cloudProfile, stubRunner } from '../fakes/stubJob';
import { spread } from './benchmark';
import { openCloudWindow } from './cloudChaos';
import type { FromWindow, ToWindow } from './cloudWindow';

const profiles = { cloud: cloudProfile() };

/** One run that prints a short line now and then: what it costs in calls, and how late its output is here. */
export async function measureRun(emulator: Emulator, home: string, seconds: number): Promise<Record<string, unknown>> {
  const window = openCloudWindow(home, { emulator, runner: stubRunner, profiles });
  try {
    const bucket = watchBucket(emulator);
    const heard = hear(window);
    await heard('ready');
    const pauseSeconds = 0.13;
    const lines = Math.round((seconds + 20) / pauseSeconds);
    const file = path.resolve('test', 'fakes', 'dataprocRunner', 'dask_runner', '__init__.py');
    const args = [`lines=${lines}`, `pause=${pauseSeconds}`];
    window.send({ kind: 'start', file, profile: 'cloud', args } satisfies ToWindow);
    const { id } = await heard('started');
    const output = path.join(home, 'storage', 'runs', id, 'output.log');
    await until(() => sizeOf(output) > 0);
    const latency = bucket.latencies(() => sizeOf(output));
    // The first looks are closer together: what a minute costs is what it costs later.
    await pause(12_000);
    const before = counts(emulator);
    await pause(seconds * 1000);
    const after = counts(emulator);
    latency.stop();
    const perMinute = perMinuteOf(before, after, seconds);
    await heard('ended');
    await until(() => emulator.clusters.all().length === 0);
    await pause(2_000);
    const idleBefore = counts(emulator);
    await pause(15_000);
    const storage = perMinute['storage'] ?? 0;
    const dataproc = perMinute['dataproc'] ?? 0;
    return {
      callsPerMinute: { ...perMinute, budget: { storage: 60, dataproc: 6 } },
      ...{ storage, dataproc },
      callsWhileIdle: Object.values(perMinuteOf(idleBefore, counts(emulator), 15)).reduce((sum, one) => sum + one, 0),
      outputLatencyMilliseconds: { ...spread(latency.values), p95: percentile(latency.values, 0.95), budget: 1500 },
    };
  } finally {
    window.kill('SIGKILL');
  }
}

/** As a list of everything shows it, in a process of its own. Nothing runs: machines are left out. */
export async function measureLists(
  emulator: Emulator,
  home: string,
  clusters: number,
  jobs: number,
): Promise<Record<string, unknown>> {
  const { machines } = emulator;
  machines.create = () => Promise.resolve();
  machines.delete = () => Promise.resolve();
  const end = { exitCode: 0, signal: null, error: undefined };
  machines.runDriver = () => Promise.resolve({ ended: Promise.resolve(end), kill: () => undefined });
  const place = { projectId: 'p1', region: 'us-central1' };
  const metrics = ['CPUS', 'N2_CPUS', 'N4_CPUS', 'DISKS_TOTAL_GB', 'SSD_TOTAL_GB', 'IN_USE_ADDRESSES'];
  emulator.faults.add({ quotas: Object.fromEntries(metrics.map((metric) => [metric, 1e9])) });
  for (let index = 0; index < clusters; index++) {
    const cluster = { clusterName: `many-${index}`, config: {}, labels: { team: 'a' } };
    emulator.clusters.create({ ...place, cluster });
  }
  await until(() => emulator.clusters.all().every(({ state }) => state === 'RUNNING'));
  for (let index = 0; index < jobs; index++) {
    const placement = { clusterName: `many-${index % clusters}` };
    emulator.jobs.begin({ ...place, job: { placement, pysparkJob: { mainPythonFileUri: 'gs://b/main.py' } } });
  }
  const window = openCloudWindow(home, { emulator, runner: stubRunner, profiles });
  try {
    const heard = hear(window);
    await heard('ready');
    window.send({ kind: 'list' } satisfies ToWindow);
    const listed = await heard('listed');
    return { clusters: listed.clusters, jobs: listed.jobs };
  } finally {
    window.kill('SIGKILL');
  }
}

/** Messages of a window by their kind; each is given once. */
function hear(
  window: ReturnType<typeof openCloudWindow>,
): <Kind extends FromWindow['kind']>(kind: Kind) => Promise<Extract<FromWindow, { kind: Kind }>> {
  const messages: FromWindow[] = [];
  window.on('message', (message) => messages.push(message as FromWindow));
  return async (kind) => {
    await until(() => messages.some((message) => message.kind === kind));
    const at = messages.findIndex((message) => message.kind === kind);
    return messages.splice(at, 1)[0] as never;
  };
}

/** When each byte of a job's output was in the bucket, and how much later it was in a file. */
function watchBucket(emulator: Emulator): {
  latencies: (size: () => number) => { values: number[]; stop: () => void };
} {
  const arrived: { at: number; size: number }[] = [];
  const sizes = new Map<string, number>();
  const { store } = emulator;
  const put = store.put.bind(store);
  store.put = async (bucket, name, content, options) => {
    const object = await put(bucket, name, content, options);
    if (name.includes('/driveroutput.')) {
      sizes.set(name, object.size);
      arrived.push({ at: performance.now(), size: [...sizes.values()].reduce((sum, one) => sum + one, 0) });
    }
    return object;
  };
  return {
    latencies: (size) => {
      const values: number[] = [];
      arrived.length = 0;
      const timer = setInterval(() => {
        const here = size();
        while (arrived[0] !== undefined && arrived[0].size <= here) {
          values.push(performance.now() - arrived[0].at);
          arrived.shift();
        }
      }, 5);
      return { values, stop: () => clearInterval(timer) };
    },
  };
}

function counts(emulator: Emulator): ReadonlyMap<string, number> {
  return new Map(emulator.server.counts);
}

/** By service, with each of its calls. */
function perMinuteOf(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  seconds: number,
): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const [name, count] of after) {
    const more = ((count - (before.get(name) ?? 0)) * 60) / seconds;
    if (more > 0) {
      const service = name.startsWith('storage.') ? 'storage' : name.includes('Controller') ? 'dataproc' : 'others';
      figures[service] = (figures[service] ?? 0) + more;
      figures[name] = more;
    }
  }
  return figures;
}

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

async function until(wanted: () => boolean): Promise<void> {
  while (!wanted()) {
    await pause(20);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
