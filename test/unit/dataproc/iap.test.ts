import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import WebSocket, { WebSocketServer } from 'ws';
import { UserError } from '../../../src/core/errors';
import { readFrame, writeFrame } from '../../../src/dataproc/iap/frames';
import { RelayConnection, RelayError } from '../../../src/dataproc/iap/relayConnection';
import { HttpSchedulerClient } from '../../../src/scheduler/httpSchedulerClient';
import { Faults } from '../../emulator/faults';
import { IapRelay } from '../../emulator/iap/iapRelay';
import { Clock } from '../../emulator/clock';
import { Tokens } from '../../emulator/http/tokens';
import { BackendFixture, ref } from './backendFixture';
import { rejection } from './google/fixture';

const portOf = (server: Server | HttpServer): number => (server.address() as AddressInfo).port;
const listening = async <S extends Server | HttpServer>(server: S): Promise<S> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

describe('Frames of the relay of Identity-Aware Proxy', () => {
  for (const [hex, frame] of [
    ['0001 00000003 616263', { kind: 'connected', session: 'abc' }],
    ['0002 0000000100000002', { kind: 'reconnected', taken: 2 ** 32 + 2 }],
    ['0004 00000002 ff00', { kind: 'data', bytes: Buffer.from([255, 0]) }],
    ['0007 0000000000008001', { kind: 'ack', taken: 32_769 }],
  ] as const) {
    it(`are big-endian: ${frame.kind}`, () => {
      const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
      assert.deepEqual(readFrame(bytes), frame);
      assert.deepEqual(writeFrame(frame), bytes);
    });
  }

  it('are refused where they are cut off, and passed over where they are newer', () => {
    assert.throws(() => readFrame(Buffer.from('000400000005ff', 'hex')), RangeError);
    assert.throws(() => readFrame(Buffer.from('00070000', 'hex')), RangeError);
    assert.equal(readFrame(Buffer.from('0009ff', 'hex')), undefined);
  });
});

describe('A connection through Identity-Aware Proxy', function () {
  this.timeout(20_000);
  let machine: Server;
  let sockets: Socket[];
  let serve: (socket: Socket) => void;
  let relay: IapRelay;
  let front: HttpServer;
  let faults: Faults;
  let there: boolean;
  let port: number;

  beforeEach(async () => {
    [sockets, there, faults] = [[], true, new Faults()];
    serve = (socket) => socket.pipe(socket);
    machine = await listening(
      createServer((socket) => {
        sockets.push(socket.on('error', () => undefined));
        serve(socket);
      }),
    );
    relay = new IapRelay({
      tokens: new Tokens(new Clock(), ['good']),
      faults,
      find: () => Promise.resolve(there ? { host: '127.0.0.1', port: portOf(machine) } : undefined),
    });
    front = createHttpServer().on('upgrade', (request, socket, head) => relay.upgrade(request, socket, head));
    await listening(front);
    port = portOf(front);
  });
  afterEach(() => {
    relay.dispose();
    front.close();
    machine.close();
    sockets.forEach((socket) => socket.destroy());
  });

  const open = (token = 'good'): RelayConnection =>
    new RelayConnection({
      origin: `ws://127.0.0.1:${port}`,
      token: () => Promise.resolve(token),
      target: { project: 'p', zone: 'z', instance: 'm', port: 8787 },
    });
  const failure = async (connection: RelayConnection): Promise<RelayError> => {
    const [error] = (await once(connection, 'error')) as [unknown];
    assert.ok(error instanceof RelayError, String(error));
    return error;
  };

  it('carries what is sent both ways, to its end', async () => {
    serve = (socket) => socket.once('data', () => socket.end('answer'));
    const connection = open();
    connection.write('question');
    assert.equal((await buffer(connection)).toString(), 'answer');
  });

  it('loses nothing and repeats nothing when its way breaks again and again', async () => {
    const sent = randomBytes(6 * 1024 * 1024);
    const connection = open();
    const received: Buffer[] = [];
    let [count, next] = [0, 200_000];
    const whole = new Promise<void>((resolve, reject) => {
      connection.on('error', reject);
      connection.on('data', (bytes: Buffer) => {
        received.push(bytes);
        count += bytes.length;
        if (count >= next) {
          next += 400_000;
          relay.drop();
        }
        if (count >= sent.length) {
          resolve();
        }
      });
    });
    for (let at = 0; at < sent.length; at += 100_000) {
      if (!connection.write(sent.subarray(at, at + 100_000))) {
        await once(connection, 'drain');
      }
    }
    await whole;
    assert.ok(Buffer.concat(received).equals(sent));
    assert.equal(sockets.length, 1, 'the machine saw one connection');
    connection.destroy();
  });

  it('takes no more than a megabyte while nothing arrives', async () => {
    serve = (socket) => socket.pause();
    const connection = open();
    const chunk = Buffer.alloc(256 * 1024);
    let taken = 0;
    let held = false;
    while (!held) {
      connection.write(chunk, () => (taken += chunk.length));
      held = connection.writableLength > 8 * 1024 * 1024;
      await new Promise((resolve) => setImmediate(resolve));
    }
    // What the machine's own buffers hold may have arrived.
    assert.ok(taken < 16 * 1024 * 1024, `${taken}`);
    connection.on('error', () => undefined).destroy();
  });

  it('ends at the machine when it ends here', async () => {
    const ended = new Promise<void>((resolve) => {
      serve = (socket) => socket.on('end', resolve).resume();
    });
    const connection = open();
    connection.resume().end('last');
    await ended;
  });

  it('says why there is none', async () => {
    there = false;
    assert.equal((await failure(open())).closeCode, 4003);
    there = true;
    assert.equal((await failure(open('bad'))).status, 401);
    faults.add({ rules: [{ method: 'IapRelay.Connect', error: { status: 'PERMISSION_DENIED' } }] });
    assert.equal((await failure(open())).closeCode, 4033);
    front.close();
    assert.match((await failure(open())).message, /ECONNREFUSED/);
  });

  it('gives up when its way stays broken', async () => {
    const connection = open();
    connection.write('x');
    await once(connection, 'data');
    faults.add({ rules: [{ method: 'IapRelay.Reconnect', times: 0, lose: 'request' }] });
    relay.drop();
    await failure(connection);
  });

  it('is not gone on with where its session is not known any more', async () => {
    const connection = open();
    connection.write('x');
    await once(connection, 'data');
    const before = relay;
    relay = new IapRelay({ tokens: undefined, faults, find: () => Promise.resolve(undefined) });
    before.drop();
    assert.equal((await failure(connection)).closeCode, 4004);
    before.dispose();
  });
});

