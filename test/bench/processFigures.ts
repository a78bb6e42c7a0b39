import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What is there because of runs. */
export interface Remains {
  processes: number;
  /** Open in the processes that stay. */
  descriptors: number;
  /** Sockets that listen, of the processes that stay. */
  ports: number;
  /** In the folder for temporary files, and those that clusters work in; their logs are kept with the run. */
  folders: number;
}

/**
 * Counts it once it has been the same for a second: what a run leaves may still be on its way out.
 *
 * @param storage the extension's global storage folder
 */
export async function remains(storage: string): Promise<Remains> {
  let last = '';
  for (let same = 0; ;) {
    const pids = ourProcesses(storage);
    const found = {
      processes: pids.length,
      descriptors: pids.reduce((sum, pid) => sum + descriptors(pid).length, 0),
      ports: listening(pids),
      folders: workFolders(storage),
    };
    const text = JSON.stringify(found);
    same = text === last ? same + 1 : 0;
    if (same === 10) {
      return found;
    }
    last = text;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function workFolders(storage: string): number {
  const clusters = path.join(storage, 'clusters');
  const working = names(clusters).filter((name) => existsSync(path.join(clusters, name, 'work')));
  return working.length + names(tmpdir()).filter((name) => /dask|distributed|pymp/.test(name)).length;
}

/** Bytes of all processes that wait for runs while there is no cluster, with their share of the pages that they share (PSS). */
export function zygoteMemory(storage: string): number {
  const states = names(path.join(storage, 'zygotes')).map((name) => path.join(storage, 'zygotes', name, 'state.json'));
  const roots = states.flatMap((file) => {
    try {
      return [(JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid];
    } catch {
      return [];
    }
  });
  const all = processes();
  const waiting = new Set(roots);
  for (const { pid, parent } of all) {
    if (waiting.has(parent)) {
      waiting.add(pid);
    }
  }
  return [...waiting].reduce((sum, pid) => sum + shareOf(pid), 0);
}

function shareOf(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(text(`/proc/${pid}/smaps_rollup`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** The processes that have something of this storage folder in their command line or as their folder. */
function ourProcesses(storage: string): number[] {
  return processes()
    .map(({ pid }) => pid)
    .filter((pid) => {
      const command = text(`/proc/${pid}/cmdline`);
      return /python/.test(command) && (command.includes(storage) || text(`/proc/${pid}/environ`).includes(storage));
    });
}

function processes(): { pid: number; parent: number }[] {
  return names('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      const parent = /\) \S (\d+) /.exec(text(`/proc/${name}/stat`))?.[1];
      return { pid: Number(name), parent: Number(parent ?? 0) };
    })
    .sort((a, b) => a.pid - b.pid);
}

function descriptors(pid: number): string[] {
  return names(`/proc/${pid}/fd`);
}

function listening(pids: readonly number[]): number {
  const open = new Set(
    [...text('/proc/net/tcp').matchAll(/^\s*\d+: \S+ \S+ 0A (?:\S+ ){5}(\d+)/gm)].map(([, inode]) => inode),
  );
  const links = pids.flatMap((pid) => descriptors(pid).map((name) => link(`/proc/${pid}/fd/${name}`)));
  return new Set(links.map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1]).filter((inode) => open.has(inode))).size;
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
