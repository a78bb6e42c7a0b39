import type * as asyncHooks from 'node:async_hooks';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { HostScope } from '../host/support/driverServer';
import { Editor } from '../host/support/editor';
import { benchmark, options } from './benchmark';
import { packFolder } from './packFolder';

/**
 * How often the extension wakes its host with no view visible and nothing running. Every asynchronous resource of
 * Node's that is made below code of the extension is noted from before its activation on; for a while afterwards
 * each callback that runs for one of them is counted, by type. Promises are left out: something else woke them.
 * As a check of the method, one timer that is started in the same way has to be counted.
 */
benchmark(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'dask-bench-idle-'));
  for (const part of ['dist', 'media', 'python']) {
    await cp(part, path.join(folder, part), { recursive: true });
  }
  const manifest = JSON.parse(await readFile('package.json', 'utf8')) as Record<string, unknown>;
  const changed = { ...manifest, publisher: 'bench', activationEvents: [] };
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(changed));
  const id = `bench.${String(manifest['name'])}`;
  const editor = await Editor.start({ vsix: [await packFolder(folder, id)] });
  try {
    const { host } = await editor.openWindow();
    const seconds = options.number('seconds', 120, 15);
    const counted = await host.call(
      async ({ vscode, require }: HostScope, name: string, wait: number) => {
        const hooks = require('node:async_hooks') as typeof asyncHooks;
        const extension = vscode.extensions.getExtension(name);
        if (extension === undefined || extension.isActive) {
          throw new Error(`${name} is not there, or active already`);
        }
        const ours = new Map<number, string>();
        let control = -1;
        let counting = false;
        const wakeUps: Record<string, number> = {};
        Error.stackTraceLimit = 50;
        const hook = hooks.createHook({
          init(asyncId, type, trigger) {
            if (type === 'PROMISE' || type === 'TickObject' || type === 'Microtask') {
              return;
            }
            const stack = new Error().stack ?? '';
            if (stack.includes(extension.extensionPath) || ours.has(trigger)) {
              ours.set(asyncId, type);
            } else if (control === -1 && stack.includes('startControl')) {
              control = asyncId;
              ours.set(asyncId, 'control');
            }
          },
          before(asyncId) {
            const type = ours.get(asyncId);
            if (counting && type !== undefined) {
              wakeUps[type] = (wakeUps[type] ?? 0) + 1;
            }
          },
        });
        hook.enable();
        await extension.activate();
        const startControl = (): NodeJS.Timeout => setInterval(() => undefined, 1000);
        const timer = startControl();
        await new Promise((resolve) => setTimeout(resolve, 5000)); // What activation itself begins is over by then.
        counting = true;
        await new Promise((resolve) => setTimeout(resolve, wait * 1000));
        counting = false;
        hook.disable();
        clearInterval(timer);
        return { wakeUps, resources: ours.size };
      },
      id,
      seconds,
    );
    const { control = 0, ...wakeUps } = counted.wakeUps;
    if (control < seconds - 2) {
      throw new Error(`The method counts too little: ${control} of ${seconds} ticks of the control timer`);
    }
    const total = Object.values(wakeUps).reduce((sum, count) => sum + count, 0);
    return {
      seconds,
      wakeUpsPerMinute: (total / seconds) * 60,
      byType: wakeUps,
      resourcesSinceActivation: counted.resources,
      controlTicks: control,
      budget: { wakeUpsPerMinute: 0 },
    };
  } finally {
    await editor.dispose();
    await rm(folder, { recursive: true, force: true });
  }
});
