import { Duplex } from 'node:stream';
import WebSocket from 'ws';
import { mostData, readFrame, writeFrame } from './frames';

/** A port of a machine, as the relay names it. */
export interface RelayTarget {
  project: string;
  zone: string;
  instance: string;
  port: number;
}

export interface RelayOptions {
  /** `wss://tunnel.cloudproxy.app`, or an emulator's. */
  origin: string;
  token: () => Promise<string>;
  target: RelayTarget;
}

/** Why there is no connection, or none any more. */
export class RelayError extends Error {
  constructor(
    message: string,
    /** The relay's, of a closed WebSocket. */
    readonly closeCode: number | undefined,
    /** HTTP's, where there was no WebSocket. */
    readonly status: number | undefined,
  ) {
    super(message);
    this.name = 'RelayError';
  }
}

const subprotocol = 'relay.tunnel.cloudproxy.app';
/** What tells a tunnel from a page in a browser. */
const origin = 'bot:iap-tunneler';
/** Bytes that arrive before they are acknowledged: as gcloud has it. */
const ackAfter = 2 * mostData;
/** Bytes that are kept to be sent again: more are not taken before some are acknowledged. */
const mostKept = 1024 * 1024;
/** Closes after which there is nothing to go on with: the machine, the rights or the session are not there. */
const final = new Set([4003, 4004, 4033, 4047, 4080]);
/** Milliseconds before each try to go on after a break. */
const delays = [0, 200, 1_000, 3_000] as const;
const handshakeMilliseconds = 20_000;

/**
 * One TCP connection to a port of a machine, through Identity-Aware Proxy. After a break of the way it goes on where it
 * was: what was not acknowledged is sent again. Errors are RelayErrors.
 */
export class RelayConnection extends Duplex {
  readonly #options: RelayOptions;
  #socket: WebSocket | undefined;
  #session: string | undefined;
  /** True between the relay's first frame and the next break. */
  #open = false;
  #received = 0;
  #acknowledged = 0;
  /** What was sent and not acknowledged, and the place of its first byte. */
  #kept: Buffer[] = [];
  #keptFrom = 0;
  #keptBytes = 0;
  #goOn: (() => void) | undefined;
  #tries = 0;
  #timer: NodeJS.Timeout | undefined;
  #opened: ((error?: Error | null) => void) | undefined;

  constructor(options: RelayOptions) {
    super({ allowHalfOpen: false });
    this.#options = options;
  }

  override _construct(done: (error?: Error | null) => void): void {
    this.#opened = done;
    void this.#connect();
  }

