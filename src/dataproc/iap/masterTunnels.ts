import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { pipeline } from 'node:stream';
import { isCancelled, UserError } from '../../core/errors';
import type { Disposable } from '../../core/event';
import type { Logger } from '../../core/ports';
import { RelayConnection, RelayError, type RelayTarget } from './relayConnection';

interface Parts {
  /** `wss://tunnel.cloudproxy.app`, or an emulator's. */
  origin: string;
  token: () => Promise<string>;
  logger: Logger;
}

interface Tunnel {
  server: Server;
  port: number;
  /** The last connection that was tried was there. */
  works: boolean;
}

/**
 * Ports of this machine's loopback address, one for each master whose HTTP side is reached through Identity-Aware Proxy.
 * Who has not the secret of the cluster's paths gets nothing there.
 */
export class MasterTunnels implements Disposable {
  readonly #parts: Parts;
  readonly #tunnels = new Map<string, Promise<Tunnel>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The port, once a connection through it has been there. @throws UserError `iapUnreachable`, `iapDenied`, and of the sign-in */
  async port(target: RelayTarget): Promise<number> {
    const key = Object.values(target).join('/');
    let opening = this.#tunnels.get(key);
    if (opening === undefined) {
      opening = this.#listen(target);
      this.#tunnels.set(key, opening);
      opening.catch(() => this.#tunnels.delete(key));
    }
    const tunnel = await opening;
    if (!tunnel.works) {
      await this.#try(target);
      tunnel.works = true;
    }
    return tunnel.port;
  }

  dispose(): void {
    for (const opening of this.#tunnels.values()) {
      void opening.then(({ server }) => server.close()).catch(() => undefined);
    }
    this.#tunnels.clear();
  }

  async #listen(target: RelayTarget): Promise<Tunnel> {
    const server = createServer();
    const tunnel: Tunnel = { server, port: 0, works: false };
    server.on('connection', (socket) => {
      const relay = this.#relay(target);
      pipeline(socket, relay, socket, (error) => {
        if (error instanceof RelayError) {
          tunnel.works = false;
          this.#parts.logger.warn(`The tunnel to ${target.instance} broke off`, error);
        }
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    // It must not keep a process from ending.
    server.unref();
    tunnel.port = (server.address() as AddressInfo).port;
    return tunnel;
  }

  #relay(target: RelayTarget): RelayConnection {
    return new RelayConnection({ origin: this.#parts.origin, token: this.#parts.token, target });
  }

  async #try(target: RelayTarget): Promise<void> {
    const relay = this.#relay(target);
    try {
      await new Promise<void>((resolve, reject) => {
        relay.once('error', reject);
        // Written once the connection is there.
        relay.write(Buffer.alloc(0), (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      throw error instanceof RelayError ? explained(error, target) : error;
    } finally {
      relay.on('error', () => undefined).destroy();
    }
  }
}

function explained(error: RelayError, { project, instance, port }: RelayTarget): unknown {
  if (isCancelled(error)) {
    return error;
  }
  const what = `${instance} cannot be reached through Identity-Aware Proxy.`;
  if (error.closeCode === 4033 || error.status === 401 || error.status === 403) {
    return new UserError({
      code: 'iapDenied',
      what,
      why: `Your account may not open tunnels in ${project}.`,
      next: `Have the role roles/iap.tunnelResourceAccessor given to it.`,
      cause: error,
    });
  }
  if (error.closeCode === 4003) {
    return new UserError({
      code: 'iapUnreachable',
      what,
      why: `Nothing answers at its port ${port}: Dask has ended there and the next run starts it, or a firewall keeps the tunnel out.`,
      next: `Let it in: gcloud compute firewall-rules create dask-iap --project=${project} --network=NETWORK --direction=INGRESS --allow=tcp:${port} --source-ranges=35.235.240.0/20`,
      cause: error,
    });
  }
  return new UserError({
    code: 'iapUnreachable',
    what,
    why: error.message,
    next: 'See whether the Identity-Aware Proxy API is on in the project, and whether this machine reaches tunnel.cloudproxy.app.',
    cause: error,
  });
}
