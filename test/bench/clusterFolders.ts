import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Fills a storage folder with running clusters and the jobs that ran on them, as docs/architecture.md has the files. They are
 * those of another machine, which shares the folder: they need no processes, and are shown as they were last written.
 */
export function writeClusters(storage: string, clusters: number, jobsEach: number): void {
  const at = new Date().toISOString();
  const elsewhere = { host: 'bench-elsewhere', pid: 1, pidStart: '1' };
  for (let i = 0; i < clusters; i++) {
    const id = runId(i, 0);
    const workers = { kind: 'fixed', count: 1 };
    const common = { version: 1, id, workers };
    write(path.join(storage, 'clusters', id), {
      spec: { ...common, name: `cluster ${i}`, profile: 'bench', createdAt: at, ephemeral: false },
      state: { ...common, ...elsewhere, state: 'running', stage: 'ready', startedAt: at, updatedAt: at },
    });
    for (let j = 1; j <= jobsEach; j++) {
      const target = { kind: 'file', path: `/bench/job${j}.py` };
      const run = { version: 1, id: runId(i, j), name: `job${j}.py` };
      write(path.join(storage, 'runs', run.id), {
        job: { ...run, target, args: [], environment: {}, cluster: { backend: 'local', id } },
        status: { ...run, ...elsewhere, state: 'succeeded', startedAt: at, endedAt: at, exitCode: 0, released: true },
      });
    }
  }
}

function write(folder: string, files: Record<string, unknown>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(content));
  }
}

function runId(cluster: number, job: number): string {
  return `20261124-061133-${String(job).padStart(3, '0')}-${String(cluster).padStart(8, '0')}`;
}