  override _read(): void {
    this.#socket?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    for (let at = 0; at < chunk.length; at += mostData) {
      const part = chunk.subarray(at, at + mostData);
      this.#kept.push(part);
      this.#keptBytes += part.length;
      this.#send(part);
    }
    if (this.#keptBytes > mostKept) {
      this.#goOn = done;
    } else {
      done();
    }
  }

  override _final(done: (error?: Error | null) => void): void {
    // The relay closes the way to the machine after what came before.
    this.#socket?.close(1000);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#socket?.removeAllListeners();
    this.#socket?.on('error', () => undefined).terminate();
    this.#socket = undefined;
    this.#settle(error ?? new RelayError('The connection was closed.', undefined, undefined));
    done(error);
  }

  async #connect(): Promise<void> {
    let token: string;
    try {
      token = await this.#options.token();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (this.destroyed) {
      return;
    }
    const socket = new WebSocket(this.#url(), subprotocol, {
      headers: { Authorization: `Bearer ${token}` },
      origin,
      perMessageDeflate: false,
      handshakeTimeout: handshakeMilliseconds,
      maxPayload: 16 * mostData,
    });
    this.#socket = socket;
    let problem: Error | undefined;
    let status: number | undefined;
    socket.on('unexpected-response', (request, response) => {
      status = response.statusCode;
      response.resume();
      request.destroy();
      this.#broken(1006, '', new RelayError(`The relay answers with HTTP status ${status}.`, undefined, status));
    });
    socket.on('error', (error) => (problem = error));
    socket.on('close', (code, reason) => {
      if (socket === this.#socket && status === undefined) {
        this.#broken(code, reason.toString('utf8'), problem);
      }
    });
    socket.on('message', (message: Buffer, binary: boolean) => {
      try {
        const frame = binary ? readFrame(message) : undefined;
        if (frame !== undefined) {
          this.#take(frame);
        }
      } catch (error) {
        this.#fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  #url(): string {
    const { origin: relay, target } = this.#options;
    const { project, zone, instance, port } = target;
    const session = this.#session;
    const query =
      session === undefined
        ? { project, zone, instance, interface: 'nic0', port: String(port), newWebsocket: 'True' }
        : { sid: session, ack: String(this.#received), zone, newWebsocket: 'True' };
    const path = session === undefined ? 'connect' : 'reconnect';
    return `${relay}/v4/${path}?${new URLSearchParams(query).toString()}`;
  }

  #take(frame: NonNullable<ReturnType<typeof readFrame>>): void {
    switch (frame.kind) {
      case 'connected':
        this.#session = frame.session;
        this.#isOpen();
        break;
      case 'reconnected':
        this.#drop(frame.taken);
        this.#isOpen();
        break;
      case 'ack':
        this.#drop(frame.taken);
        break;
      case 'data':
        this.#received += frame.bytes.length;
        if (!this.push(frame.bytes)) {
          this.#socket?.pause();
        }
        if (this.#received - this.#acknowledged > ackAfter) {
          this.#acknowledged = this.#received;
          this.#socket?.send(writeFrame({ kind: 'ack', taken: this.#received }));
        }
        break;
    }
  }

  #isOpen(): void {
    this.#open = true;
    this.#tries = 0;
    for (const part of this.#kept) {
      this.#send(part);
    }
    this.#settle();
  }

  #send(bytes: Buffer): void {
    if (this.#open) {
      this.#socket?.send(writeFrame({ kind: 'data', bytes }));
    }
  }

  /** Forgets what has arrived: all before this place. */
  #drop(taken: number): void {
    if (taken < this.#keptFrom || taken > this.#keptFrom + this.#keptBytes) {
      throw new RangeError(`The relay has taken ${taken} bytes, of ${this.#keptFrom + this.#keptBytes} that were sent`);
    }
    while (this.#keptFrom < taken) {
      const [first = Buffer.alloc(0)] = this.#kept;
      const part = Math.min(first.length, taken - this.#keptFrom);
      this.#keptFrom += part;
      this.#keptBytes -= part;
      if (part === first.length) {
        this.#kept.shift();
      } else {
        this.#kept[0] = first.subarray(part);
      }
    }
    if (this.#keptBytes <= mostKept) {
      const goOn = this.#goOn;
      this.#goOn = undefined;
      goOn?.();
    }
  }

  #broken(code: number, reason: string, problem: Error | undefined): void {
    this.#open = false;
    this.#socket = undefined;
    if (code === 1000 || this.writableFinished) {
      this.push(null);
      return;
    }
    const delay = delays[this.#tries];
    const error =
      problem instanceof RelayError
        ? problem
        : new RelayError(
            problem?.message ?? `The relay closed the connection: ${code}${reason === '' ? '' : ` ${reason}`}`,
            code,
            undefined,
          );
    if (this.#session === undefined || final.has(code) || delay === undefined) {
      this.#fail(error);
      return;
    }
    this.#tries += 1;
    this.#timer = setTimeout(() => void this.#connect(), delay);
  }

  #fail(error: Error): void {
    this.#settle(error);
    this.destroy(error);
  }

  #settle(error?: Error): void {
    const opened = this.#opened;
    this.#opened = undefined;
    opened?.(error);
  }
}
