import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import path from 'node:path';
import { WebSocket } from 'ws';
import type { SchedulerEndpoint } from '../../src/core/cluster';
import { benchmark, options, spread, type Spread } from './benchmark';
import { startScheduler } from './scheduler';

type Way = 'direct' | 'proxied';
type Measured = Record<Way, number[]>;

const ways = ['direct', 'proxied'] as const;
const messageBytes = 4_000_000;

/**
 * A real scheduler's dashboard, straight and through the proxy, by turns; WebSockets with a server that only gives
 * back. Client, proxy and server are processes of their own, as they are in VS Code.
 */
benchmark(async () => {
  const scheduler = await startScheduler();
  const echo = fork(path.join(__dirname, 'echoServer.js'));
  const proxy = fork(path.join(__dirname, 'proxyProcess.js'));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const [port] = (await once(echo, 'message')) as [number];
    const http = await addresses(proxy, { ...scheduler, dashboard: true });
    const page = (await read(agent, `${http.direct}/individual-task-stream`)).toString();
    const script = /src="(static\/js\/bokeh\.min\.js\?v=[^"]*)"/.exec(page)?.[1];
    if (script === undefined) {
      throw new Error('The page of a plot names no script of Bokeh with its version');
    }
    const latency = await measureHttp(agent, http, 'individual-plots.json', options.number('rounds', 300, 30));
    const pages = await measureHttp(agent, http, 'individual-task-stream', options.number('rounds', 60, 10));
    // Without a version nothing is kept: each byte comes from the scheduler.
    const body = await measureHttp(agent, http, 'static/js/bokeh.js', options.number('rounds', 60, 10));
    const kept = await measureHttp(agent, http, script, options.number('rounds', 60, 10));
    const sockets = await measureSockets(
      await addresses(proxy, { address: 'tcp://echo', httpUrl: `http://127.0.0.1:${port}`, dashboard: true }),
    );
    const first = await measureFirstLoad(proxy, scheduler, options.number('rounds', 60, 10));
    return {
      latencyMs: compared(latency.ms),
      pageMs: compared(pages.ms),
      firstLoadMs: compared(first.ms),
      firstLoadMegabytesPerSecond: compared(first.megabytesPerSecond),
      cachedScriptMs: compared(kept.ms),
      webSocketRoundTripMs: compared(sockets.roundTripMs),
      // No budget: nothing that a dashboard does. The scheduler and the server only copy memory into sockets of
      // this machine, and one more process copies it once more: with three on two cores a bare TCP pipe of Node,
      // without HTTP, passes 0.4 to 0.7 of direct too (measured).
      bulkMegabytesPerSecond: {
        http: compared(body.megabytesPerSecond),
        webSocket: compared(sockets.megabytesPerSecond),
      },
      bytes: {
        firstLoad: first.bytes,
        cachedScript: kept.bytes,
        bulkHttp: body.bytes,
        bulkWebSocketMessage: messageBytes,
      },
      requests: { firstLoad: first.requests },
      budget: {
        'latencyMs.added': 5,
        'firstLoadMegabytesPerSecond.ratio': 0.8,
        'webSocketRoundTripMs.added': 5,
      },
    };
  } finally {
    agent.destroy();
    proxy.disconnect();
    echo.disconnect();
    await scheduler.stop();
  }
});

async function addresses(
  proxy: ChildProcess,
  endpoint: SchedulerEndpoint & { httpUrl: string },
): Promise<Record<Way, string>> {
  const opened = once(proxy, 'message');
  const { address, httpUrl, dashboard } = endpoint;
  proxy.send({ address, httpUrl, dashboard } satisfies SchedulerEndpoint);
  const [proxied] = (await opened) as [string];
  return { direct: httpUrl, proxied };
}

async function measureHttp(
  agent: Agent,
  bases: Record<Way, string>,
  what: string,
  rounds: number,
): Promise<{ ms: Measured; megabytesPerSecond: Measured; bytes: number }> {
  const [ms, megabytesPerSecond] = [empty(), empty()];
  let bytes = 0;
  // The first answer of each way opens the connection.
  for (let i = -1; i < rounds; i++) {
    for (const way of ways) {
      const start = performance.now();
      bytes = (await read(agent, `${bases[way]}/${what}`)).length;
      const took = performance.now() - start;
      if (i >= 0) {
        ms[way].push(took);
        megabytesPerSecond[way].push(bytes / 1e3 / took);
      }
    }
  }
  return { ms, megabytesPerSecond, bytes };
}

