import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/**
 * The far end of WebSockets under measurement, in a process of its own: gives back each message, and for
 * `bytes N` a message of N bytes. Tells its port to its parent.
 */
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('message', (data: Buffer, isBinary) => {
    const bytes = /^bytes (\d+)$/.exec(data.subarray(0, 30).toString('latin1'))?.[1];
    socket.send(bytes === undefined ? data : Buffer.alloc(Number(bytes), 'x'), { binary: isBinary });
  });
});
server.on('listening', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
