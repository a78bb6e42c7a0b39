import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Transform } from 'node:stream';
import WebSocket from 'ws';
import { isJson } from '../json';
import { shimScript } from './shimScript';

interface Session {
  readonly socket: WebSocket;
  /** What has come and was not fetched yet: a text, or an array of one that is binary in base64. */
  readonly messages: (string | [string])[];
  /** Wakes the poll that waits. */
  wake: () => void;
  touched: number;
}

const pollMilliseconds = 20_000;
const idleMilliseconds = 60 * 60_000;
/** Only so much of a page is looked at for its head. */
const headBytes = 1024;

/**
 * Websockets over plain requests, as Google's open-source agent of the inverting proxy offers them: POST
 * `/PATH/{open,data,poll,close}`. Source: github.com/google/inverting-proxy, agent/websockets/shim.go.
 */
export class WebsocketShim {
  readonly #path = `websocket-shim-${randomBytes(4).toString('hex')}`;
  readonly #script = shimScript(this.#path);
  readonly #sessions = new Map<string, Session>();
  #count = 0;

  /** @param route address and headers of the websocket behind a path of the gateway */
  constructor(
    private readonly route: (path: string) => Promise<{ url: URL; headers: Record<string, string> } | undefined>,
  ) {}

  /** The act that a request asks for, undefined when it is not for the shim. */
  actionOf({ url = '/' }: IncomingMessage): string | undefined {
    const [, path, action, ...more] = new URL(url, 'http://gateway').pathname.split('/');
    return path === this.#path && more.length === 0 ? action : undefined;
  }

  async act(action: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#endIdle();
    const answer = (status: number, text: string) => response.writeHead(status).end(text);
    const body = await bodyOf(request);
    if (request.method !== 'POST') {
      answer(405, 'POST only');
    } else if (action === 'open') {
      const protocols = request.headers['sec-websocket-protocol']?.split(/\s*,\s*/) ?? [];
      const opened = await this.#open(body, Number(request.headers['x-websocket-shim-version'] ?? 0), protocols);
      answer(opened === undefined ? 500 : 200, opened ?? 'internal error opening a shim connection');
    } else {
      const parts = [parsed(body)].flat().filter(isJson);
      const session = this.#sessions.get(String(parts[0]?.['id']));
      if (session === undefined) {
        answer(400, 'unknown shim session');
        return;
      }
      session.touched = Date.now();
      switch (action) {
        case 'data':
          for (const { msg } of parts) {
            session.socket.send(Array.isArray(msg) ? Buffer.from(String(msg[0]), 'base64') : String(msg));
          }
          answer(200, 'ok');
          break;
        case 'poll': {
          const [status, text] = await this.#poll(String(parts[0]?.['id']), session, response);
          answer(status, text);
          break;
        }
        case 'close':
          this.#sessions.delete(String(parts[0]?.['id']));
          session.socket.close();
          session.wake();
          answer(200, 'ok');
          break;
        default:
          answer(404, 'no such act');
      }
    }
  }

  /** Puts the script after the first `<head>` of a page. */
  into(): Transform {
    let start: Buffer | undefined = Buffer.alloc(0);
    const withScript = (page: Buffer) => page.toString('latin1').replace('<head>', () => `<head>${this.#script}`);
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        if (start === undefined) {
          done(null, chunk);
        } else {
          start = Buffer.concat([start, chunk]);
          const whole = start;
          if (whole.length < headBytes) {
            done();
          } else {
            start = undefined;
            done(null, Buffer.from(withScript(whole.subarray(0, headBytes)), 'latin1'));
            this.push(whole.subarray(headBytes));
          }
        }
      },
      flush(done) {
        done(null, start === undefined ? undefined : Buffer.from(withScript(start), 'latin1'));
      },
    });
  }

  close(): void {
    this.#sessions.forEach(({ socket }) => socket.terminate());
    this.#sessions.clear();
  }

  async #open(address: string, version: number, protocols: readonly string[]): Promise<string | undefined> {
    // Only the path counts: whatever host the page has, the machine is meant.
    const { pathname, search } = new URL(address, 'ws://gateway');
    const target = await this.route(pathname + search);
    if (target === undefined) {
      return undefined;
    }
    const { url, headers } = target;
    const socket = new WebSocket(url.href.replace(/^http/, 'ws'), [...protocols], { headers });
    const session: Session = { socket, messages: [], wake: () => undefined, touched: Date.now() };
    socket.on('message', (data: Buffer, isBinary) => {
      session.messages.push(isBinary ? [data.toString(version === 0 ? 'latin1' : 'base64')] : data.toString());
      session.wake();
    });
    const opened = await new Promise<boolean>((resolve) => {
      socket.once('open', () => resolve(true)).on('error', () => resolve(false));
    });
    socket.on('close', () => session.wake());
    if (!opened) {
      return undefined;
    }
    const id = String(++this.#count);
    this.#sessions.set(id, session);
    return JSON.stringify({ id, msg: url.href, v: version, ...(socket.protocol === '' ? {} : { s: socket.protocol }) });
  }

  /** What has come, or comes while the request lasts. */
  async #poll(id: string, session: Session, response: ServerResponse): Promise<[number, string]> {
    const { socket, messages } = session;
    if (messages.length === 0 && socket.readyState === WebSocket.OPEN) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, pollMilliseconds);
        session.wake = () => {
          clearTimeout(late);
          resolve();
        };
        response.once('close', session.wake);
      });
    }
    if (messages.length > 0) {
      return [200, JSON.stringify(messages.splice(0))];
    }
    if (socket.readyState !== WebSocket.OPEN) {
      this.#sessions.delete(id);
      return [400, 'the websocket has closed'];
    }
    return [408, 'empty'];
  }

  #endIdle(): void {
    for (const [id, { socket, touched }] of this.#sessions) {
      if (Date.now() - touched > idleMilliseconds) {
        socket.terminate();
        this.#sessions.delete(id);
      }
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) {
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
