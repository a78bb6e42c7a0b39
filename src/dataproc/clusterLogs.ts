import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogSource } from '../core/cluster';
import { inStorage } from '../machine/storageErrors';

const kept = [
  { id: 'startup', label: 'Start of the machines', file: 'startup.log' },
  { id: 'initialization', label: 'Initialization that failed', file: 'initialization.log' },
] as const;

/** Logs of a cluster that this machine has from its start. */
export async function startLogs(folder: string): Promise<readonly LogSource[]> {
  const found: LogSource[] = [];
  for (const { id, label, file } of kept) {
    const path = join(folder, file);
    if (await isThere(path)) {
      found.push({ id, label, path });
    }
  }
  return found;
}

/** Writes logs that a scheduler gave into files, the scheduler's own first. @param logs by `scheduler`, `worker-NAME` */
export async function writeLogs(folder: string, logs: Readonly<Record<string, string>>): Promise<readonly LogSource[]> {
  const sources = Object.keys(logs).map((name) => {
    const id = name.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 120);
    const label = name === 'scheduler' ? 'Scheduler' : name.replace(/^worker-/, 'Worker ');
    return { id, label, path: join(folder, `${id}.log`), text: logs[name] ?? '' };
  });
  await inStorage(folder, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const { path, text } of sources) {
      await writeFile(`${path}.new`, text, { mode: 0o600 });
      await rename(`${path}.new`, path);
    }
  });
  return sources
    .map(({ id, label, path }) => ({ id, label, path }))
    .sort((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true }));
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
