import { connect } from 'node:net';
import { asRecord, booleanField, stringField } from '../core/jsonValue';

/** How a zygote is reached; see docs/architecture.md. */
export interface ZygoteAddress {
  port: number;
  token: string;
}

/** What it is asked to fork: the supervisor of a run, or the process of a cluster. */
export interface ForkRequest {
  op: 'run' | 'cluster';
  /** Of the run or the cluster, with its orders. */
  folder: string;
  /** The process's whole environment. */
  environment: Readonly<Record<string, string>>;
}

/** Its process that clusters are forked from may still be importing Dask. */
const timeoutMilliseconds = 60_000;

/**
 * Asks a zygote for a fork. Resolves with the pid; rejects when it is not there, says no, or does not answer within a
 * minute: asking another way is then harmless.
 */
export function askZygote({ port, token }: ZygoteAddress, request: ForkRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    let text = '';
    socket.setEncoding('utf8').setTimeout(timeoutMilliseconds);
    socket.on('connect', () => socket.write(`${JSON.stringify({ token, ...request })}\n`));
    socket.on('data', (part: string) => {
      text += part;
      if (text.includes('\n')) {
        socket.end();
      }
    });
    socket.on('timeout', () => socket.destroy(new Error('The zygote did not answer')));
    socket.on('error', reject);
    socket.on('close', () => {
      const answer = parse(text);
      const pid = answer?.['pid'];
      if (booleanField(answer, 'ok') === true && typeof pid === 'number') {
        resolve(pid);
      } else {
        reject(new Error(stringField(answer, 'error') ?? 'The zygote gave no answer'));
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
