import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runInNewContext } from 'node:vm';
import { WebSocketServer } from 'ws';
import { valueAt } from '../../emulator/json';
import { EmulatorFixture } from './fixture';

/** As a page's script sees the one that the gateway has put there. */
interface PageSocket {
  binaryType: string;
  onopen?: () => void;
  onmessage?: (event: { data: string | Blob }) => void;
  onclose?: () => void;
  send(data: string | ArrayBuffer): void;
  close(): void;
}

describe('A gateway that cannot carry websockets', () => {
  let fixture: EmulatorFixture;
  let dashboard: Server;
  let sockets: WebSocketServer;
  let origin: string;
  const headers = { 'Proxy-Authorization': 'Bearer t' };

  before(async () => {
    fixture = await EmulatorFixture.start({
      anonymous: false,
      tokens: ['t'],
      faults: { gateway: { websockets: false } },
    });
    dashboard = createServer((request, response) => {
      response.setHeader('Content-Type', request.url === '/5ecret/text' ? 'text/plain' : 'text/html; charset=UTF-8');
      response.end(
        `<!DOCTYPE html><html lang="en"><head><title>Status ÄÖ</title></head><head>${'x'.repeat(3000)}</html>`,
      );
    }).listen(0, '127.0.0.1');
    sockets = new WebSocketServer({ server: dashboard });
    sockets.on('connection', (socket, request) => {
      socket.send(`at ${request.url}`);
      socket.on('message', (data: Buffer, isBinary) => {
        if (data.toString() === 'end') {
          socket.close();
        } else {
          socket.send(data, { binary: isBinary });
        }
      });
    });
    await once(dashboard, 'listening');
    const { port } = dashboard.address() as AddressInfo;
    const script = `#!/bin/bash\necho '{"dask": "http://127.0.0.1:${port}/5ecret"}' > "$DATAPROC_MACHINE_FOLDER/services.json"`;
    const auth = { Authorization: 'Bearer t' };
    const path = '/v1/projects/p1/regions/us-central1/clusters';
    const config = {
      initializationActions: [{ executableFile: await fixture.upload('b', 'i.sh', script) }],
      endpointConfig: { enableHttpPortAccess: true },
    };
    await fixture.call('POST', path, { projectId: 'p1', clusterName: 'g', config }, auth);
    const cluster = await fixture.until(
      async () => (await fixture.call('GET', `${path}/g`, undefined, auth)).body,
      (one) => valueAt(one, 'status.state') === 'RUNNING',
    );
    const ports = valueAt(cluster, 'config.endpointConfig.httpPorts') as Record<string, string>;
    ({ origin } = new URL(ports['YARN ResourceManager']!));
  });
  after(async () => {
    await fixture.close();
    sockets.close();
    dashboard.close();
    dashboard.closeAllConnections();
  });

  const page = async (path: string) => (await fetch(`${origin}/gateway/default/dask/${path}`, { headers })).text();

  /** The place of the shim's acts, as the script in pages names it. */
  const shimPath = async () => {
    const [, path] = /location\.host \+ '(\/[^']+\/)'/.exec(await page('status')) ?? [];
    assert.ok(path !== undefined);
    return path;
  };

  const act = async (action: string, body: unknown, version = '1') =>
    fetch(origin + (await shimPath()) + action, {
      method: 'POST',
      headers: { ...headers, 'X-Websocket-Shim-Version': version },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('puts its script once after the first head of a page, and into nothing else', async () => {
    const text = await page('status');
    assert.match(text, /^<!DOCTYPE html><html lang="en"><head><!--START_WEBSOCKET_SHIM-->/);
    assert.equal(text.match(/START_WEBSOCKET_SHIM/g)?.length, 1);
    assert.ok(text.endsWith('</html>') && text.includes('ÄÖ'));
    assert.doesNotMatch(await page('text'), /SHIM/);
  });

  it('opens, sends, polls and closes by requests, which need the token', async () => {
    const opened = await act('open', 'ws://127.0.0.1:1/gateway/default/dask/status/ws?token=x');
    const { id, v } = (await opened.json()) as { id: string; v: number };
    assert.equal(v, 1);
    const poll = () => act('poll', { id });
    // Behind the gateway, it is the machine's.
    assert.deepEqual(await (await poll()).json(), ['at /5ecret/status/ws?token=x']);
    const binary = Buffer.from([0, 255, 128]).toString('base64');
    assert.equal(
      (
        await act('data', [
          { id, msg: 'one' },
          { id, msg: [binary] },
        ])
      ).status,
      200,
    );
    const got: unknown[] = [];
    while (got.length < 2) {
      got.push(...((await (await poll()).json()) as unknown[]));
    }
    assert.deepEqual(got, ['one', [binary]]);
    const waiting = poll();
    await act('data', { id, msg: 'end' });
    assert.equal((await waiting).status, 400);
    assert.equal((await poll()).status, 400);
    assert.equal((await act('close', { id: 'none' })).status, 400);
    assert.equal((await act('open', 'ws://127.0.0.1:1/nothing/ws')).status, 500);
    const path = await shimPath();
    assert.equal((await fetch(`${origin}${path}open`, { method: 'POST', redirect: 'manual' })).status, 302);
    assert.equal(
      (
        await act('close', {
          id: ((await (await act('open', 'ws://h/gateway/default/dask/x/ws')).json()) as { id: string }).id,
        })
      ).status,
      200,
    );
  });

  it('gives pages a WebSocket that works through it', async () => {
    const text = await page('status');
    const [, script = ''] = /<script>([^]*?)<\/script>/.exec(text) ?? [];
    const { host, protocol } = new URL(origin);
    const location = { host, protocol, href: `${origin}/gateway/default/dask/status` };
    const window: Record<string, unknown> = { WebSocket: undefined };
    const send = (url: string, init: RequestInit) =>
      fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers } });
    runInNewContext(script, { window, location, fetch: send, URL, Blob, btoa, Uint8Array });
    const Shimmed = window['WebSocket'] as new (url: string) => PageSocket;
    const socket = new Shimmed(`ws://${host}/gateway/default/dask/status/ws`);
    const got: (string | Blob)[] = [];
    socket.onmessage = ({ data }) => {
      got.push(data);
      if (got.length === 1) {
        socket.send('text');
        socket.send(new Uint8Array([1, 2]).buffer);
      } else if (got.length === 3) {
        socket.send('end');
      }
    };
    await new Promise<void>((resolve) => {
      socket.onclose = resolve;
    });
    assert.deepEqual(got.slice(0, 2), ['at /5ecret/status/ws', 'text']);
    assert.ok(got[2] instanceof Blob);
  });
});
