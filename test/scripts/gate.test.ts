import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type OutgoingHttpHeaders, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket, WebSocketServer } from 'ws';
import { freePort } from '../../scripts/editor/freePort.mjs';
import { openGate, type Gate } from '../../scripts/editor/gate.mjs';

/** Who reaches the editor's port can run code as its user: only the printed URL may open it. */
describe('the door of the editor', () => {
  let folder: string;
  let editor: Server;
  let sockets: WebSocketServer;
  let gate: Gate;
  /** What came through. */
  let passed: string[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'dask-gate-'));
    passed = [];
    editor = createServer((incoming, outgoing) => {
      passed.push(incoming.url ?? '');
      outgoing.end('the workbench');
    });
    sockets = new WebSocketServer({ server: editor });
    sockets.on('connection', (socket, incoming) => {
      passed.push(incoming.url ?? '');
      socket.on('message', (data: Buffer) => socket.send(data.toString('utf8').toUpperCase()));
    });
    const socket = path.join(folder, 'http');
    editor.listen(socket);
    await once(editor, 'listening');
    gate = await openGate({ port: await freePort(), socket });
  });
  afterEach(async () => {
    gate.close();
    sockets.clients.forEach((client) => client.terminate());
    editor.close();
    await rm(folder, { recursive: true });
  });

  it('lets in who has opened the printed URL, and takes the key out of the address', async () => {
    const first = await ask(`/?key=${gate.secret}&folder=/a`);
    assert.deepEqual([first.status, first.headers.location], [302, '/?folder=%2Fa']);
    const [cookie = ''] = first.headers['set-cookie'] ?? [];
    assert.match(cookie, /HttpOnly; SameSite=Lax/);
    const second = await ask('/?folder=/a', { cookie: cookie.split(';')[0] });
    assert.deepEqual([second.status, second.text], [200, 'the workbench']);
    assert.deepEqual(passed, ['/?folder=/a']);
  });

  it('refuses a wrong key, a wrong cookie, and none', async () => {
    const wrong = 'x'.repeat(gate.secret.length);
    for (const [url, headers] of [
      ['/', {}],
      [`/?key=${wrong}`, {}],
      [`/?key=${gate.secret.slice(1)}`, {}],
      ['/', { cookie: `${cookieName()}=${wrong}` }],
    ] as const) {
      const { status, text, headers: answered } = await ask(url, headers);
      assert.deepEqual([status, text], [403, 'Open the URL that npm start printed.\n'], url);
      assert.equal(answered['set-cookie'], undefined);
    }
    assert.deepEqual(passed, []);
  });

  it('refuses the right key under another name of this machine', async () => {
    const headers = { host: 'rebound.example', cookie: `${cookieName()}=${gate.secret}` };
    assert.equal((await ask(`/?key=${gate.secret}`, headers)).status, 403);
    assert.deepEqual(passed, []);
  });

  it('passes WebSockets with the cookie, and ends those without', async () => {
    const open = new WebSocket(`ws://${gate.authority}/socket`, {
      headers: { cookie: `${cookieName()}=${gate.secret}` },
    });
    await once(open, 'open');
    open.send('hello');
    const [said] = (await once(open, 'message')) as [Buffer];
    assert.equal(said.toString('utf8'), 'HELLO');
    open.terminate();

    const refused = new WebSocket(`ws://${gate.authority}/refused`);
    await once(refused, 'error');
    assert.deepEqual(passed, ['/socket']);
  });

  function cookieName(): string {
    return `dask-editor-${gate.authority.split(':')[1] ?? ''}`;
  }

  async function ask(
    url: string,
    headers: OutgoingHttpHeaders = {},
  ): Promise<{ status: number | undefined; headers: IncomingMessage['headers']; text: string }> {
    const asked = request(new URL(url, gate.url), { headers, agent: false });
    asked.end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    for await (const part of answer.setEncoding('utf8')) {
      text += String(part);
    }
    return { status: answer.statusCode, headers: answer.headers, text };
  }
});
