import { once, EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as vscode from 'vscode';

/** What a function that runs in the extension host gets: VS Code's API, and an object that is kept between calls. */
export interface HostScope {
  vscode: typeof vscode;
  kept: Record<string, unknown>;
  require: NodeJS.Require;
}

type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

interface Message {
  hello?: { pid: number };
  id: number;
  value: unknown;
  error?: string;
}

/** One extension host that has called. */
export class HostConnection {
  readonly #socket: Socket;
  readonly #answers = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #next = 1;
  #text = '';
  #closed = false;
  readonly pid: Promise<number>;
  readonly closed: Promise<void>;

  constructor(socket: Socket) {
    this.#socket = socket;
    let hello: (pid: number) => void = () => undefined;
    this.pid = new Promise((resolve) => (hello = resolve));
    this.closed = once(socket, 'close').then(() => {
      this.#closed = true;
      this.#answers.forEach(({ reject }) => reject(new Error('The extension host has ended.')));
    });
    socket.on('error', () => undefined);
    socket.setEncoding('utf8').on('data', (data: string) => {
      this.#text += data;
      const lines = this.#text.split('\n');
      this.#text = lines.pop() ?? '';
      for (const line of lines) {
        this.#receive(JSON.parse(line) as Message, hello);
      }
    });
  }

  /** Runs `action` in the extension host. It sees only its arguments: no variable or import around it. */
  call<A extends readonly Json[], R>(action: (scope: HostScope, ...args: A) => R, ...args: A): Promise<Awaited<R>> {
    if (this.#closed) {
      return Promise.reject(new Error('The extension host has ended.'));
    }
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, { resolve: (value) => resolve(value as Awaited<R>), reject });
      this.#socket.write(`${JSON.stringify({ id, source: action.toString(), args })}\n`);
    });
  }

  #receive(message: Message, hello: (pid: number) => void): void {
    if (message.hello !== undefined) {
      hello(message.hello.pid);
      return;
    }
    const waiting = this.#answers.get(message.id);
    this.#answers.delete(message.id);
    if (message.error === undefined) {
      waiting?.resolve(message.value);
    } else {
      waiting?.reject(new Error(`In the extension host: ${message.error}`));
    }
  }
}

/** Waits for the extension hosts of an editor's windows to call. */
export class DriverServer {
  readonly #server: Server;
  readonly #arrivals = new EventEmitter();
  readonly #waiting: HostConnection[] = [];

  private constructor(
    readonly socketPath: string,
    private readonly folder: string,
  ) {
    this.#server = createServer((socket) => {
      this.#waiting.push(new HostConnection(socket));
      this.#arrivals.emit('arrival');
    });
  }

  static async listen(): Promise<DriverServer> {
    const folder = await mkdtemp(path.join(tmpdir(), 'dask-driver-'));
    const server = new DriverServer(path.join(folder, 'socket'), folder);
    server.#server.listen(server.socketPath);
    await once(server.#server, 'listening');
    return server;
  }

  /** The next extension host that calls, each once. */
  async next(timeoutMs = 60_000): Promise<HostConnection> {
    const signal = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const connection = this.#waiting.shift();
      if (connection !== undefined) {
        return connection;
      }
      await once(this.#arrivals, 'arrival', { signal });
    }
  }

  async close(): Promise<void> {
    this.#server.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
