import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import WebSocket, { WebSocketServer } from 'ws';
import { mostData, readFrame, writeFrame } from '../../../src/dataproc/iap/frames';
import type { Faults } from '../faults';
import type { Tokens } from '../http/tokens';

export interface IapRelayParts {
  readonly tokens: Tokens | undefined;
  /** `IapRelay.Connect` and `IapRelay.Reconnect` are its calls. An error closes the WebSocket as one without the right. */
  readonly faults: Faults;
  /** Where a port of a machine is on this one; undefined for a machine that is not there, or does not answer. */
  readonly find: (machine: {
    project: string;
    zone: string;
    instance: string;
    port: number;
  }) => Promise<{ host: string; port: number } | undefined>;
}

interface Session {
  readonly machine: Socket;
  client: WebSocket | undefined;
  /** Bytes of the client's, counted from its first. */
  received: number;
  /** Of them, those that the machine has, and those that the client knows of. */
  taken: number;
  acknowledged: number;
  /** What the client has not acknowledged, and the place of its first byte. */
  kept: Buffer;
  keptFrom: number;
}

const subprotocol = 'relay.tunnel.cloudproxy.app';
const ackAfter = 2 * mostData;
const codes = { unreachable: 4003, denied: 4033, unknownSession: 4004, invalid: 4000 } as const;

/** The relay of Identity-Aware Proxy: TCP connections to machines, through WebSockets that may break and go on. */
export class IapRelay {
  readonly #parts: IapRelayParts;
  readonly #server = new WebSocketServer({
    noServer: true,
    handleProtocols: (asked) => asked.has(subprotocol) && subprotocol,
  });
  readonly #sessions = new Map<string, Session>();

  constructor(parts: IapRelayParts) {
    this.#parts = parts;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const { origin, authorization } = request.headers;
    const known = url.pathname === '/v4/connect' || url.pathname === '/v4/reconnect';
    let status = !known ? 404 : origin !== 'bot:iap-tunneler' ? 403 : 101;
    try {
      this.#parts.tokens?.check(authorization);
    } catch {
      status = 401;
    }
    if (status !== 101) {
      socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (client) => {
      const act = url.pathname === '/v4/connect' ? this.#connect(client, url) : this.#reconnect(client, url);
      void act.catch(() => client.close(codes.invalid));
    });
  }

  /** Breaks all WebSockets, as a network does: their sessions can be gone on with. */
  drop(): void {
    this.#sessions.forEach(({ client }) => client?.terminate());
  }

  dispose(): void {
    for (const { machine, client } of this.#sessions.values()) {
      machine.destroy();
      client?.terminate();
    }
    this.#sessions.clear();
    this.#server.close();
  }

  async #connect(client: WebSocket, { searchParams: query }: URL): Promise<void> {
    if (await this.#isDenied(client, 'IapRelay.Connect')) {
      return;
    }
    const [project, zone, instance] = ['project', 'zone', 'instance'].map((name) => query.get(name) ?? '');
    const port = Number(query.get('port'));
    if (!project || !zone || !instance || !(port > 0) || query.get('interface') !== 'nic0') {
      client.close(codes.invalid, 'A target has a project, a zone, an instance, an interface and a port');
      return;
    }
    const place = await this.#parts.find({ project, zone, instance, port });
    const machine = place && (await connected(place.port, place.host));
    if (machine === undefined) {
      client.close(codes.unreachable, 'failed to connect to backend');
      return;
    }
    const id = randomUUID();
    const session: Session = {
      ...{ machine, client: undefined, received: 0, taken: 0, acknowledged: 0, kept: Buffer.alloc(0), keptFrom: 0 },
    };
    this.#sessions.set(id, session);
    machine.on('data', (bytes) => {
      session.kept = Buffer.concat([session.kept, bytes]);
      send(session, bytes);
    });
    machine.on('error', () => undefined);
    machine.on('close', () => {
      this.#sessions.delete(id);
      session.client?.close(1000);
    });
    client.send(writeFrame({ kind: 'connected', session: id }));
    this.#serve(session, client);
  }

  async #reconnect(client: WebSocket, { searchParams: query }: URL): Promise<void> {
    if (await this.#isDenied(client, 'IapRelay.Reconnect')) {
      return;
    }
    const session = this.#sessions.get(query.get('sid') ?? '');
    const from = Number(query.get('ack'));
    if (session === undefined || !query.has('zone') || !(from >= session.keptFrom)) {
      client.close(codes.unknownSession, 'no such session');
      return;
    }
    session.client?.terminate();
    acknowledge(session, from);
    client.send(writeFrame({ kind: 'reconnected', taken: session.received }));
    session.acknowledged = session.received;
    this.#serve(session, client);
    send(session, session.kept);
  }

  #serve(session: Session, client: WebSocket): void {
    session.client = client;
    client.on('message', (message: Buffer) => {
      const frame = readFrame(message);
      if (frame?.kind === 'ack') {
        acknowledge(session, frame.taken);
      } else if (frame?.kind === 'data' && frame.bytes.length <= mostData) {
        session.received += frame.bytes.length;
        // Acknowledged as the machine takes it.
        session.machine.write(frame.bytes, () => {
          session.taken += frame.bytes.length;
          if (session.taken - session.acknowledged > ackAfter) {
            session.acknowledged = session.taken;
            session.client?.send(writeFrame({ kind: 'ack', taken: session.taken }), () => undefined);
          }
        });
      } else {
        client.close(codes.invalid, 'not a frame of a client');
      }
    });
    client.on('error', () => undefined);
    client.on('close', (code) => {
      if (code === 1000) {
        session.machine.end();
      }
    });
  }

  async #isDenied(client: WebSocket, method: string): Promise<boolean> {
    const fault = this.#parts.faults.take(method);
    await fault?.wait();
    if (fault?.lose !== undefined) {
      client.terminate();
      return true;
    }
    if (fault?.error !== undefined) {
      client.close(codes.denied, 'not authorized');
      return true;
    }
    return false;
  }
}

function send({ client }: Session, bytes: Buffer): void {
  if (client?.readyState === WebSocket.OPEN) {
    for (let at = 0; at < bytes.length; at += mostData) {
      client.send(writeFrame({ kind: 'data', bytes: bytes.subarray(at, at + mostData) }));
    }
  }
}

/** Throws RangeError for bytes that were never sent, or were acknowledged before. */
function acknowledge(session: Session, taken: number): void {
  if (taken < session.keptFrom || taken > session.keptFrom + session.kept.length) {
    throw new RangeError(`${taken} bytes were acknowledged`);
  }
  session.kept = session.kept.subarray(taken - session.keptFrom);
  session.keptFrom = taken;
}

function connected(port: number, host: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => resolve(socket)).once('error', () => resolve(undefined));
  });
}
