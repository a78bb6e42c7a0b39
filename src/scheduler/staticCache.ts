import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';

export interface CachedFile {
  headers: OutgoingHttpHeaders;
  body: Buffer;
}

const maximumBytes = 16 * 1024 * 1024;

/**
 * Bokeh's scripts, which every plot loads and which never change: their address has a hash of their content
 * (`?v=…`). Kept in memory, so that each frame after the first one does not wait for the scheduler.
 */
export class StaticCache {
  readonly #files = new Map<string, CachedFile>();
  #bytes = 0;

  get(key: string): CachedFile | undefined {
    return this.#files.get(key);
  }

  /** Collects an answer while it passes by; kept when it comes whole. */
  collect(key: string, answer: IncomingMessage, headers: OutgoingHttpHeaders): void {
    const length = Number(answer.headers['content-length']);
    const whole = answer.statusCode === 200 && answer.headers['content-encoding'] === undefined;
    if (!isVersioned(key) || !whole || !(this.#bytes + length <= maximumBytes) || this.#files.has(key)) {
      return;
    }
    const parts: Buffer[] = [];
    answer.on('data', (part: Buffer) => parts.push(part));
    answer.on('end', () => {
      const body = Buffer.concat(parts);
      if (body.length === length && !this.#files.has(key)) {
        this.#bytes += length;
        this.#files.set(key, { headers, body });
      }
    });
  }
}

/** @param key path and query */
function isVersioned(key: string): boolean {
  return /^static\/js\/[\w./-]+\?v=[0-9a-f]{32,}$/.test(key);
}
