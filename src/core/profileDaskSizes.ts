import { formatBytes, parseBytes } from './bytes';
import type { WorkerRange } from './cluster';
import type { DataprocProfile } from './dataprocProfile';
import { machineShape } from './machineTypes';
import type { Machines, ReadDataproc } from './profileDataproc';
import type { Report } from './profileValidation';

/** What YARN has of a worker machine for containers. */
interface Room {
  machineType: string;
  cores: number;
  memoryMb: number;
}

/**
 * YARN's share of a machine's memory, where no property says another. Dataproc's own answers have 3278 MB for an
 * e2-medium of 4096 MB, and Google's sizing guide 12 GB for machines of 15 GB: four fifths. All cores are YARN's.
 */
const yarnShare = 0.8;
const memoryProperty = 'yarn:yarn.nodemanager.resource.memory-mb';
const coresProperty = 'yarn:yarn.nodemanager.resource.cpu-vcores';

/** As `dask_runner.yarn.resources` has it: what a container has beyond Dask's limit. */
const overheadShare = 0.1;
const leastOverheadMb = 384;
/** Containers are this large or a multiple of it on clusters of older images; defaults fit those too. */
const containerStepMb = 1024;
const limitStepMb = 256;

/**
 * Threads, memory and number of Dask's workers, checked against the machines that they run on. What is left out is
 * worked out from them:
 *
 * - threads: the cores of the smallest worker machine;
 * - memory: a worker machine's memory × 0.8, divided by the workers that its cores allow, down to whole GiB for the
 *   container; of that what is left by the overhead (a tenth of the limit, 384 MiB at least), down to 256 MiB;
 * - workers: as many as the machines hold, from the fewest to the most machines that scaling allows.
 */
export function daskSizes(
  read: ReadDataproc,
  machines: Machines,
  report: Report,
): Pick<DataprocProfile, 'threadsPerWorker' | 'memoryLimit' | 'workers'> {
  const group = machines.primary === 0 ? 'master' : 'worker';
  const types = [read[group].machineType, ...read.otherMachineTypes];
  const rooms = types.map((type) => roomOf(type, read.properties));
  const [first] = rooms;
  const known = rooms.filter((room) => room !== undefined);
  const threads = threadsOf(read, known, first, report);
  const limitMb = limitOf(read, known, first, threads, report);
  const perMachine = known.map((room) => fitting(room, threads, containerMb(limitMb)));
  const each = first === undefined ? undefined : Math.min(...perMachine);
  return {
    threadsPerWorker: threads,
    memoryLimit: read.memoryLimit ?? sizeText(limitMb),
    workers: workersOf(read, machines, each, report),
  };
}

