import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import type { DashboardProxy, Logger } from '../../../src/core/ports';
import { DashboardProxyServer } from '../../../src/scheduler/dashboardProxyServer';
import { DaskFixture } from './daskFixture';

const quiet: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('DashboardProxyServer', function () {
  this.timeout(60_000);
  let dask: DaskFixture;
  let server: DashboardProxyServer;
  let proxy: DashboardProxy;
  const url = (path: string): string => `http://127.0.0.1:${proxy.port}/${proxy.secret}/${path}`;

  before(async () => {
    dask = await DaskFixture.start('/prefix');
    server = new DashboardProxyServer(quiet);
    proxy = await server.open({ address: dask.address, httpUrl: dask.httpUrl, dashboard: true });
  });

  after(async () => {
    server.dispose();
    await dask.kill();
  });

  it('shows a plot whose scripts and websocket work below the secret', async () => {
    const html = await (await fetch(url('individual-task-stream'))).text();
    const scripts = [...html.matchAll(/<script src="([^"]+)"/g)].map((found) => found[1]!);
    assert.ok(scripts.length > 0 && !html.includes('"/prefix/'));
    for (const script of scripts) {
      const direct = await fetch(`${dask.httpUrl}/${script}`);
      const through = await fetch(new URL(script, url('individual-task-stream')));
      assert.equal(through.status, 200);
      assert.deepEqual(await through.arrayBuffer(), await direct.arrayBuffer());
    }
    const token = /"token":"([^"]+)"/.exec(html)![1]!;
    const socket = new WebSocket(url('individual-task-stream/ws').replace('http', 'ws'), ['bokeh', token], {
      headers: { origin: 'http://elsewhere.example', cookie: 'a=b' },
    });
    const [message] = (await once(socket, 'message')) as [Buffer];
    assert.match(message.toString(), /msgtype.*ACK/);
    socket.terminate();
  });

  it('puts links of pages in folders right', async () => {
    const html = await (await fetch(url('info/main/workers.html'))).text();
    assert.ok(html.includes('../../../statics/') || html.includes('../../statics/'));
    assert.ok(!html.includes('="/prefix'));
  });

  it('refuses what does not know the secret, other hosts, other paths and other methods', async () => {
    const wrong = proxy.secret.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    assert.equal(await statusOf(`/${wrong}/status`), 403);
    assert.equal(await statusOf('/status'), 403);
    assert.equal(await statusOf('/'), 403);
    assert.equal(await statusOf(`/${proxy.secret}/json/counts.json`), 200);
    assert.equal(await statusOf(`/${proxy.secret}/json/counts.json`, { host: 'attacker.example' }), 403);
    assert.equal(await statusOf(`/${proxy.secret}/json/counts.json`, { host: '127.0.0.1.attacker.example' }), 403);
    assert.equal(await statusOf(`/${proxy.secret}/json/counts.json`, { host: 'localhost:9999' }), 200);
    const outside = [
      '',
      'dask-runner/shutdown',
      'api/v1/retire_workers',
      'proxy/1/127.0.0.1/status',
      'metrics',
      'health',
      'static/../status',
      'static/%2e%2e/dask-runner/state',
      'static/..%2fdask-runner',
      'info/../dask-runner/x.html',
      'info/%2E%2E/x.html',
      '/status',
      'individual-task-stream/../x',
    ];
    for (const path of outside) {
      assert.equal(await statusOf(`/${proxy.secret}/${path}`), 403, path);
    }
    assert.equal(await statusOf(`/${proxy.secret}/status`, {}, 'POST'), 405);
    await assert.rejects(once(new WebSocket(`ws://127.0.0.1:${proxy.port}/${wrong}/status/ws`), 'open'), /403/);
    const foreign = new WebSocket(url('status/ws').replace('http', 'ws'), { headers: { host: 'attacker.example' } });
    await assert.rejects(once(foreign, 'open'), /403/);
  });

  it('accepts the host of a VS Code in the browser once it was told of it', async () => {
    const path = `/${proxy.secret}/json/counts.json`;
    assert.equal(await statusOf(path, { host: 'code.example:8443' }), 403);
    server.allowHost('Code.example:8443');
    assert.equal(await statusOf(path, { host: 'code.example:8443' }), 200);
  });

  it('shows each dashboard below its own secret alone, at a port that is known before', async () => {
    const own = new DashboardProxyServer(quiet);
    const port = await own.listen();
    const [here, gone] = await Promise.all([
      own.open({ address: dask.address, httpUrl: dask.httpUrl, dashboard: true }),
      own.open({ address: 'tcp://x', httpUrl: 'http://127.0.0.1:9/other', dashboard: true }),
    ]);
    assert.deepEqual([here.port, gone.port], [port, port]);
    const status = async (secret: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}/${secret}/json/counts.json`)).status;
    assert.deepEqual([await status(here.secret), await status(gone.secret)], [200, 502]);
    gone.dispose();
    assert.deepEqual([await status(here.secret), await status(gone.secret)], [200, 403]);
    own.dispose();
  });

  it('makes pages readable in a theme, and leaves them alone without', async () => {
    const plain = await (await fetch(url('individual-progress'))).text();
    assert.ok(!plain.includes('attachShadow'));
    const dark = await (await fetch(url('individual-progress?theme=dark&fg=abcdef&bg=zz'))).text();
    assert.ok(dark.indexOf('attachShadow') < dark.indexOf('bokeh.min.js'));
    assert.ok(dark.includes('#abcdef') && dark.includes('#1e1e1e') && !dark.includes('zz"'));
  });

  it('lets each plot find its connection again, also one that opens its WebSocket by a script of the gateway', async () => {
    const html = await (await fetch(url('individual-progress'))).text();
    assert.ok(html.indexOf('location.reload') > html.indexOf('bokeh.min.js'));
    assert.ok(html.indexOf('location.reload') < html.search(/<\/head>/));
  });

  it('is one way for all who ask, closed with the last', async () => {
    const endpoint = { address: dask.address, httpUrl: dask.httpUrl, dashboard: true };
    const own = new DashboardProxyServer(quiet);
    const [a, b] = await Promise.all([own.open(endpoint), own.open(endpoint)]);
    assert.deepEqual([a.port, a.secret], [b.port, b.secret]);
    assert.ok(Buffer.from(a.secret, 'base64url').length === 32);
    a.dispose();
    a.dispose();
    assert.equal((await fetch(`http://127.0.0.1:${b.port}/${b.secret}/json/counts.json`)).status, 200);
    b.dispose();
    assert.equal((await fetch(`http://127.0.0.1:${b.port}/${b.secret}/json/counts.json`)).status, 403);
    const c = await own.open(endpoint);
    assert.notEqual(c.secret, a.secret);
    own.dispose();
    await assert.rejects(fetch(`http://127.0.0.1:${c.port}/${c.secret}/json/counts.json`));
    await assert.rejects(own.open({ address: 'tcp://x', httpUrl: undefined, dashboard: false }), {
      code: 'noDashboard',
    });
  });

  async function statusOf(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<number> {
    // Not fetch: that would normalise the path and set its own host.
    const asking = request({ host: '127.0.0.1', port: proxy.port, path, method, headers });
    asking.end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode!;
  }
});

