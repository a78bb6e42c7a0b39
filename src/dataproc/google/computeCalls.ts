import { pages } from './dataprocCalls';
import type { ComputeApi, MachineType, Place } from './googleApi';
import type { Transport } from './transport';
import { lastPart, listAt, numberAt, textAt, type Json } from './wire';

const host = 'compute.googleapis.com';

/** Four lists, for which a library would be larger than all else here. */
export class ComputeCalls implements ComputeApi {
  constructor(
    private readonly transport: Transport,
    private readonly originOf: (host: string) => string,
  ) {}

  async regions(project: string, signal: AbortSignal): Promise<readonly string[]> {
    return (await this.#list(project, 'regions', signal)).filter(isUp).map((region) => textAt(region, 'name'));
  }

  async zones({ project, region }: Place, signal: AbortSignal): Promise<readonly string[]> {
    const zones = await this.#list(project, 'zones', signal);
    return zones
      .filter((zone) => isUp(zone) && lastPart(textAt(zone, 'region')) === region)
      .map((zone) => textAt(zone, 'name'));
  }

  async machineTypes(project: string, zone: string, signal: AbortSignal): Promise<readonly MachineType[]> {
    const types = await this.#list(project, `zones/${encodeURIComponent(zone)}/machineTypes`, signal);
    return types.map((type) => ({
      name: textAt(type, 'name'),
      cores: numberAt(type, 'guestCpus'),
      memoryMb: numberAt(type, 'memoryMb'),
    }));
  }

  async subnetworks(
    { project, region }: Place,
    signal: AbortSignal,
  ): Promise<readonly { name: string; network: string; privateGoogleAccess: boolean }[]> {
    const found = await this.#list(project, `regions/${encodeURIComponent(region)}/subnetworks`, signal);
    return found.map((one) => ({
      name: textAt(one, 'name'),
      network: lastPart(textAt(one, 'network')),
      privateGoogleAccess: one['privateIpGoogleAccess'] === true,
    }));
  }

  async #list(project: string, path: string, signal: AbortSignal): Promise<readonly Json[]> {
    const base = `${this.originOf(host)}/compute/v1/projects/${encodeURIComponent(project)}/${path}?maxResults=500`;
    const found: Json[] = [];
    for await (const answer of pages((token) => {
      const url = token === '' ? base : `${base}&pageToken=${encodeURIComponent(token)}`;
      return this.transport.json({ method: 'GET', url, tries: 3, signal });
    })) {
      found.push(...(listAt(answer, 'items') as Json[]));
    }
    return found;
  }
}

function isUp(one: Json): boolean {
  return textAt(one, 'status') !== 'DOWN';
}
