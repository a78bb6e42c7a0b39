import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as perfHooks from 'node:perf_hooks';
import { Editor } from '../host/support/editor';
import type { HostConnection, HostScope } from '../host/support/driverServer';
import { benchmark, options, spread } from './benchmark';
import { packFolder } from './packFolder';

/** Milliseconds. */
interface Activation {
  /** Of `activate()`, which VS Code waits for. */
  activate: number;
  /** From its start until what it leaves for later is loaded and built. */
  untilServices: number;
  /** Longest time that nothing else in the extension host could run, from the start until a second after it. */
  longestBlock: number;
}

/**
 * An activation, the loading of bundles included, in a fresh extension host of a real VS Code each time, against an
 * extension that does nothing. Ours is a copy that nothing activates before the measurement.
 */
benchmark(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'dask-bench-activation-'));
  const [empty, warmUp] = [await emptyExtension(folder, 'empty'), await emptyExtension(folder, 'warmup')];
  const ours = await lazyCopy(folder);
  const editor = await Editor.start({
    vsix: [
      await packFolder(empty.folder, empty.id),
      await packFolder(warmUp.folder, warmUp.id),
      await packFolder(ours.folder, ours.id),
    ],
  });
  try {
    const measured: Record<string, Activation[]> = { [ours.id]: [], [empty.id]: [] };
    for (let i = 0; i < options.number('rounds', 15, 3); i++) {
      // The first one pays for what all share.
      const order = [warmUp, ...(i % 2 === 0 ? [ours, empty] : [empty, ours])];
      const { page, host } = await editor.openWindow();
      for (const { id } of order) {
        await settled(host);
        measured[id]?.push(await activation(host, id));
      }
      await page.close();
    }
    const [own, nothing] = [measured[ours.id] ?? [], measured[empty.id] ?? []];
    return {
      unit: 'ms',
      ours: {
        activate: spread(own.map(({ activate }) => activate)),
        untilServices: spread(own.map(({ untilServices }) => untilServices)),
        longestBlock: spread(own.map(({ longestBlock }) => longestBlock)),
      },
      emptyExtension: {
        activate: spread(nothing.map(({ activate }) => activate)),
        longestBlock: spread(nothing.map(({ longestBlock }) => longestBlock)),
      },
      budget: { 'ours.activate.p50': 30 },
    };
  } finally {
    await editor.dispose();
    await rm(folder, { recursive: true, force: true });
  }
});

function activation(host: HostConnection, id: string): Promise<Activation> {
  return host.call(async ({ vscode, require }: HostScope, name: string) => {
    const { monitorEventLoopDelay } = require('node:perf_hooks') as typeof perfHooks;
    const extension = vscode.extensions.getExtension(name);
    if (extension === undefined || extension.isActive) {
      throw new Error(`${name} is ${extension === undefined ? 'not there' : 'active already'}`);
    }
    const services = `${extension.extensionPath}/dist/services.js`;
    const later = name.startsWith('bench.dask');
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    await new Promise((resolve) => setTimeout(resolve, 20)); // It counts from its first tick on.
    delays.reset();
    const start = performance.now();
    await extension.activate();
    const activate = performance.now() - start;
    // Loaded and built in one go: whoever sees the one, as another callback does, has the other too.
    for (const end = start + 10_000; later && require.cache[services]?.loaded !== true;) {
      if (performance.now() > end) {
        throw new Error(`${name} has not loaded its services`);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    const untilServices = performance.now() - start;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    delays.disable();
    return { activate, untilServices, longestBlock: delays.max / 1e6 };
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

async function emptyExtension(home: string, name: string): Promise<Placed> {
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
