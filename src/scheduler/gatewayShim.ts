import type { IncomingMessage } from 'node:http';
import { gatewaySocketScript } from './gatewaySocketScript';
import { isAllowedPath } from './proxyRules';

/** Where the script of the gateway posts to, as it is written there. */
const scriptPattern = /<!--START_WEBSOCKET_SHIM-->[^]*?<!--END_WEBSOCKET_SHIM-->/;
const pathPattern = /location\.host\s*\+\s*(['"])\/([\w-][\w.-]{0,99}(?:\/[\w-][\w.-]{0,99}){0,4})\/\1/;
/** Where our pages post to, below the secret. */
const place = 'gateway-websocket/';
const acts = ['open', 'data', 'poll', 'close'] as const;
const maximumBytes = 16 * 1024 * 1024;

type Act = (typeof acts)[number];

/** What is asked of the shim: where it goes, from the gateway's root, and what is sent. */
export interface ShimCall {
  act: Act;
  path: string;
  headers: Record<string, string>;
  body: string;
}

/**
 * The way of a gateway that carries no WebSockets: a script that it puts into pages posts their messages to a path of
 * its root instead. Source: github.com/google/inverting-proxy, agent/websockets/shim.go and connection.go. Our script
 * posts them below the dashboard's secret, and only WebSockets of the dashboard that were opened here are let through.
 */
export class GatewayShim {
  readonly #basePath: string;
  readonly #secret: string;
  /** At the gateway's root; undefined until a page has named it. */
  #path: string | undefined;
  /** Ids of the WebSockets that are open. */
  readonly #sessions = new Set<string>();

  /** @param basePath of the scheduler's HTTP side at the gateway, without a slash at the end */
  constructor(basePath: string, secret: string) {
    this.#basePath = basePath;
    this.#secret = secret;
  }

  /**
   * A page with our script for the gateway's.
   * @param toRoot relative way from the page to the base, such as `../`
   */
  relocated(html: string, toRoot: string): string {
    return html.replace(scriptPattern, (script) => {
      const path = pathPattern.exec(script)?.[2];
      this.#path = path ?? this.#path;
      return path === undefined ? script : gatewaySocketScript(toRoot + place);
    });
  }

  /** Undefined when a path below the secret is not the shim's. */
  actOf(path: string): Act | undefined {
    return this.#path === undefined ? undefined : acts.find((act) => path === place + act);
  }

  /** What goes to the gateway; undefined when it may not. */
  async call(act: Act, request: IncomingMessage): Promise<ShimCall | undefined> {
    const asked = { act, path: `/${this.#path ?? ''}/${act}` };
    // Binary messages are in base64 from this version on.
    const version = { 'x-websocket-shim-version': '1' };
    const text = await textOf(request);
    if (act === 'open') {
      const { address, protocols } = addressIn(text);
      const body = this.#upstream(address);
      // The gateway hands on the headers that it opens a WebSocket by.
      const headers = { ...version, ...(protocols === '' ? {} : { 'sec-websocket-protocol': protocols }) };
      return body === undefined ? undefined : { ...asked, headers, body };
    }
    const ids = idsIn(text);
    if (ids.length === 0 || ids.some((id) => !this.#sessions.has(id))) {
      return undefined;
    }
    if (act === 'close') {
      ids.forEach((id) => this.#sessions.delete(id));
    }
    return { ...asked, headers: version, body: text };
  }

  /** What the gateway has answered to `open`. */
  opened(answer: string): void {
    idsIn(answer).forEach((id) => this.#sessions.add(id));
  }

  /** The address of a page's WebSocket as the gateway has it; its host does not count. */
  #upstream(address: string): string | undefined {
    if (!URL.canParse(address)) {
      return undefined;
    }
    const url = new URL(address);
    const start = `/${this.#secret}/`;
    const at = url.pathname.indexOf(start);
    const below = url.pathname.slice(at + start.length);
    if (at === -1 || !isAllowedPath(below) || !below.endsWith('/ws')) {
      return undefined;
    }
    return `ws://gateway${this.#basePath}/${below}${url.search}`;
  }
}

/** What our script posts to open a WebSocket. */
function addressIn(text: string): { address: string; protocols: string } {
  const value = parsed(text) as { url?: unknown; protocols?: unknown } | null | undefined;
  const { url, protocols } = value ?? {};
  const names = Array.isArray(protocols) ? protocols.filter((one) => typeof one === 'string') : [];
  // Tokens of HTTP, as a browser would check them.
  const proper = names.every((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name));
  return { address: typeof url === 'string' && proper ? url : '', protocols: names.join(', ') };
}

function idsIn(text: string): string[] {
  return [parsed(text)].flat().map((one) => {
    const id = typeof one === 'object' && one !== null ? (one as Record<string, unknown>)['id'] : undefined;
    return typeof id === 'string' ? id : '';
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The whole of a body. Throws where it is too long. */
export async function textOf(message: AsyncIterable<unknown>): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of message as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length > maximumBytes) {
      throw new Error('It is too long');
    }
  }
  return Buffer.concat(parts).toString('utf8');
}