describe('A Dataproc cluster without Component Gateway', function () {
  this.timeout(60_000);
  let fixture: BackendFixture;
  let dask: HttpServer;
  let secret: string;
  const client = new HttpSchedulerClient();

  before(async () => {
    fixture = await BackendFixture.start();
    dask = createHttpServer((request, response) => {
      const answers: Record<string, object> = {
        [`/${secret}/json/counts.json`]: { tasks: 7 },
        [`/${secret}/json/identity.json`]: { workers: {} },
      };
      const answer = answers[request.url ?? ''];
      response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}));
    });
    const sockets = new WebSocketServer({ server: dask });
    sockets.on('connection', (socket, request) => {
      socket.on('message', (message: Buffer) =>
        socket.send(`${request.url === `/${secret}/ws`}: ${message.toString()}`),
      );
    });
    await listening(dask);
    fixture.emulator.machines.webService = () => Promise.resolve(`http://127.0.0.1:${portOf(dask)}/${secret}`);
  });
  after(async () => {
    client.dispose();
    dask.closeAllConnections();
    dask.close();
    await fixture.close();
  });

  it('is reached through a tunnel: its scheduler, its pages and their WebSockets', async () => {
    const [window, id] = [fixture.window(), fixture.id()];
    await fixture.create(window, id, { dashboard: 'iap' });
    const { config } = fixture.there(id)[0]?.cluster ?? assert.fail();
    assert.equal(config.endpointConfig?.enableHttpPortAccess ?? false, false);
    const spec = config.gceClusterConfig?.metadata?.['dask-runner-spec'] ?? '';
    secret = (JSON.parse(spec) as { httpSecret: string }).httpSecret;
    const counts = fixture.counting();
    const endpoint = await window.scheduler(ref(id), fixture.signal);
    assert.deepEqual([endpoint.dashboard, endpoint.headers], [true, undefined]);
    for (let looks = 0; looks < 3; looks += 1) {
      const again = await window.scheduler(ref(id), fixture.signal);
      assert.equal(again.httpUrl, endpoint.httpUrl);
      assert.equal((await client.snapshot(again, fixture.signal)).tasks.total, 7);
    }
    const socket = new WebSocket(`${endpoint.httpUrl?.replace('http', 'ws')}/ws`);
    await once(socket, 'open');
    socket.send('hello');
    const [answer] = (await once(socket, 'message')) as [Buffer];
    assert.equal(answer.toString(), 'true: hello');
    socket.close();
    assert.ok((counts()['ClusterController.GetCluster'] ?? 0) <= 1, 'it is not asked for each time');
  });

  it('says what to do where the tunnel is kept out', async () => {
    const [window, id] = [fixture.window(), fixture.id()];
    await fixture.create(window, id, { dashboard: 'iap' });
    fixture.faults({ method: 'IapRelay.Connect', error: { status: 'PERMISSION_DENIED' } });
    const denied = await rejection(window.scheduler(ref(id), fixture.signal));
    assert.ok(denied instanceof UserError && denied.code === 'iapDenied');
    assert.match(denied.message, /may not open tunnels in p1\. Have the role roles\/iap\.tunnelResourceAccessor/);
    const { machines } = fixture.emulator;
    const webService = machines.webService.bind(machines);
    machines.webService = () => Promise.resolve(undefined);
    const out = await rejection(window.scheduler(ref(id), fixture.signal));
    assert.match(out.message, /Nothing answers at its port 8787: .*--source-ranges=35\.235\.240\.0\/20/);
    machines.webService = webService;
    const { httpUrl } = await window.scheduler(ref(id), fixture.signal);
    assert.match(httpUrl ?? '', /^http:\/\/127\.0\.0\.1:\d+\/\w{48}$/);
    assert.doesNotMatch(fixture.log.lines.join('\n'), new RegExp(secret));
  });
});
