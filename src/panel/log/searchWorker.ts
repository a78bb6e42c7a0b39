import { closeSync, openSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { SearchQuery } from '../../protocol/logLine';
import { FileSearch, type SearchBatch } from './fileSearch';
import { compileQuery } from './matcher';

/** What the thread is started with, and then told as the file grows. */
export interface SearchOrder {
  path: string;
  query: SearchQuery;
}

export type SearchAnswer = { kind: 'batch'; batch: SearchBatch } | { kind: 'failed'; message: string };

const port = parentPort;
const order = workerData as SearchOrder;

if (port) {
  const answer = (value: SearchAnswer): void => port.postMessage(value);
  const file = openSync(order.path, 'r');
  const search = new FileSearch(file, compileQuery(order.query));
  port.on('message', (size: number) => {
    try {
      for (const batch of search.search(size)) {
        answer({ kind: 'batch', batch });
      }
    } catch (error) {
      answer({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  });
  port.on('close', () => closeSync(file));
}
