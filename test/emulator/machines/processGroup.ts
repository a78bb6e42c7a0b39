import { spawn, type ChildProcess } from 'node:child_process';

export interface GroupOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onOutput: (bytes: Buffer) => void;
}

export interface GroupEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly error: string | undefined;
}

const graceMilliseconds = 2000;

/** A process and all that it starts. Output of both streams comes in one, in the order in which it was written. */
export class ProcessGroup {
  readonly ended: Promise<GroupEnd>;
  readonly #child: ChildProcess;
  #running = true;

  constructor(command: readonly string[], { cwd, env, onOutput }: GroupOptions) {
    const [program = '', ...args] = command;
    // One pipe for both streams, so that their order stays.
    const child = spawn('/bin/sh', ['-c', 'exec "$0" "$@" 2>&1', program, ...args], {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stdout.on('data', onOutput);
    child.stderr.on('data', onOutput);
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#running = false;
        resolve({ exitCode: null, signal: null, error: error.message });
      });
      child.once('exit', (exitCode, signal) => {
        this.#running = false;
        const end = { exitCode, signal, error: undefined };
        // What it left behind may hold the pipe for as long as it likes.
        const late = setTimeout(() => resolve(end), 200);
        child.stdout.once('close', () => {
          clearTimeout(late);
          resolve(end);
        });
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** SIGTERM to all, and SIGKILL to what is left two seconds later. */
  kill(): void {
    this.#signal('SIGTERM');
    setTimeout(() => this.#signal('SIGKILL'), graceMilliseconds).unref();
  }

  /** Also what the process has left behind. */
  killNow(): void {
    this.#signal('SIGKILL');
  }

  get running(): boolean {
    return this.#running;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) {
      try {
        process.kill(-this.#child.pid, signal);
      } catch {
        // All have gone.
      }
    }
  }
}
