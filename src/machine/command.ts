import { spawn, type ChildProcess } from 'node:child_process';
import { CancelledError } from '../core/errors';
import { mayExist, sendQuietly } from './signals';

export interface CommandResult {
  /** Undefined after a signal. */
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** Kills the command and all that it has started. */
  signal?: AbortSignal;
  /** After so many milliseconds the command is killed likewise, and its result has no exit code. */
  timeoutMilliseconds?: number;
  /** Each line of both streams, as it comes. */
  onLine?: (line: string) => void;
}

const keptCharacters = 1_000_000;

/**
 * Runs a command without a shell and collects what it prints (the last million characters of each stream).
 * Rejects with Node's own error when it cannot be started (`ENOENT`, `EACCES`), with CancelledError on abort.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted === true) {
      reject(new CancelledError());
      return;
    }
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      // A group of its own, so that its end takes along what it has started. Windows ends a tree by itself.
      detached: process.platform !== 'win32',
      ...(options.env === undefined ? {} : { env: { ...options.env } }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const kill = (): void => killWhole(child);
    options.signal?.addEventListener('abort', kill, { once: true });
    const timer = options.timeoutMilliseconds === undefined ? undefined : setTimeout(kill, options.timeoutMilliseconds);
    const texts = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      const lines = new LineSplitter(options.onLine);
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        texts[stream] = (texts[stream] + text).slice(-keptCharacters);
        lines.push(text);
      });
      child[stream].on('end', () => lines.end());
    }
    const settle = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', kill);
    };
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    child.on('close', (code) => {
      settle();
      if (options.signal?.aborted === true) {
        reject(new CancelledError());
      } else {
        resolve({ exitCode: code ?? undefined, ...texts });
      }
    });
  });
}

/** Children go on otherwise: they would hold the pipes, and a lock that the command has taken. */
function killWhole(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) {
    return;
  }
  if (process.platform === 'win32') {
    spawn('taskkill', ['/PID', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true }).on('error', () =>
      child.kill('SIGKILL'),
    );
    return;
  }
  const ended = child.exitCode !== null || child.signalCode !== null;
  // A group keeps the number of a leader that has gone; a process that bears it again is somebody else's.
  if (!ended || !mayExist(pid)) {
    sendQuietly(-pid, 'SIGKILL');
  }
}

class LineSplitter {
  readonly #onLine: ((line: string) => void) | undefined;
  #rest = '';

  constructor(onLine: ((line: string) => void) | undefined) {
    this.#onLine = onLine;
  }

  push(text: string): void {
    if (this.#onLine === undefined) {
      return;
    }
    const lines = (this.#rest + text).split(/\r\n|\r|\n/);
    this.#rest = (lines.pop() ?? '').slice(-10_000);
    lines.filter((line) => line.trim() !== '').forEach((line) => this.#onLine?.(line));
  }

  end(): void {
    if (this.#rest.trim() !== '') {
      this.#onLine?.(this.#rest);
    }
  }
}
