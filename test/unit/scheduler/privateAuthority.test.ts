import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import type { Logger } from '../../../src/core/ports';
import { DashboardProxyServer } from '../../../src/scheduler/dashboardProxyServer';
import { HttpSchedulerClient } from '../../../src/scheduler/httpSchedulerClient';
import { PrivateHttps } from './privateHttps';

const quiet: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const never = new AbortController().signal;

describe('A dashboard behind HTTPS of a private authority', function () {
  this.timeout(20_000);
  let https: PrivateHttps;
  let client: HttpSchedulerClient;
  let proxies: DashboardProxyServer;

  before(async () => {
    https = await PrivateHttps.start((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(request.url === '/json/counts.json' ? { tasks: 3, clients: 1 } : { workers: {} }));
    });
    new WebSocketServer({ server: https.server }).on('connection', (socket) => socket.send('hello'));
    client = new HttpSchedulerClient();
    proxies = new DashboardProxyServer(quiet);
  });

  after(async () => {
    client.dispose();
    proxies.dispose();
    await https.close();
  });

  const endpoint = (): { address: string; httpUrl: string; dashboard: boolean } => ({
    address: 'tls://127.0.0.1:1',
    httpUrl: https.url,
    dashboard: true,
  });

  it('is asked where the TLS files of the scheduler name the authority, and not where they do not', async () => {
    assert.equal((await client.snapshot({ ...endpoint(), tls: https.tls }, never)).tasks.total, 3);
    await assert.rejects(client.snapshot(endpoint(), never), (error) => {
      assert.match(String((error as Error).cause), /self.signed certificate/);
      return true;
    });
  });

  it('is shown through the proxy, with its websockets', async () => {
    const proxy = await proxies.open({ ...endpoint(), tls: https.tls });
    const base = `127.0.0.1:${proxy.port}/${proxy.secret}`;
    const answer = await fetch(`http://${base}/json/counts.json`);
    assert.deepEqual([answer.status, await answer.json()], [200, { tasks: 3, clients: 1 }]);
    const socket = new WebSocket(`ws://${base}/individual-task-stream/ws`);
    const [message] = (await once(socket, 'message')) as [Buffer];
    assert.equal(message.toString(), 'hello');
    socket.terminate();

    const distrusting = await proxies.open(endpoint());
    const refused = await fetch(`http://127.0.0.1:${distrusting.port}/${distrusting.secret}/json/counts.json`);
    assert.equal(refused.status, 502);
  });
});
