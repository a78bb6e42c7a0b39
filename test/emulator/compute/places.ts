// What the account has: regions, zones, machine types. Static, and plausible.

/** Zones by region. */
export const zonesByRegion: Readonly<Record<string, readonly string[]>> = {
  'us-central1': ['us-central1-a', 'us-central1-b', 'us-central1-c', 'us-central1-f'],
  'us-east1': ['us-east1-b', 'us-east1-c', 'us-east1-d'],
  'us-west1': ['us-west1-a', 'us-west1-b', 'us-west1-c'],
  'europe-west1': ['europe-west1-b', 'europe-west1-c', 'europe-west1-d'],
  'europe-west3': ['europe-west3-a', 'europe-west3-b', 'europe-west3-c'],
  'europe-west4': ['europe-west4-a', 'europe-west4-b', 'europe-west4-c'],
  'europe-north1': ['europe-north1-a', 'europe-north1-b', 'europe-north1-c'],
  'asia-east1': ['asia-east1-a', 'asia-east1-b', 'asia-east1-c'],
  'asia-northeast1': ['asia-northeast1-a', 'asia-northeast1-b', 'asia-northeast1-c'],
  'australia-southeast1': ['australia-southeast1-a', 'australia-southeast1-b', 'australia-southeast1-c'],
};

export interface MachineType {
  readonly name: string;
  readonly family: string;
  readonly vcpus: number;
  readonly memoryMb: number;
}

/** GiB of memory for each vCPU, and the sizes there are. */
const families: Readonly<
  Record<string, { readonly kinds: Readonly<Record<string, number>>; readonly sizes: readonly number[] }>
> = {
  n1: { kinds: { standard: 3.75, highmem: 6.5, highcpu: 0.9 }, sizes: [2, 4, 8, 16, 32, 64, 96] },
  n2: { kinds: { standard: 4, highmem: 8, highcpu: 1 }, sizes: [2, 4, 8, 16, 32, 48, 64, 80] },
  n2d: { kinds: { standard: 4, highmem: 8, highcpu: 1 }, sizes: [2, 4, 8, 16, 32, 48, 64, 80, 96] },
  n4: { kinds: { standard: 4, highmem: 8, highcpu: 2 }, sizes: [2, 4, 8, 16, 32, 48, 64, 80] },
  e2: { kinds: { standard: 4, highmem: 8, highcpu: 1 }, sizes: [2, 4, 8, 16, 32] },
  c2: { kinds: { standard: 4 }, sizes: [4, 8, 16, 30, 60] },
  c3: { kinds: { standard: 4, highmem: 8, highcpu: 2 }, sizes: [4, 8, 22, 44, 88] },
};

const sharedCore: readonly MachineType[] = [
  { name: 'e2-micro', family: 'e2', vcpus: 2, memoryMb: 1024 },
  { name: 'e2-small', family: 'e2', vcpus: 2, memoryMb: 2048 },
  { name: 'e2-medium', family: 'e2', vcpus: 2, memoryMb: 4096 },
];

export const machineTypes: readonly MachineType[] = [
  ...sharedCore,
  ...Object.entries(families).flatMap(([family, { kinds, sizes }]) =>
    Object.entries(kinds).flatMap(([kind, gigabytes]) =>
      sizes.map((vcpus) => ({
        name: `${family}-${kind}-${vcpus}`,
        family,
        vcpus,
        memoryMb: Math.round(vcpus * gigabytes * 1024),
      })),
    ),
  ),
];

export function machineType(name: string): MachineType | undefined {
  return machineTypes.find((type) => type.name === name);
}

/** Newer families are not in every zone. */
export function hasMachineType(zone: string, type: MachineType): boolean {
  return type.family !== 'n4' && type.family !== 'c3' ? true : /^(us-central1|us-east1|europe-west[14])/.test(zone);
}

export function regionOf(zone: string): string {
  return zone.slice(0, zone.lastIndexOf('-'));
}

/** Private Google Access of a subnetwork, by its name. */
export function hasGoogleAccess(subnetwork: string): boolean {
  return subnetwork !== 'no-google-access';
}