/**
 * All that a browser without a cache fetches to show a plot: its page, scripts, styles and icons, all over one
 * connection, its opening included, and through a proxy that has kept nothing.
 */
async function measureFirstLoad(
  proxy: ChildProcess,
  scheduler: { address: string; httpUrl: string },
  rounds: number,
): Promise<{ ms: Measured; megabytesPerSecond: Measured; bytes: number; requests: number }> {
  const [ms, megabytesPerSecond] = [empty(), empty()];
  let [bytes, requests] = [0, 0];
  // In the first round each side still loads its own code.
  for (let i = -1; i < rounds; i++) {
    const bases = await addresses(proxy, { ...scheduler, dashboard: true });
    for (const way of i % 2 === 0 ? ways : [...ways].reverse()) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const start = performance.now();
      const page = `${bases[way]}/individual-task-stream`;
      const html = await read(agent, page);
      const parts = partsOf(html.toString(), page);
      bytes = html.length;
      for (const part of parts) {
        bytes += (await read(agent, part)).length;
      }
      const took = performance.now() - start;
      agent.destroy();
      requests = 1 + parts.length;
      if (i >= 0) {
        ms[way].push(took);
        megabytesPerSecond[way].push(bytes / 1e3 / took);
      }
    }
  }
  return { ms, megabytesPerSecond, bytes, requests };
}

/** URLs of the scripts, styles and icons of a page, each once. */
function partsOf(html: string, page: string): string[] {
  const named = [...html.matchAll(/<(?:script|link)\b[^>]*?\s(?:src|href)="([^"]+)"/g)];
  const urls = new Set(named.map(([, url = '']) => new URL(url, page).href));
  if (urls.size === 0) {
    throw new Error('The page of a plot names no scripts');
  }
  return [...urls];
}

async function measureSockets(
  bases: Record<Way, string>,
): Promise<{ roundTripMs: Measured; megabytesPerSecond: Measured }> {
  const open = async (base: string): Promise<WebSocket> => {
    const socket = new WebSocket(`${base.replace('http', 'ws')}/status/ws`, { perMessageDeflate: false });
    await once(socket, 'open');
    return socket;
  };
  const sockets = { direct: await open(bases.direct), proxied: await open(bases.proxied) };
  const take = async (way: Way, text: string): Promise<number> => {
    const answered = once(sockets[way], 'message');
    const start = performance.now();
    sockets[way].send(text);
    await answered;
    return performance.now() - start;
  };
  const figures = { roundTripMs: empty(), megabytesPerSecond: empty() };
  for (let i = 0; i < options.number('rounds', 1000, 100); i++) {
    for (const way of ways) {
      figures.roundTripMs[way].push(await take(way, 'x'.repeat(100)));
    }
  }
  for (let i = 0; i < options.number('rounds', 60, 10); i++) {
    for (const way of ways) {
      figures.megabytesPerSecond[way].push(messageBytes / 1e3 / (await take(way, `bytes ${messageBytes}`)));
    }
  }
  ways.forEach((way) => sockets[way].terminate());
  return figures;
}

function empty(): Measured {
  return { direct: [], proxied: [] };
}

/** At the median: `added` in the figures' unit, and `ratio`, of what comes through the proxy. */
function compared(measured: Measured): Record<Way, Spread> & { added: number; ratio: number } {
  const [direct, proxied] = [spread(measured.direct), spread(measured.proxied)];
  return { direct, proxied, added: rounded(proxied.p50 - direct.p50), ratio: rounded(proxied.p50 / direct.p50) };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function read(agent: Agent, url: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        if (answer.statusCode === 200) {
          resolve(Buffer.concat(parts));
        } else {
          reject(new Error(`${url}: ${String(answer.statusCode)}`));
        }
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}