/** Undefined for machines whose size is not known here, unless properties say it. */
function roomOf(machineType: string, properties: Readonly<Record<string, string>>): Room | undefined {
  const shape = machineShape(machineType);
  const size = shape === undefined || 'wrong' in shape ? undefined : shape;
  const memoryMb = numberOf(properties[memoryProperty]) ?? (size && Math.floor(size.memoryMb * yarnShare));
  const cores = numberOf(properties[coresProperty]) ?? size?.cores;
  return memoryMb === undefined || cores === undefined ? undefined : { machineType, cores, memoryMb };
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function threadsOf(
  { threadsPerWorker: written }: ReadDataproc,
  rooms: readonly Room[],
  first: Room | undefined,
  report: Report,
): number {
  if (written === undefined) {
    if (first === undefined) {
      report(['threadsPerWorker'], undefined, 'a whole number from 1 to 256', sizeUnknown);
    }
    return Math.max(1, Math.min(...rooms.map((room) => room.cores), 256));
  }
  const small = rooms.find((room) => written > room.cores);
  if (small !== undefined) {
    const why = `A ${small.machineType} has ${count(small.cores, 'core')} for YARN.`;
    report(['threadsPerWorker'], written, `a whole number from 1 to ${small.cores}`, why);
  }
  return written;
}

const sizeUnknown = 'The size of the worker machine is not known here, so this cannot be left out.';

function limitOf(
  { memoryLimit: written }: ReadDataproc,
  rooms: readonly Room[],
  first: Room | undefined,
  threads: number,
  report: Report,
): number {
  if (written === undefined) {
    const fits = Math.min(...rooms.map((room) => usualLimitMb(room, threads)));
    if (first === undefined) {
      report(['memoryLimit'], undefined, 'a size with its unit from 128 MiB, such as "4GiB"', sizeUnknown);
    } else if (fits < limitStepMb) {
      const small = rooms.find((room) => usualLimitMb(room, threads) === fits) ?? first;
      const why = `YARN has ${small.memoryMb} MiB of a ${small.machineType}, which is too little for a worker.`;
      report(['memoryLimit'], undefined, 'a larger worker machine', why);
    }
    return Math.max(limitStepMb, Number.isFinite(fits) ? fits : limitStepMb);
  }
  const limitMb = (parseBytes(written) ?? 0) / 2 ** 20;
  const small = rooms.find((room) => containerMb(limitMb) > room.memoryMb);
  if (small !== undefined) {
    const most = largestLimitMb(small.memoryMb);
    const why = `YARN has ${formatBytes(small.memoryMb * 2 ** 20)} of a ${small.machineType}, and a worker's container a tenth more than the worker, ${leastOverheadMb} MiB at least.`;
    report(['memoryLimit'], written, `a size from 128 MiB to ${most} MiB`, why);
  }
  return limitMb;
}

/** MiB that YARN is asked for. */
function containerMb(limitMb: number): number {
  return Math.ceil(limitMb + Math.max(limitMb * overheadShare, leastOverheadMb));
}

function largestLimitMb(container: number): number {
  return Math.max(0, Math.floor(Math.min(container / (1 + overheadShare), container - leastOverheadMb)));
}

function usualLimitMb({ cores, memoryMb }: Room, threads: number): number {
  const steps = Math.floor(memoryMb / Math.max(1, Math.floor(cores / threads)) / containerStepMb);
  // Where cores have less than a GiB each, fewer workers are on a machine than its cores allow.
  const container = Math.min(Math.max(1, steps) * containerStepMb, memoryMb);
  return Math.floor(largestLimitMb(container) / limitStepMb) * limitStepMb;
}

/** Workers that a machine holds. */
function fitting({ cores, memoryMb }: Room, threads: number, container: number): number {
  return Math.min(Math.floor(cores / threads), Math.floor(memoryMb / container));
}

function sizeText(mb: number): string {
  return `${mb / 1024}GiB`;
}

/** The fewest and the most machines with workers; the most is undefined where a policy of others says it. */
function machineRange({ scaling, primary, secondary }: Machines): { least: number; most: number | undefined } {
  const all = Math.max(1, primary + secondary);
  if (scaling.kind !== 'limits') {
    return { least: all, most: scaling.kind === 'fixed' ? all : undefined };
  }
  const others = scaling.machines === 'primary' ? secondary : primary;
  return { least: others + scaling.minimum, most: others + scaling.maximum };
}

/** @param each workers on a machine; undefined: not known */
function workersOf(
  { workers: written }: ReadDataproc,
  machines: Machines,
  each: number | undefined,
  report: Report,
): WorkerRange {
  const { least, most } = machineRange(machines);
  if (written === undefined) {
    if (most === undefined || each === undefined) {
      const why =
        most === undefined ? `How far the policy scales is not known here, so this cannot be left out.` : sizeUnknown;
      report(['workers'], undefined, 'a whole number from 1 to 10000, or { "minimum": 2, "maximum": 10 }', why);
      return { kind: 'fixed', count: 1 };
    }
    return machines.scaling.kind === 'fixed'
      ? { kind: 'fixed', count: Math.max(1, least * each) }
      : { kind: 'adaptive', minimum: least * each, maximum: Math.max(1, most * each) };
  }
  const asked = written.kind === 'fixed' ? written.count : written.maximum;
  if (most !== undefined && each !== undefined && each > 0 && asked > most * each) {
    const path = written.kind === 'fixed' ? ['workers'] : ['workers', 'maximum'];
    const why = `There is room for ${count(most * each, 'worker')}: ${each} on each of ${count(most, 'machine')}.`;
    report(path, asked, `a whole number from 1 to ${most * each}`, why);
  }
  return written;
}

function count(number: number, noun: string): string {
  return `${number} ${number === 1 ? noun : `${noun}s`}`;
}
