import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import { type Json, valueAt, textOf } from '../../emulator/json';
import { clusters, EmulatorFixture, type Cluster } from './fixture';

describe('faults of the emulator', () => {
  let fixture: EmulatorFixture;

  beforeEach(async () => {
    fixture = await EmulatorFixture.start();
  });

  afterEach(() => fixture.close());

  it('answers with an error as often as it was told', async () => {
    await fixture.faults({
      rules: [
        { method: 'ClusterController.*', skip: 1, times: 2, error: { status: 'UNAVAILABLE', message: 'Later.' } },
      ],
    });
    const states = [];
    for (let index = 0; index < 4; index++) {
      states.push((await fixture.call('GET', clusters)).status);
    }
    assert.deepEqual(states, [200, 503, 503, 200]);
    assert.equal((await fixture.call('GET', '/compute/v1/projects/p1/zones')).status, 200);
    assert.equal((await fixture.faults({ rule: [] })).status, 400);
  });

  it('loses an answer after the act, or a request before it', async () => {
    await fixture.faults({ rules: [{ method: 'ClusterController.CreateCluster', lose: 'response' }] });
    await assert.rejects(fixture.create('lost', {}, {}, '?requestId=r'));
    assert.equal((await fixture.get<Cluster>(`${clusters}/lost`)).clusterName, 'lost');
    const again = await fixture.create('lost', {}, {}, '?requestId=r');
    assert.equal((await fixture.operation(again)).error, undefined);
    await fixture.faults({ rules: [{ method: 'ClusterController.CreateCluster', lose: 'request' }] });
    await assert.rejects(fixture.create('never'));
    assert.equal((await fixture.call('GET', `${clusters}/never`)).status, 404);
  });

  it('takes its time', async () => {
    await fixture.faults({ rules: [{ method: 'ClusterController.ListClusters', latencyMilliseconds: 150 }] });
    const start = performance.now();
    await fixture.get(clusters);
    assert.ok(performance.now() - start >= 149);
  });

  it('runs out of machines in a zone', async () => {
    await fixture.faults({ stockouts: [{ zone: 'us-central1-a', family: 'n2' }] });
    const zone = { gceClusterConfig: { zoneUri: 'us-central1-a' } };
    const { error } = await fixture.operation(await fixture.create('out', zone));
    assert.equal(error?.code, 14);
    assert.match(error.message, /does not have enough resources available to fulfill the request/);
    assert.equal(error.details?.[0]?.['reason'], 'ZONE_RESOURCE_POOL_EXHAUSTED');
    const cluster = await fixture.get<Cluster>(`${clusters}/out`);
    assert.deepEqual([cluster.status.state, cluster.status.detail], ['ERROR', error.message]);
    const other = {
      ...zone,
      masterConfig: { machineTypeUri: 'e2-standard-4' },
      workerConfig: { machineTypeUri: 'e2-standard-4' },
    };
    await fixture.running('other', other);
    // Without a zone, one that has machines is taken.
    const automatic = await fixture.running('automatic');
    assert.doesNotMatch(String(valueAt(automatic, 'config.gceClusterConfig.zoneUri')), /us-central1-a$/);
  });

  it('refuses what is beyond a quota, with numbers', async () => {
    await fixture.faults({ quotas: { N2_CPUS: 20 } });
    await fixture.running('fits');
    const { status, body } = await fixture.create('beyond');
    assert.equal(status, 400);
    assert.equal(valueAt(body, 'error.message'), "Insufficient 'N2_CPUS' quota. Requested 12.0, available 8.0.");
    await fixture.operation(await fixture.call('DELETE', `${clusters}/fits`));
    await fixture.running('beyond');
  });

  it('preempts secondary workers, which come back', async () => {
    const action = { executableFile: await fixture.upload('b', 'i.sh', '#!/bin/bash\necho up') };
    await fixture.running('spot', {
      secondaryWorkerConfig: { numInstances: 2, preemptibility: 'SPOT' },
      initializationActions: [action],
    });
    const ups = async () => {
      const request = { resourceNames: ['projects/p1'], filter: 'jsonPayload.message="up"', pageSize: 100 };
      const { body } = await fixture.call('POST', '/v2/entries:list', request);
      return (body['entries'] as object[]).length;
    };
    assert.equal(await ups(), 5);
    const { body } = await fixture.call('POST', '/_emulator/preempt', { cluster: 'spot', count: 1 });
    assert.match((body['preempted'] as string[])[0] ?? '', /^spot-sw-/);
    await fixture.until(ups, (count) => count === 6);
  });

  it('lets only those in who have a token that counts', async () => {
    const strict = await EmulatorFixture.start({ anonymous: false, tokens: ['lasting'] });
    try {
      const missing = await strict.call('GET', clusters);
      assert.equal(missing.status, 401);
      assert.equal(((valueAt(missing.body, 'error.details') as Json[])[0] ?? {})['reason'], 'CREDENTIALS_MISSING');
      const as = (token: string, path = clusters) =>
        strict.call('GET', path, undefined, { Authorization: `Bearer ${token}` });
      assert.equal((await as('wrong')).status, 401);
      assert.equal((await as('lasting')).status, 200);
      assert.equal((await as('lasting', '/storage/v1/b?project=p1')).status, 200);
      const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'r' });
      const answer = await fetch(`${strict.emulator.url}/token`, { method: 'POST', body: form });
      const token = textOf((await answer.json()) as Json, 'access_token');
      assert.equal((await as(token)).status, 200);
      await strict.jump(3600);
      assert.equal((await as(token)).status, 401);
    } finally {
      await strict.close();
    }
  });

  it('has a gateway that checks tokens and carries HTTP and websockets to the dashboard, or no websockets', async () => {
    const strict = await EmulatorFixture.start({ anonymous: false, tokens: ['t'] });
    const dashboard = createServer((request, response) => {
      response.end(JSON.stringify({ url: request.url, proxy: request.headers['proxy-authorization'] ?? null }));
    }).listen(0, '127.0.0.1');
    const sockets = new WebSocketServer({ server: dashboard });
    sockets.on('connection', (socket) =>
      socket.on('message', (data: Buffer) => socket.send(`echo ${data.toString()}`)),
    );
    try {
      await once(dashboard, 'listening');
      const { port } = dashboard.address() as AddressInfo;
      const script = `#!/bin/bash\necho '{"dask": "http://127.0.0.1:${port}"}' > "$DATAPROC_MACHINE_FOLDER/services.json"`;
      const action = { executableFile: await strict.upload('b', 'i.sh', script) };
      const auth = { Authorization: 'Bearer t' };
      const body = {
        projectId: 'p1',
        clusterName: 'g',
        config: { initializationActions: [action], endpointConfig: { enableHttpPortAccess: true } },
      };
      await strict.call('POST', clusters, body, auth);
      const cluster = await strict.until(
        async () => (await strict.call('GET', `${clusters}/g`, undefined, auth)).body,
        (one) => valueAt(one, 'status.state') === 'RUNNING',
      );
      const ports = valueAt(cluster, 'config.endpointConfig.httpPorts') as Record<string, string>;
      const url = `${new URL(ports['YARN ResourceManager']!).origin}/gateway/default/dask/status?x=1`;
      const headers = { 'Proxy-Authorization': 'Bearer t' };
      assert.equal((await fetch(url, { redirect: 'manual' })).status, 302);
      assert.equal((await fetch(url, { headers: { 'Proxy-Authorization': 'Bearer no' } })).status, 401);
      assert.equal((await fetch(url, { method: 'PUT', headers })).status, 405);
      assert.deepEqual(await (await fetch(url, { headers })).json(), { url: '/status?x=1', proxy: null });
      assert.equal((await fetch(ports['YARN ResourceManager']!, { headers })).status, 404);
      const ask = () =>
        new Promise<string>((resolve, reject) => {
          const socket = new WebSocket(url.replace('http', 'ws'), { headers });
          socket.on('open', () => socket.send('hello')).on('error', reject);
          socket.on('message', (data: Buffer) => {
            resolve(data.toString());
            socket.close();
          });
        });
      assert.equal(await ask(), 'echo hello');
      await strict.faults({ gateway: { websockets: false } });
      await assert.rejects(ask(), /400/);
    } finally {
      await strict.close();
      sockets.close();
      dashboard.close();
      dashboard.closeAllConnections();
    }
  });
});
