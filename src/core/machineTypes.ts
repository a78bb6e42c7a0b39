/** What a machine type of Compute Engine has, as far as it is known here. */
export interface MachineShape {
  cores: number;
  memoryMb: number;
  /** Boot disks that it takes; undefined: not known. */
  disks: readonly string[] | undefined;
  /** Numbers of local SSDs that it takes; undefined: not known. */
  localSsds: readonly number[] | undefined;
}

interface Family {
  /** GiB for each core, by the kind. */
  kinds: Readonly<Record<string, number>>;
  /** Cores. */
  sizes: readonly number[];
  disks: readonly string[];
  /** Numbers of local SSDs for machines of up to so many cores; none where there are no rows. */
  ssds: readonly (readonly [upToCores: number, counts: readonly number[]])[];
  /** GiB for each core that custom machines may have. */
  custom?: readonly [least: number, most: number];
}

const persistent = ['pd-standard', 'pd-balanced', 'pd-ssd'];
const hyperdisk = ['hyperdisk-balanced'];

/**
 * Sources: docs.cloud.google.com/compute/docs: general-purpose-machines, compute-optimized-machines,
 * disks/local-ssd#choose_number_local_ssds, instances/creating-instance-with-custom-machine-type. C3 and C3D have SSDs
 * by the name of the type, and are looked at below.
 */
const families: Readonly<Record<string, Family>> = {
  n1: {
    kinds: { standard: 3.75, highmem: 6.5, highcpu: 0.9 },
    sizes: [1, 2, 4, 8, 16, 32, 64, 96],
    disks: persistent,
    ssds: [[96, [1, 2, 3, 4, 5, 6, 7, 8, 16, 24]]],
    custom: [0.9, 6.5],
  },
  n2: {
    kinds: { standard: 4, highmem: 8, highcpu: 1 },
    sizes: [2, 4, 8, 16, 32, 48, 64, 80, 96, 128],
    disks: persistent,
    ssds: [
      [10, [1, 2, 4, 8, 16, 24]],
      [20, [2, 4, 8, 16, 24]],
      [40, [4, 8, 16, 24]],
      [80, [8, 16, 24]],
      [128, [16, 24]],
    ],
    custom: [0.5, 8],
  },
  n2d: {
    kinds: { standard: 4, highmem: 8, highcpu: 1 },
    sizes: [2, 4, 8, 16, 32, 48, 64, 80, 96, 128, 224],
    disks: persistent,
    ssds: [
      [16, [1, 2, 4, 8, 16, 24]],
      [48, [2, 4, 8, 16, 24]],
      [80, [4, 8, 16, 24]],
      [224, [8, 16, 24]],
    ],
    custom: [0.5, 8],
  },
  n4: {
    kinds: { standard: 4, highmem: 8, highcpu: 2 },
    sizes: [2, 4, 8, 16, 32, 48, 64, 80],
    disks: hyperdisk,
    ssds: [],
    custom: [2, 8],
  },
  e2: {
    kinds: { standard: 4, highmem: 8, highcpu: 1 },
    sizes: [2, 4, 8, 16, 32],
    disks: persistent,
    ssds: [],
    custom: [0.5, 8],
  },
  c2: {
    kinds: { standard: 4 },
    sizes: [4, 8, 16, 30, 60],
    disks: persistent,
    ssds: [
      [8, [1, 2, 4, 8]],
      [16, [2, 4, 8]],
      [30, [4, 8]],
      [60, [8]],
    ],
  },
  c2d: {
    kinds: { standard: 4, highmem: 8, highcpu: 2 },
    sizes: [2, 4, 8, 16, 32, 56, 112],
    disks: persistent,
    ssds: [
      [16, [1, 2, 4, 8]],
      [32, [2, 4, 8]],
      [56, [4, 8]],
      [112, [8]],
    ],
  },
  c3: {
    kinds: { standard: 4, highmem: 8, highcpu: 2 },
    sizes: [4, 8, 22, 44, 88, 176],
    disks: ['pd-balanced', 'pd-ssd', ...hyperdisk],
    ssds: [],
  },
  c3d: {
    kinds: { standard: 4, highmem: 8, highcpu: 2 },
    sizes: [4, 8, 16, 30, 60, 90, 180, 360],
    disks: ['pd-balanced', 'pd-ssd', ...hyperdisk],
    ssds: [],
  },
  t2d: { kinds: { standard: 4 }, sizes: [1, 2, 4, 8, 16, 32, 48, 60], disks: persistent, ssds: [] },
};

const shared: Readonly<Record<string, number>> = { 'e2-micro': 1, 'e2-small': 2, 'e2-medium': 4 };

/** Families with Arm processors. Source: docs.cloud.google.com/compute/docs/instances/arm-on-compute */
const arm = /^(?:t2a|c4a|n4a|a4x)-/;

/** Whether machines of a type run software for Arm alone. */
export function isArm(name: string): boolean {
  return arm.test(name);
}

/** Undefined for families that are not known here; `wrong` says what is allowed instead of a type that cannot be. */
export function machineShape(name: string): MachineShape | { wrong: string } | undefined {
  const memory = shared[name];
  if (memory !== undefined) {
    return shape(families['e2'], 2, memory * 1024);
  }
  // `custom-4-15360` is an N1.
  const [, series = 'n1', kind = '', count = '', last] =
    /^(?:([a-z]\d[a-z]?)-)?(standard|highmem|highcpu|custom)-(\d+)(?:-(.+))?$/.exec(name) ?? [];
  const family = Object.hasOwn(families, series) ? families[series] : undefined;
  if (family === undefined || kind === '') {
    return undefined;
  }
  const cores = Number(count);
  if (kind === 'custom') {
    return customShape(series, family, cores, last ?? '');
  }
  const ratio = family.kinds[kind];
  if (ratio === undefined) {
    return { wrong: `one of ${series}-${Object.keys(family.kinds).join(`, ${series}-`)}` };
  }
  if (last !== undefined) {
    // `-lssd` and later variants: their disks are their own.
    return { ...shape(family, cores, cores * ratio * 1024), localSsds: undefined };
  }
  return family.sizes.includes(cores)
    ? shape(family, cores, cores * ratio * 1024)
    : { wrong: `${series}-${kind}- with ${family.sizes.join(', ')}` };
}

function shape(family: Family | undefined, cores: number, memoryMb: number): MachineShape {
  const row = family?.ssds.find(([upTo]) => cores <= upTo);
  return { cores, memoryMb: Math.round(memoryMb), disks: family?.disks, localSsds: [0, ...(row?.[1] ?? [])] };
}

function customShape(series: string, family: Family, cores: number, rest: string): MachineShape | { wrong: string } {
  const [, memory = '', extended] = /^(\d+)(-ext)?$/.exec(rest) ?? [];
  const prefix = series === 'n1' ? 'custom' : `${series}-custom`;
  if (family.custom === undefined) {
    return { wrong: `no custom type of ${series}, which has none` };
  }
  const [least, most] = family.custom;
  const evenly =
    cores >= 1 && (cores % 2 === 0 || (series === 'n1' && cores === 1)) && cores <= Math.max(...family.sizes);
  const memoryMb = Number(memory);
  const perCore = memoryMb / 1024 / cores;
  if (
    !evenly ||
    memory === '' ||
    memoryMb % 256 !== 0 ||
    perCore < least ||
    (perCore > most && extended === undefined)
  ) {
    return {
      wrong: `${prefix}-CORES-MB with an even number of cores up to ${Math.max(...family.sizes)} and for each ${least} to ${most} GiB in steps of 256 MB`,
    };
  }
  return shape(family, cores, memoryMb);
}
