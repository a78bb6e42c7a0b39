import { ApiError } from '../http/apiError';
import type { Answer, ApiRequest, Call, Service } from '../http/call';
import { hasGoogleAccess, hasMachineType, machineTypes, regionOf, zonesByRegion, type MachineType } from './places';

const api = 'https://www.googleapis.com/compute/v1';
const regions = Object.keys(zonesByRegion);
const zones = Object.values(zonesByRegion).flat();

/** The parts of Compute Engine, version 1, that say what an account can use. */
export class ComputeService implements Service {
  route(request: ApiRequest): Call | undefined {
    const found = /^\/compute\/v1\/projects\/([^/]+)\/(.+)$/.exec(request.path);
    if (found === null || request.method !== 'GET') {
      return undefined;
    }
    const [, project = '', rest = ''] = found;
    const parts = rest.split('/');
    const [kind = '', place = '', collection = '', name] = parts;
    if (kind === 'regions' && collection === '') {
      return this.#call(
        'regions',
        request,
        place,
        regions.map((region) => regionResource(project, region)),
      );
    }
    if (kind === 'zones' && collection === '') {
      return this.#call(
        'zones',
        request,
        place,
        zones.map((zone) => zoneResource(project, zone)),
      );
    }
    if (kind === 'zones' && collection === 'machineTypes') {
      const types = zones.includes(place) ? machineTypes.filter((type) => hasMachineType(place, type)) : undefined;
      return this.#call(
        'machineTypes',
        request,
        name,
        types?.map((type) => typeResource(project, place, type)),
      );
    }
    if (kind === 'regions' && collection === 'subnetworks') {
      return this.#call(
        'subnetworks',
        request,
        name,
        regions.includes(place) ? subnetworks(project, place) : undefined,
      );
    }
    if (kind === 'global' && place === 'networks') {
      return this.#call('networks', request, collection, networks(project));
    }
    if (kind === 'aggregated' && place === 'subnetworks') {
      return { name: 'compute.subnetworks.aggregatedList', run: () => aggregated(project) };
    }
    return undefined;
  }

  #call(kind: string, request: ApiRequest, name: string | undefined, items: Named[] | undefined): Call {
    const wanted = name ?? '';
    return wanted === ''
      ? { name: `compute.${kind}.list`, run: () => list(kind, request, items ?? missing(request)) }
      : {
          name: `compute.${kind}.get`,
          run: () => ({
            status: 200,
            body: (items ?? []).find((item) => item.name === wanted) ?? missing(request),
          }),
        };
  }
}

interface Named {
  readonly name: string;
}

function missing(request: ApiRequest): never {
  const resource = request.path.replace('/compute/v1/', '');
  throw new ApiError('NOT_FOUND', `The resource '${resource}' was not found`);
}

/** A page, of what a filter such as `name = n2-*` or `name eq n2.*` lets through. */
function list(kind: string, { query }: ApiRequest, all: Named[]): Answer {
  const filter = /^\(?\s*name\s*(=|eq|:)\s*"?([^")]+)"?\s*\)?$/.exec(query.get('filter') ?? '');
  const pattern = filter?.[1] === 'eq' ? filter[2] : filter?.[2]?.replaceAll('*', '.*');
  const items = pattern === undefined ? all : all.filter(({ name }) => new RegExp(`^(${pattern})$`).test(name));
  const size = Math.min(Number(query.get('maxResults') ?? 500) || 500, 500);
  const start = Number(Buffer.from(query.get('pageToken') ?? '', 'base64').toString('utf8')) || 0;
  const end = start + size;
  return {
    status: 200,
    body: {
      kind: `compute#${kind.slice(0, -1)}List`,
      items: items.slice(start, end),
      ...(end < items.length ? { nextPageToken: Buffer.from(String(end)).toString('base64') } : {}),
    },
  };
}

function regionResource(project: string, region: string): Named {
  const base = `${api}/projects/${project}`;
  return {
    ...{ kind: 'compute#region', status: 'UP', selfLink: `${base}/regions/${region}` },
    name: region,
    zones: (zonesByRegion[region] ?? []).map((zone) => `${base}/zones/${zone}`),
  } as Named;
}

function zoneResource(project: string, zone: string): Named {
  const base = `${api}/projects/${project}`;
  return {
    ...{ kind: 'compute#zone', status: 'UP', selfLink: `${base}/zones/${zone}` },
    name: zone,
    region: `${base}/regions/${regionOf(zone)}`,
  } as Named;
}

function typeResource(project: string, zone: string, type: MachineType): Named {
  return {
    kind: 'compute#machineType',
    name: type.name,
    description: `${type.vcpus} vCPUs, ${type.memoryMb / 1024} GB RAM`,
    guestCpus: type.vcpus,
    memoryMb: type.memoryMb,
    maximumPersistentDisks: 128,
    isSharedCpu: /micro|small|medium/.test(type.name),
    zone,
    selfLink: `${api}/projects/${project}/zones/${zone}/machineTypes/${type.name}`,
  } as Named;
}

function networks(project: string): Named[] {
  return ['default', 'no-google-access'].map((name) => ({
    kind: 'compute#network',
    name,
    selfLink: `${api}/projects/${project}/global/networks/${name}`,
  }));
}

/** One of them without the access that clusters without external addresses need. */
function subnetworks(project: string, region: string): Named[] {
  const index = regions.indexOf(region);
  return ['default', 'no-google-access'].map((name) => ({
    kind: 'compute#subnetwork',
    name,
    network: `${api}/projects/${project}/global/networks/${name}`,
    region: `${api}/projects/${project}/regions/${region}`,
    ipCidrRange: `10.${name === 'default' ? 128 + index : 64 + index}.0.0/20`,
    privateIpGoogleAccess: hasGoogleAccess(name),
    purpose: 'PRIVATE',
    selfLink: `${api}/projects/${project}/regions/${region}/subnetworks/${name}`,
  }));
}

function aggregated(project: string): Answer {
  const items = regions.map((region) => [`regions/${region}`, { subnetworks: subnetworks(project, region) }]);
  return {
    status: 200,
    body: { kind: 'compute#subnetworkAggregatedList', items: Object.fromEntries(items) as object },
  };
}
