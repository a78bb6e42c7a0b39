import { once } from 'node:events';
import { createServer } from 'node:net';

/** A free port on 127.0.0.1: `wanted` when it is free. */
export async function freePort(wanted = 0) {
  const server = createServer();
  try {
    server.listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    return server.address().port;
  } catch {
    return freePort(0);
  } finally {
    server.close();
  }
}
