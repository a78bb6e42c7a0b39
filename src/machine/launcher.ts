import { connect } from 'node:net';
import { asRecord, booleanField, stringField } from '../core/jsonValue';

/** The process of a local cluster that forks supervisors; see docs/architecture.md. */
export interface Launcher {
  port: number;
  token: string;
}

const timeoutMilliseconds = 10_000;

/**
 * Asks a launcher to fork a supervisor for a run's folder. Resolves when it did; rejects when it is not
 * there, says no, or does not answer within 10 seconds: asking another way is then harmless.
 */
export function askLauncher(launcher: Launcher, folder: string, runner: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: launcher.port, noDelay: true });
    let text = '';
    socket.setEncoding('utf8').setTimeout(timeoutMilliseconds);
    socket.on('connect', () =>
      socket.write(`${JSON.stringify({ token: launcher.token, op: 'run', folder, runner })}\n`),
    );
    socket.on('data', (part: string) => {
      text += part;
      if (text.includes('\n')) {
        socket.end();
      }
    });
    socket.on('timeout', () => socket.destroy(new Error('The launcher did not answer')));
    socket.on('error', reject);
    socket.on('close', () => {
      const answer = parse(text);
      if (booleanField(answer, 'ok') === true) {
        resolve();
      } else {
        reject(new Error(stringField(answer, 'error') ?? 'The launcher gave no answer'));
      }
    });
  });
}

function parse(text: string): ReturnType<typeof asRecord> {
  try {
    return asRecord(JSON.parse(text));
  } catch {
    return undefined;
  }
}
