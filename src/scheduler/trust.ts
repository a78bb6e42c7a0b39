import { readFile } from 'node:fs/promises';
import * as tls from 'node:tls';
import type { TlsFiles } from '../core/profile';

/** Which HTTPS servers are believed: those of the usual authorities, and of the one in a scheduler's TLS files. */
export class Trust {
  /** By the text of the authority's file, which may be renewed. */
  readonly #contexts = new Map<string, tls.SecureContext>();

  /** Undefined where the usual authorities are enough. Rejects when the file cannot be read, or holds no certificate. */
  async context(url: string, files: TlsFiles | undefined): Promise<tls.SecureContext | undefined> {
    if (files === undefined || !url.startsWith('https:')) {
      return undefined;
    }
    const authority = await readFile(files.ca, 'utf8');
    const context = this.#contexts.get(authority) ?? tls.createSecureContext({ ca: [...usual(), authority] });
    this.#contexts.set(authority, context);
    return context;
  }
}

/** Those that the user has added to Node's own are known to newer versions of it alone. */
function usual(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  return getCACertificates?.('default') ?? tls.rootCertificates;
}
