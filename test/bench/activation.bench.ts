import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as perfHooks from 'node:perf_hooks';
import { Editor } from '../host/support/editor';
import type { HostConnection, HostScope } from '../host/support/driverServer';
import { benchmark, options, spread } from './benchmark';
import { packFolder } from './packFolder';

/** Milliseconds, as another extension of the same host sees them. */
interface Activation {
  /** How long it waits for `extension.activate()`. */
  activate: number;
  /** Longest time that nothing else in the extension host could run, from the start until a second after it. */
  longestBlock: number;
  /** Of the processor, on the extension host's thread, as long: what else the machine does is not in it. */
  processor: number;
  /** Whether the bundle of the services was loaded by then. */
  servicesLoaded: boolean;
}

/**
 * An extension host as the measurement finds it. While it starts, whoever waits for an extension waits for all that
 * starts: an extension that does nothing says how much of it is not ours. The first activation after that is `cold` and
 * pays for what all share; a later one is `warm`.
 */
type Moment = 'starting' | 'cold' | 'warm';

type Measured = Record<Moment, Record<'ours' | 'empty', Activation[]>>;

/**
 * An activation with nothing to do, the loading of bundles included, as another extension sees it that waits for it: in
 * a fresh extension host of a real VS Code each time, against an extension that does nothing. Ours is a copy that
 * nothing activates before the measurement.
 */
benchmark(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'dask-bench-activation-'));
  const ids = { ours: await lazyCopy(folder), empty: await emptyExtension(folder) };
  const editor = await Editor.start({
    vsix: [await packFolder(ids.ours.folder, ids.ours.id), await packFolder(ids.empty.folder, ids.empty.id)],
  });
  const measured: Measured = {
    starting: { ours: [], empty: [] },
    cold: { ours: [], empty: [] },
    warm: { ours: [], empty: [] },
  };
  try {
    for (let i = 0; i < options.number('rounds', 15, 3); i++) {
      for (const first of ['ours', 'empty'] as const) {
        const then = first === 'ours' ? 'empty' : 'ours';
        const started = await editor.openWindow();
        measured.starting[first].push(await activation(started.host, ids[first].id));
        await started.page.close();
        const { page, host } = await editor.openWindow();
        await settled(host);
        measured.cold[first].push(await activation(host, ids[first].id));
        await settled(host);
        measured.warm[then].push(await activation(host, ids[then].id));
        await page.close();
      }
    }
    const { starting, cold, warm } = measured;
    return {
      unit: 'ms',
      servicesLoaded: [starting, cold, warm].flatMap(({ ours }) => ours).filter((one) => one.servicesLoaded).length,
      starting: { ours: figures(starting.ours), emptyExtension: figures(starting.empty) },
      cold: { ours: figures(cold.ours), emptyExtension: figures(cold.empty) },
      warm: { ours: figures(warm.ours), emptyExtension: figures(warm.empty) },
      budget: { servicesLoaded: 0, 'cold.ours.activate.p50': 35, 'cold.ours.longestBlock.p50': 25 },
    };
  } finally {
    await editor.dispose();
    await rm(folder, { recursive: true, force: true });
  }
});

function figures(list: readonly Activation[]): Record<string, unknown> {
  return {
    activate: spread(list.map(({ activate }) => activate)),
    longestBlock: spread(list.map(({ longestBlock }) => longestBlock)),
    processor: spread(list.map(({ processor }) => processor)),
  };
}

function activation(host: HostConnection, id: string): Promise<Activation> {
  return host.call(async ({ vscode, require }: HostScope, name: string) => {
    const { monitorEventLoopDelay } = require('node:perf_hooks') as typeof perfHooks;
    const extension = vscode.extensions.getExtension(name);
    if (extension === undefined || extension.isActive) {
      throw new Error(`${name} is ${extension === undefined ? 'not there' : 'active already'}`);
    }
    const services = `${extension.extensionPath}/dist/services.js`;
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    await new Promise((resolve) => setTimeout(resolve, 20)); // It counts from its first tick on.
    delays.reset();
    const before = process.threadCpuUsage();
    const start = performance.now();
    await extension.activate();
    const activate = performance.now() - start;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    delays.disable();
    const { user, system } = process.threadCpuUsage(before);
    return {
      activate,
      longestBlock: delays.max / 1e6,
      processor: (user + system) / 1000,
      servicesLoaded: require.cache[services] !== undefined,
    };
  }, id);
}

/** Waits until the extension host has nothing else to do: 25 timers of 20 ms in a row that come on time. */
function settled(host: HostConnection): Promise<void> {
  return host.call(async () => {
    for (let calm = 0; calm < 25;) {
      const start = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 20));
      calm = performance.now() - start < 25 ? calm + 1 : 0;
    }
  });
}

interface Placed {
  id: string;
  folder: string;
}

async function emptyExtension(home: string): Promise<Placed> {
  const name = 'empty';
  const folder = path.join(home, name);
  await mkdir(folder);
  const manifest = {
    name,
    publisher: 'bench',
    version: '0.0.1',
    engines: { vscode: '^1.110.0' },
    main: './main.js',
  };
  await writeFile(
    path.join(folder, 'package.json'),
    JSON.stringify({ ...manifest, activationEvents: [], extensionKind: ['workspace'] }),
  );
  await writeFile(path.join(folder, 'main.js'), 'exports.activate = () => undefined;\n');
  return { id: `bench.${name}`, folder };
}

async function lazyCopy(home: string): Promise<Placed> {
  const folder = path.join(home, 'ours');
  await mkdir(folder);
  for (const part of ['dist', 'media', 'python']) {
    await cp(part, path.join(folder, part), { recursive: true });
  }
  const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Record<string, unknown>;
  const changed = { ...manifest, publisher: 'bench', activationEvents: [] };
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(changed));
  return { id: `bench.${String(manifest['name'])}`, folder };
}
