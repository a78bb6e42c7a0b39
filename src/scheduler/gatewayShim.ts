import type { IncomingMessage } from 'node:http';
import { isAllowedPath } from './proxyRules';

/** Where the script of the gateway posts to, as it is written there. */
const scriptPattern = /<!--START_WEBSOCKET_SHIM-->[^]*?<!--END_WEBSOCKET_SHIM-->/;
const pathPattern = /(location\.host\s*\+\s*)(['"])\/([\w-][\w.-]{0,99}(?:\/[\w-][\w.-]{0,99}){0,4})\/\2/;
const acts = ['open', 'data', 'poll', 'close'] as const;
const maximumBytes = 16 * 1024 * 1024;

type Act = (typeof acts)[number];

/** What is asked of the shim: where it goes, from the gateway's root, and what is sent. */
export interface ShimCall {
  act: Act;
  path: string;
  body: string;
}

/**
 * The way of a gateway that carries no WebSockets: a script that it puts into pages posts their messages to a path of
 * its root instead. Source: github.com/google/inverting-proxy, agent/websockets/shim.go. Here they are posted below
 * the dashboard's secret, and only WebSockets of the dashboard that were opened here are let through.
 */
export class GatewayShim {
  readonly #basePath: string;
  readonly #secret: string;
  #path: string | undefined;
  /** Ids of the WebSockets that are open. */
  readonly #sessions = new Set<string>();

  /** @param basePath of the scheduler's HTTP side at the gateway, without a slash at the end */
  constructor(basePath: string, secret: string) {
    this.#basePath = basePath;
    this.#secret = secret;
  }

  /**
   * A page whose script posts to where this listener is, whatever is before the secret in the page's address.
   * @param toRoot relative way from the page to the base, such as `../`
   */
  relocated(html: string, toRoot: string): string {
    return html.replace(scriptPattern, (script) =>
      script.replace(pathPattern, (_whole, host: string, quote: string, path: string) => {
        this.#path = path;
        return `${host}location.pathname.replace(/[^/]*$/, ${quote}${quote}) + ${quote}${toRoot}${path}/${quote}`;
      }),
    );
  }

  /** Undefined when a path below the secret is not the shim's. */
  actOf(path: string): Act | undefined {
    return acts.find((act) => this.#path !== undefined && path === `${this.#path}/${act}`);
  }

  /** What goes to the gateway; undefined when it may not. */
  async call(act: Act, request: IncomingMessage): Promise<ShimCall | undefined> {
    const path = `/${this.#path ?? ''}/${act}`;
    const text = await textOf(request);
    if (act === 'open') {
      const body = this.#upstream(text);
      return body === undefined ? undefined : { act, path, body };
    }
    const ids = idsIn(text);
    if (ids.length === 0 || ids.some((id) => !this.#sessions.has(id))) {
      return undefined;
    }
    if (act === 'close') {
      ids.forEach((id) => this.#sessions.delete(id));
    }
    return { act, path, body: text };
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
    url.pathname = `${this.#basePath}/${below}`;
    return url.href;
  }
}

function idsIn(text: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  return [value].flat().map((one) => {
    const id = typeof one === 'object' && one !== null ? (one as Record<string, unknown>)['id'] : undefined;
    return typeof id === 'string' ? id : '';
  });
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