describe('DashboardProxyServer before an upstream of its own', () => {
  let upstream: Server;
  const seen: { url: string; headers: IncomingHttpHeaders } = { url: '', headers: {} };
  let server: DashboardProxyServer;
  let proxy: DashboardProxy;
  const url = (path: string): string => `http://127.0.0.1:${proxy.port}/${proxy.secret}/${path}`;

  beforeEach(async () => {
    upstream = createServer((incoming, response) => {
      seen.url = incoming.url ?? '';
      seen.headers = incoming.headers;
      response.writeHead(incoming.url!.includes('individual-broken') ? 500 : 200, {
        'content-type': 'text/html',
        'set-cookie': 'up=1',
      });
      response.end('<head></head>');
    }).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    server = new DashboardProxyServer(quiet);
    const httpUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/base`;
    const headers = (): Promise<Record<string, string>> => Promise.resolve({ 'proxy-authorization': 'Bearer token' });
    proxy = await server.open({ address: 'tcp://x', httpUrl, dashboard: true, headers });
  });

  afterEach(() => {
    server.dispose();
    upstream.closeAllConnections();
    upstream.close();
  });

  it('sends no cookie, origin, referer or theme up, adds the headers of the endpoint, and no cookie down', async () => {
    const headers = {
      cookie: 'secret=1',
      origin: 'http://o.example',
      referer: 'http://r.example',
      authorization: 'Basic x',
    };
    const answer = await fetch(url('status?theme=dark&fg=ffffff&bg=000000&grid=111111&x=1'), { headers });
    assert.equal(answer.headers.get('set-cookie'), null);
    assert.equal(seen.url, '/base/status?x=1');
    for (const name of ['cookie', 'origin', 'referer', 'authorization']) {
      assert.equal(seen.headers[name], undefined, name);
    }
    assert.equal(seen.headers['proxy-authorization'], 'Bearer token');
    assert.match(seen.headers.host ?? '', /^127\.0\.0\.1:\d+$/);
  });

  it('shows a plain page when the scheduler has gone, and when it cannot draw', async () => {
    const broken = await fetch(url('individual-broken?theme=dark'));
    assert.equal(broken.status, 502);
    assert.match(await broken.text(), /The scheduler cannot show this page\./);
    upstream.closeAllConnections();
    upstream.close();
    const gone = await fetch(url('status?theme=hc-light&fg=123456'));
    assert.equal(gone.status, 502);
    const page = await gone.text();
    assert.match(page, /The scheduler no longer answers\./);
    assert.ok(page.includes('#123456'));
    await assert.rejects(once(new WebSocket(url('status/ws').replace('http', 'ws')), 'open'), /502/);
  });
});
