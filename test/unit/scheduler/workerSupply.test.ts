import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SchedulerEndpoint } from '../../../src/core/cluster';
import { schedulerNotRunning, UserError } from '../../../src/core/errors';
import { HttpSchedulerClient } from '../../../src/scheduler/httpSchedulerClient';

const never = new AbortController().signal;

describe('workers that wait or have ended', () => {
  let server: Server;
  let asked: string[];
  let state: { status: number; body: unknown };
  let client: HttpSchedulerClient;
  /** Status of each answer, where nothing is behind it. */
  let gateway: number | undefined;

  beforeEach(async () => {
    asked = [];
    gateway = undefined;
    client = new HttpSchedulerClient();
    const answers: Record<string, () => { status: number; body: unknown }> = {
      '/json/counts.json': () => ({ status: 200, body: { tasks: 0 } }),
      '/json/identity.json': () => ({ status: 200, body: { workers: {} } }),
      '/dask-runner/state': () => state,
    };
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const { status, body } =
        gateway === undefined
          ? (answers[request.url ?? '']?.() ?? { status: 404, body: {} })
          : { status: gateway, body: {} };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => {
    client.dispose();
    server.closeAllConnections();
    server.close();
  });

  const endpoint = (containers: boolean): SchedulerEndpoint => ({
    ...{ address: 'tls://master:8786', dashboard: true, containers },
    httpUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });

  it('are told with the snapshot, the newest end first', async () => {
    const end = { kind: 'memory', reason: 'YARN killed it.', node: 'w-1', container: 'c_1', exitStatus: -104 };
    state = {
      status: 200,
      body: {
        pending: 2,
        ended: [
          { ...end, name: 'worker-1', at: '2026-11-24T06:11:33.120Z' },
          { name: 'worker-2', kind: 'released', reason: 'x', at: '2026-11-24T06:11:34.000Z', node: null },
          'nonsense',
        ],
        problem: 'No more workers are asked for.',
      },
    };
    const { supply } = await client.snapshot(endpoint(true), never);
    assert.deepEqual([supply?.pending, supply?.problem], [2, 'No more workers are asked for.']);
    const [last, first, none] = supply?.ended ?? [];
    assert.deepEqual([last?.name, last?.node, last?.exitStatus, none], ['worker-2', undefined, undefined, undefined]);
    assert.deepEqual(first, { ...end, name: 'worker-1', at: Date.UTC(2026, 10, 24, 6, 11, 33, 120) });
  });

  it('cost one request in some looks, and none where workers are no containers', async () => {
    state = { status: 200, body: { pending: 0, ended: [], problem: null } };
    for (let looks = 0; looks < 5; looks += 1) {
      const { supply } = await client.snapshot(endpoint(true), never);
      assert.deepEqual(supply, { pending: 0, ended: [], problem: undefined });
    }
    assert.equal(asked.filter((path) => path === '/dask-runner/state').length, 1);
    assert.equal(asked.length, 11);
    asked = [];
    assert.equal((await client.snapshot(endpoint(false), never)).supply, undefined);
    assert.deepEqual(asked.sort(), ['/json/counts.json', '/json/identity.json']);
  });

  it('are asked for again, by all routes, once Dask runs behind a gateway that had nothing to ask', async () => {
    state = { status: 200, body: { pending: 0, ended: [], problem: null } };
    gateway = 502;
    await assert.rejects(client.snapshot(endpoint(true), never), (error) => {
      assert.ok(error instanceof UserError && error.code === schedulerNotRunning);
      assert.match(error.message, /^Dask is not running on this cluster\. .* The next run starts it again\.$/);
      return true;
    });
    await assert.rejects(
      client.snapshot(endpoint(false), never),
      (error) => error instanceof UserError && error.code === 'schedulerUnreachable',
    );
    gateway = undefined;
    asked = [];
    await client.snapshot(endpoint(true), never);
    assert.ok(asked.includes('/json/identity.json'));
  });

  it('are not there where the scheduler is not one of ours', async () => {
    state = { status: 404, body: 'Not found' };
    const snapshot = await client.snapshot(endpoint(true), never);
    assert.deepEqual([snapshot.supply, snapshot.workers], [undefined, []]);
  });
});
