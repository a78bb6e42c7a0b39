import { asRecord, stringField } from '../core/jsonValue';
import { gatewaySocketScript } from './gatewaySocketScript';
import { isAllowedPath } from './proxyRules';

/** Where the script of the gateway posts to, as it is written there. */
const scriptPattern = /<!--START_WEBSOCKET_SHIM-->[^]*?<!--END_WEBSOCKET_SHIM-->/;
const pathPattern = /location\.host\s*\+\s*(['"])\/([\w-][\w.-]{0,99}(?:\/[\w-][\w.-]{0,99}){0,4})\/\1/;
/** Where our pages post to, below the secret. */
const place = 'gateway-websocket/';
const acts = ['open', 'data', 'poll', 'close'] as const;
const maximumBytes = 16 * 1024 * 1024;
/** WebSockets that may be open at a time. */
const mostKept = 200;

type Act = (typeof acts)[number];

/** What is asked of the gateway: where, from its root, and what is sent. */
export interface ShimCall {
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface ShimAnswer {
  status: number;
  text: string;
}

/** What our script posts. */
interface Asked {
  /** Of an open WebSocket. */
  id: string;
  /** Counts what is asked, so that it can be asked again where the answer was lost; for `open` it is a random text. */
  turn: string;
  url: string;
  protocols: readonly string[];
  msg: unknown;
}

/**
 * The way of a gateway that carries no WebSockets: a script that it puts into pages posts their messages to a path of
 * its root instead. Source: github.com/google/inverting-proxy, agent/websockets/shim.go and connection.go. Our script
 * posts them below the dashboard's secret, and only WebSockets of the dashboard that were opened here are let through.
 * What is asked again has the same answer: between the page and this machine, proxies of VS Code lose some.
 */
export class GatewayShim {
  readonly #basePath: string;
  readonly #secret: string;
  /** At the gateway's root; undefined until a page has named it. */
  #path: string | undefined;
  /** The WebSockets that are open, each with its last answers by their acts. */
  readonly #sessions = new Map<string, Map<Act, { turn: string; answer: Promise<ShimAnswer> }>>();
  /** By the texts of those who asked. */
  readonly #opening = new Map<string, Promise<ShimAnswer>>();

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

  /** Undefined for what may not be asked. @param send asks the gateway */
  async answer(act: Act, text: string, send: (call: ShimCall) => Promise<ShimAnswer>): Promise<ShimAnswer | undefined> {
    const asked = askedIn(text);
    if (asked === undefined) {
      return undefined;
    }
    // Binary messages are in base64 from this version on.
    const version = { 'x-websocket-shim-version': '1' };
    const call = (body: string, headers = {}): Promise<ShimAnswer> =>
      send({ path: `/${this.#path ?? ''}/${act}`, headers: { ...version, ...headers }, body });
    const { id, turn, msg } = asked;
    if (act === 'open') {
      return this.#open(asked, call);
    }
    const session = this.#sessions.get(id);
    if (session === undefined) {
      // It was closed before: by whom asks again.
      return undefined;
    }
    const last = session.get(act);
    if (last?.turn === turn) {
      return last.answer;
    }
    const answer = call(JSON.stringify(act === 'data' ? [{ id, msg }] : { id }));
    session.set(act, { turn, answer });
    if (act === 'close') {
      this.#sessions.delete(id);
    }
    return answer;
  }

  async #open(
    { turn, url, protocols }: Asked,
    call: (body: string, headers: Record<string, string>) => Promise<ShimAnswer>,
  ): Promise<ShimAnswer | undefined> {
    const address = this.#upstream(url);
    const known = this.#opening.get(turn);
    if (address === undefined || known !== undefined) {
      return address === undefined ? undefined : known;
    }
    // The gateway hands on the headers that it opens a WebSocket by.
    const opening = call(address, protocols.length === 0 ? {} : { 'sec-websocket-protocol': protocols.join(', ') });
    this.#opening.set(turn, opening);
    const answer = await opening;
    const id = stringField(asRecord(parsed(answer.text)), 'id');
    if (answer.status === 200 && id !== undefined) {
      this.#sessions.set(id, new Map());
    }
    for (const map of [this.#sessions, this.#opening]) {
      // Pages go without a word: the gateway ends what they had.
      const [oldest] = map.keys();
      if (map.size > mostKept && oldest !== undefined) {
        map.delete(oldest);
      }
    }
    return answer;
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

/** Undefined for what our script never posts. */
function askedIn(text: string): Asked | undefined {
  const value = asRecord(parsed(text));
  const protocols: unknown = value?.['protocols'] ?? [];
  // Tokens of HTTP, as a browser would check them.
  const isToken = (one: unknown): one is string => typeof one === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(one);
  const turn = stringField(value, 'turn');
  return turn === undefined || !Array.isArray(protocols) || !protocols.every(isToken)
    ? undefined
    : {
        id: stringField(value, 'id') ?? '',
        turn,
        url: stringField(value, 'url') ?? '',
        protocols,
        msg: value?.['msg'],
      };
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
