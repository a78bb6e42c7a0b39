// The door of the browser's VS Code. Whoever reaches an editor's port can run code as its user, and every
// user of this machine reaches 127.0.0.1. So the editor itself listens on a socket that only its user may
// open, and this door lets in who has opened the printed URL with its secret.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, request } from 'node:http';
import { once } from 'node:events';

/**
 * @param {{port: number, socket: string}} options `socket`: path of the editor's socket
 * @returns {Promise<{url: string, authority: string, secret: string, close: () => void}>}
 */
export async function openGate({ port, socket }) {
  const secret = randomBytes(24).toString('base64url');
  const authority = `127.0.0.1:${port}`;
  const cookieName = `dask-editor-${port}`;
  const allowed = (incoming) =>
    incoming.headers.host === authority && same(cookie(incoming.headers.cookie, cookieName), secret);

  const upstream = (incoming) =>
    request({ socketPath: socket, method: incoming.method, path: incoming.url, headers: incoming.headers });

  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url, `http://${authority}`);
    if (incoming.headers.host === authority && same(url.searchParams.get('key'), secret)) {
      url.searchParams.delete('key');
      outgoing.writeHead(302, {
        'set-cookie': `${cookieName}=${secret}; HttpOnly; SameSite=Lax; Path=/`,
        location: `${url.pathname}${url.search}`,
      });
      outgoing.end();
    } else if (allowed(incoming)) {
      const up = upstream(incoming);
      up.on('response', (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
      });
      up.on('error', () => outgoing.destroy());
      outgoing.on('close', () => up.destroy());
      incoming.pipe(up);
    } else {
      outgoing.writeHead(403, { 'content-type': 'text/plain' });
      outgoing.end('Open the URL that npm start printed.\n');
    }
  });
  server.on('upgrade', (incoming, downSocket, head) => {
    if (!allowed(incoming)) {
      downSocket.destroy();
      return;
    }
    const up = upstream(incoming);
    up.on('upgrade', (answer, upSocket, upHead) => {
      const lines = answer.rawHeaders.flatMap((name, at, all) => (at % 2 === 0 ? [`${name}: ${all[at + 1]}`] : []));
      downSocket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
      downSocket.write(upHead);
      upSocket.write(head);
      upSocket.pipe(downSocket).pipe(upSocket);
      for (const [one, other] of [
        [upSocket, downSocket],
        [downSocket, upSocket],
      ]) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
    });
    up.on('response', () => downSocket.destroy());
    up.on('error', () => downSocket.destroy());
    up.end();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://${authority}/`,
    authority,
    secret,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function cookie(header, name) {
  const pair = header?.split(/;\s*/).find((part) => part.startsWith(`${name}=`));
  return pair?.slice(name.length + 1);
}

function same(given, secret) {
  return (
    typeof given === 'string' &&
    given.length === secret.length &&
    timingSafeEqual(Buffer.from(given), Buffer.from(secret))
  );
}
