import type { ClusterRecord } from '../dataproc/clusterRecord';
import type { Faults } from '../faults';
import type { Tokens } from '../http/tokens';
import type { ClusterMachines } from '../machines/clusterMachines';
import { Gateway } from './gateway';

/** The gateways of all clusters that have one. */
export class Gateways {
  readonly #gateways = new Map<string, Gateway>();

  constructor(private readonly parts: { tokens: Tokens | undefined; faults: Faults; machines: ClusterMachines }) {}

  async open(record: ClusterRecord): Promise<Record<string, string>> {
    const { tokens, faults, machines } = this.parts;
    const gateway = new Gateway({
      tokens,
      faults,
      service: (name, websocket) => machines.webService(record.site, name, websocket),
    });
    this.#gateways.set(record.cluster.clusterUuid, gateway);
    return gateway.listen();
  }

  async close({ cluster }: ClusterRecord): Promise<void> {
    await this.#gateways.get(cluster.clusterUuid)?.close();
    this.#gateways.delete(cluster.clusterUuid);
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#gateways.values()].map((gateway) => gateway.close()));
    this.#gateways.clear();
  }
}
