import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runInNewContext } from 'node:vm';
import { WebSocketServer } from 'ws';
import type { DashboardProxy, Logger } from '../../../src/core/ports';
import { DashboardProxyServer } from '../../../src/scheduler/dashboardProxyServer';
import { Clock } from '../../emulator/clock';
import { Faults } from '../../emulator/faults';
import { Gateway } from '../../emulator/gateway/gateway';
import { Tokens } from '../../emulator/http/tokens';

const quiet: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

interface PageSocket {
  binaryType: string;
  onmessage: (event: { data: string | ArrayBuffer }) => void;
  onclose: () => void;
  send(data: string | ArrayBuffer): void;
}

/** A dashboard behind a gateway that refuses upgrades, behind our proxy. */
describe('A dashboard behind a gateway without WebSockets', () => {
  let dashboard: Server;
  let gateway: Gateway;
  let clock: Clock;
  let server: DashboardProxyServer;
  let proxy: DashboardProxy;
  const token = 'canary-token';
  const url = (path: string): string => `http://127.0.0.1:${proxy.port}/${proxy.secret}/${path}`;

  before(async () => {
    dashboard = createServer((request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(`<!DOCTYPE html><html><head></head><body>${request.url ?? ''}</body></html>`);
    });
    const sockets = new WebSocketServer({ server: dashboard });
    sockets.on('connection', (socket, request) => {
      // As Bokeh has it: the second protocol is a token.
      const asked = request.headers['sec-websocket-protocol'] ?? '';
      socket.send(`at ${request.url ?? ''} ${socket.protocol} of ${asked.replaceAll(' ', '')}`);
      socket.on('message', (data: Buffer, isBinary) =>
        data.toString() === 'end' ? socket.close() : socket.send(data, { binary: isBinary }),
      );
    });
    await new Promise<void>((resolve) => dashboard.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(dashboard.address() as AddressInfo).port}/5ecret`;
    clock = new Clock();
    const faults = new Faults();
    faults.add({ gateway: { websockets: false } });
    gateway = new Gateway({ tokens: new Tokens(clock, [token]), faults, service: () => Promise.resolve(base) });
    const [any = ''] = Object.values(await gateway.listen());
    server = new DashboardProxyServer(quiet);
    proxy = await server.open({
      address: 'tls://m:8786',
      httpUrl: `${new URL(any).origin}/gateway/default/dask`,
      headers: () => Promise.resolve({ 'Proxy-Authorization': `Bearer ${token}` }),
      dashboard: true,
    });
  });
  after(async () => {
    server.dispose();
    await gateway.close();
    clock.dispose();
    dashboard.closeAllConnections();
    dashboard.close();
  });

  /** As a browser at this address runs a page's script. @param prefix before the secret, as a proxy of VS Code has it */
  function load(html: string, page: string, prefix = ''): new (address: string, protocols?: string[]) => PageSocket {
    const [, script = ''] = /<head><script>([^]*?)<\/script>/.exec(html) ?? [];
    const { host, protocol, pathname } = new URL(page);
    const location = { href: `${protocol}//${host}${prefix}${pathname}` };
    const window: Record<string, unknown> = { WebSocket: undefined };
    const send = (address: string, init: RequestInit): Promise<Response> =>
      fetch(address.replace(`${host}${prefix}`, host), init);
    const globals = { URL, Blob, btoa, atob, Uint8Array, ArrayBuffer, EventTarget, Event, MessageEvent, CloseEvent };
    runInNewContext(script, { ...globals, window, location, fetch: send });
    return window['WebSocket'] as new (address: string, protocols?: string[]) => PageSocket;
  }

  for (const { path, prefix } of [
    { path: 'individual-progress', prefix: '' },
    { path: 'info/main/workers.html', prefix: '/proxy/4711' },
  ]) {
    it(`works by requests below the secret: ${prefix}/…/${path}`, async () => {
      const html = await (await fetch(url(path))).text();
      assert.ok(!html.includes(token));
      const Shimmed = load(html, url(path), prefix);
      const address = `ws://127.0.0.1:${proxy.port}${prefix}/${proxy.secret}/individual-progress/ws?x=1`;
      const socket = new Shimmed(address, ['bokeh', 'its-token']);
      socket.binaryType = 'arraybuffer';
      const got: unknown[] = [];
      await new Promise<void>((resolve) => {
        socket.onclose = resolve;
        socket.onmessage = ({ data }) => {
          got.push(typeof data === 'string' ? data : [...new Uint8Array(data)]);
          socket.send(['hello', new Uint8Array([0, 255, 128]).buffer, 'end'][got.length - 1] ?? 'end');
        };
      });
      const opened = 'at /5ecret/individual-progress/ws?x=1 bokeh of bokeh,its-token';
      assert.deepEqual(got, [opened, 'hello', [0, 255, 128]]);
    });
  }

  it('has one answer for what is asked again, as its answer was lost on the way', async () => {
    await (await fetch(url('status'))).text();
    const ask = async (act: string, asked: object): Promise<string> => {
      const answer = await fetch(url(`gateway-websocket/${act}`), { method: 'POST', body: JSON.stringify(asked) });
      assert.equal(answer.status, 200);
      return answer.text();
    };
    const opening = { turn: 'random', url: `ws://127.0.0.1:${proxy.port}/${proxy.secret}/status/ws`, protocols: [] };
    const opened = await ask('open', opening);
    assert.equal(await ask('open', opening), opened);
    const { id } = JSON.parse(opened) as { id: string };
    const first = await ask('poll', { id, turn: '1' });
    assert.match(first, /at \/5ecret\/status\/ws/);
    assert.equal(await ask('poll', { id, turn: '1' }), first);
    await ask('data', { id, turn: '2', msg: 'once' });
    await ask('data', { id, turn: '2', msg: 'once' });
    await ask('data', { id, turn: '3', msg: 'twice' });
    const got: string[] = [];
    for (let turn = 4; !got.includes('twice'); turn += 1) {
      got.push(...(JSON.parse(await ask('poll', { id, turn: String(turn) })) as string[]));
    }
    assert.deepEqual(got, ['once', 'twice']);
    await ask('close', { id, turn: '9' });
  });

  it('lets nothing else through', async () => {
    await (await fetch(url('status'))).text();
    const shim = 'gateway-websocket/';
    const post = async (below: string, body: string): Promise<number> =>
      (await fetch(url(below), { method: 'POST', body, redirect: 'manual' })).status;
    const open = (path: string): Promise<number> =>
      post(`${shim}open`, JSON.stringify({ turn: path, url: `ws://127.0.0.1:${proxy.port}${path}`, protocols: [] }));
    assert.equal(await open(`/${proxy.secret}/status/ws`), 200);
    const refused = [
      '/status/ws',
      `/${proxy.secret}/status`,
      `/${proxy.secret}/dask-runner/ws`,
      '/gateway/default/dask/status/ws',
    ];
    for (const path of refused) {
      assert.equal(await open(path), 403, path);
    }
    assert.equal(await open(`/${proxy.secret}/%2e%2e/yarn/ws`), 403);
    assert.equal(await post(`${shim}open`, 'no address'), 403);
    const injected = { turn: 'i', url: `ws://h/${proxy.secret}/status/ws`, protocols: ['a\r\nx: y'] };
    assert.equal(await post(`${shim}open`, JSON.stringify(injected)), 403);
    assert.equal(await post(`${shim}poll`, '{"id":"77","turn":"1"}'), 403, 'a WebSocket of somebody else');
    assert.equal(await post(`${shim}data`, '[]'), 403);
    assert.equal(await post(`${shim}other`, '{}'), 403);
    assert.equal(await post('status', ''), 405);
    assert.equal((await fetch(url(`${shim}open`))).status, 403);
    const outside = await fetch(`http://127.0.0.1:${proxy.port}/${shim}open`, { method: 'POST' });
    assert.equal(outside.status, 403, 'without the secret');
  });
});
