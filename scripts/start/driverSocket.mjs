// The launcher's end of the line to the driver in the extension host: JSON, one message a line.
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** @param {string} socketPath in a folder that only this user may enter */
export async function listenForDriver(socketPath) {
  const messages = new EventEmitter();
  let socket;
  const server = createServer((incoming) => {
    socket = incoming;
    let text = '';
    incoming.setEncoding('utf8').on('data', (data) => {
      text += data;
      const lines = text.split('\n');
      text = lines.pop();
      lines.map((line) => JSON.parse(line)).forEach((message) => messages.emit('message', message));
    });
    // The extension host has gone: nobody else would say so.
    incoming.on('close', () =>
      messages.emit('message', { kind: 'failed', message: 'VS Code ended before the run did.' }),
    );
    incoming.on('error', () => undefined);
    messages.emit('connected');
  });
  const connected = once(messages, 'connected');
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    /**
     * Waits for the driver to call, which it does once the window has loaded.
     * @param {{signal: AbortSignal, seconds: number}} limits
     * @returns {Promise<'connected' | 'cancelled' | 'late'>}
     */
    arrival: ({ signal, seconds }) =>
      Promise.race([
        connected.then(() => 'connected'),
        delay(seconds * 1000, 'late', { signal, ref: false }).catch(() => 'cancelled'),
      ]),
    send: (message) => socket?.write(`${JSON.stringify(message)}\n`),
    /** Resolves with the next message of one of these kinds. */
    next: (kinds) =>
      new Promise((resolve) => {
        const listener = (message) => {
          if (kinds.includes(message.kind)) {
            messages.off('message', listener);
            resolve(message);
          }
        };
        messages.on('message', listener);
      }),
    on: (kind, action) => {
      const listener = (message) => (message.kind === kind ? action(message) : undefined);
      messages.on('message', listener);
      return { dispose: () => messages.off('message', listener) };
    },
    close: () => {
      socket?.destroy();
      server.close();
    },
  };
}
