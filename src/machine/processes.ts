import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { runCommand } from './command';
import { isElsewhere } from './host';
import { mayExist, sendQuietly } from './signals';

/** A process that a later one with the same pid is not mistaken for. */
export interface ProcessIdentity {
  pid: number;
  /** See {@link pidStartOf}. */
  pidStart: string;
  /** The machine it runs on, see `host.ts`; this one where it is not said. */
  host?: string;
}

/** How the process table of this machine is read. */
export interface ProcessReader {
  /** The text of a file. */
  readFile(path: string): Promise<string>;
  /** What a command prints; rejects when it fails. */
  run(command: string, args: readonly string[]): Promise<string>;
}

const systemReader: ProcessReader = {
  readFile: (path) => readFile(path, 'utf8'),
  run: async (command, args) => {
    // `ps` words its dates by locale: the Python side asks in the same one.
    const env = { ...definedVariables(), LC_ALL: 'C' };
    const result = await runCommand(command, args, { env, timeoutMilliseconds: 10_000 });
    if (result.exitCode !== 0) {
      throw new Error(`${command} failed: ${result.stderr}`);
    }
    return result.stdout;
  },
};

/**
 * When a process began, as a text that only compares. Linux: field 22 of `/proc/PID/stat` (clock ticks since
 * boot, proc(5)); Windows: whole seconds since 1970 in UTC; elsewhere what `ps -o lstart=` prints in the locale C,
 * trimmed. The Python side (`processes.start_token`) forms the same text.
 * Undefined when there is no such process, and for one that has ended but was not reaped (a zombie).
 */
export async function pidStartOf(
  pid: number,
  platform: NodeJS.Platform = process.platform,
  reader: ProcessReader = systemReader,
): Promise<string | undefined> {
  try {
    if (platform === 'linux') {
      return startInProcStat(await reader.readFile(`/proc/${pid}/stat`));
    }
    if (platform === 'win32') {
      const start = `(Get-Process -Id ${pid} -ErrorAction Stop).StartTime.ToUniversalTime()`;
      const script = `[long][Math]::Floor((${start} - [DateTime]::new(1970, 1, 1)).TotalSeconds)`;
      return nonEmpty(await reader.run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', script]));
    }
    const state = await reader.run('ps', ['-o', 'stat=', '-p', String(pid)]);
    return state.trim().startsWith('Z')
      ? undefined
      : nonEmpty(await reader.run('ps', ['-o', 'lstart=', '-p', String(pid)]));
  } catch {
    return undefined;
  }
}

/** For so long a process whose start was checked is known by its pid alone, in milliseconds. */
const checkedMilliseconds = 30_000;

/** Tells processes that live. All but Linux start another process to learn when one began: that is done seldom. */
export class Liveness {
  readonly #platform: NodeJS.Platform;
  readonly #reader: ProcessReader;
  readonly #now: () => number;
  /** When the start of each was checked. */
  readonly #checked = new Map<string, number>();

  constructor(
    platform: NodeJS.Platform = process.platform,
    reader: ProcessReader = systemReader,
    now: () => number = Date.now,
  ) {
    this.#platform = platform;
    this.#reader = reader;
    this.#now = now;
  }

  /**
   * True while that very process runs; a later one with the same pid may be taken for it for 30 s. One of another machine
   * is taken to run: nothing can be said of it from here.
   */
  async isAlive(identity: ProcessIdentity): Promise<boolean> {
    const since = this.#checked.get(keyOf(identity));
    if (this.#platform === 'linux' || since === undefined || this.#now() - since >= checkedMilliseconds) {
      return this.isSurelyAlive(identity);
    }
    return mayExist(identity.pid) || this.#gone(identity);
  }

  /** The same without that doubt: before a signal is sent. */
  async isSurelyAlive(identity: ProcessIdentity): Promise<boolean> {
    if (isElsewhere(identity)) {
      return true;
    }
    const { pid, pidStart } = identity;
    if (!mayExist(pid) || (await pidStartOf(pid, this.#platform, this.#reader)) !== pidStart) {
      return this.#gone(identity);
    }
    this.#checked.set(keyOf(identity), this.#now());
    return true;
  }

  #gone(identity: ProcessIdentity): false {
    this.#checked.delete(keyOf(identity));
    return false;
  }
}

function keyOf({ pid, pidStart }: ProcessIdentity): string {
  return `${pid} ${pidStart}`;
}

const liveness = new Liveness();

/** See {@link Liveness.isAlive}. */
export function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return liveness.isAlive(identity);
}

/** See {@link Liveness.isSurelyAlive}. */
export function isSurelyAlive(identity: ProcessIdentity): Promise<boolean> {
  return liveness.isSurelyAlive(identity);
}

/** The `pidStart` in the text of a `/proc/PID/stat`; the name in parentheses may itself hold spaces and parentheses. */
export function startInProcStat(text: string): string | undefined {
  const [state, ...rest] = text
    .slice(text.lastIndexOf(')') + 2)
    .trim()
    .split(' ');
  // The state is field 3, so that field 22 is the 19th after it.
  return state === 'Z' || state === 'X' ? undefined : rest[18];
}

/**
 * Pids of a process's descendants, children before their own children, from lines of `PID PPID`
 * (`ps -A -o pid=,ppid=`).
 */
export function descendants(pid: number, table: string): number[] {
  const children = new Map<number, number[]>();
  for (const line of table.split('\n')) {
    const [child, parent] = line.trim().split(/\s+/).map(Number);
    if (child !== undefined && parent !== undefined && child !== parent) {
      children.set(parent, [...(children.get(parent) ?? []), child]);
    }
  }
  const found: number[] = [];
  for (let queue = [pid]; queue.length > 0;) {
    queue = queue.flatMap((parent) => children.get(parent) ?? []).filter((child) => !found.includes(child));
    found.push(...queue);
  }
  return found;
}

/**
 * Sends a signal to a process, its process group and everything that descends from it. Windows knows only
 * the hard end: `taskkill /T`, with `/F` for SIGKILL. What has gone already is no error.
 */
export async function terminateTree(
  pid: number,
  signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL',
  platform: NodeJS.Platform = process.platform,
  reader: ProcessReader = systemReader,
): Promise<void> {
  if (platform === 'win32') {
    const force = signal === 'SIGKILL' ? ['/F'] : [];
    await reader.run('taskkill', ['/PID', String(pid), '/T', ...force]).catch(() => undefined);
    return;
  }
  const table = await reader.run('ps', ['-A', '-o', 'pid=,ppid=']).catch(() => '');
  // Descendants first: once the parent is gone they belong to init, and are not found any more.
  const below = descendants(pid, table).reverse();
  sendQuietly(-pid, signal);
  [...below, pid].forEach((target) => sendQuietly(target, signal));
}

/**
 * Sends a signal to what is left of the group whose leader has ended. A pid is not given out again while a
 * group bears it, so a group without its leader can only be the old one (POSIX, "Process Group ID").
 */
export function signalOrphanedGroup(leader: number, signal: NodeJS.Signals): void {
  if (process.platform !== 'win32' && !mayExist(leader)) {
    sendQuietly(-leader, signal);
  }
}

/** Asks one process to end; on Windows, which has no such signal, nothing happens. */
export function requestEnd(pid: number): void {
  if (process.platform !== 'win32') {
    sendQuietly(pid, 'SIGTERM');
  }
}

/** Kills a process and the rest of its group, not descendants in groups of their own (on Windows: all of them). */
export async function killGroup(leader: number): Promise<void> {
  if (process.platform === 'win32') {
    await terminateTree(leader, 'SIGKILL');
    return;
  }
  sendQuietly(-leader, 'SIGKILL');
  sendQuietly(leader, 'SIGKILL');
}

export interface DetachOptions {
  cwd?: string;
  env: Readonly<Record<string, string>>;
  /** Both streams are appended to this file; without it they are dropped. */
  output?: string;
}

export interface DetachedProcess {
  pid: number;
  /** Resolves when it has ended, as far as this process lives to see it. */
  exited: Promise<{ exitCode: number | undefined; signal: NodeJS.Signals | undefined }>;
}

/** Starts a process that outlives this one, in a session and process group of its own. Rejects when it cannot be started. */
export async function spawnDetached(
  command: string,
  args: readonly string[],
  options: DetachOptions,
): Promise<DetachedProcess> {
  const output = options.output === undefined ? undefined : await open(options.output, 'a', 0o600);
  try {
    const stream = output?.fd ?? 'ignore';
    const child = spawn(command, args, {
      detached: true,
      windowsHide: true,
      stdio: ['ignore', stream, stream],
      env: { ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const exited = exitOf(child);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return { pid: child.pid ?? 0, exited };
  } finally {
    await output?.close();
  }
}

function exitOf(child: ChildProcess): DetachedProcess['exited'] {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }));
  });
}

function nonEmpty(text: string): string | undefined {
  return text.trim() === '' ? undefined : text.trim();
}

function definedVariables(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
