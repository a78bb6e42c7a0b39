import path from 'node:path';
import type { DataprocProfile } from '../../src/core/dataprocProfile';

/** The stub of the Python side, as a package. */
export const stubRunner = path.resolve('test', 'fakes', 'dataprocRunner', 'dask_runner');

/** What the stub of a job prints, byte for byte. */
export function stubOutput(number: number, lines: number): Buffer {
  const text = Array.from({ length: lines }, (_, index) => {
    const letter = ['ä', '€', '𝄞'][index % 3] ?? '';
    return `line ${String(index).padStart(3, '0')} ${letter.repeat((index * 7919 + number * 104729) % 700)}\n`;
  });
  return Buffer.from(text.join(''));
}

const machine = { machineType: 'n2-standard-4', diskType: 'pd-balanced', diskSizeGb: 100, localSsds: 0 };

/** A master alone, in the project `p1`. */
export function cloudProfile(more: Partial<DataprocProfile> = {}): DataprocProfile {
  return {
    backend: 'dataproc',
    name: 'cloud',
    environment: {},
    project: 'p1',
    region: 'us-central1',
    otherZones: [],
    internalIpOnly: true,
    tags: [],
    labels: {},
    imageVersion: '2.2-debian12',
    master: machine,
    worker: { ...machine, count: 0 },
    secondaryWorkers: { kind: 'spot', count: 0 },
    otherMachineTypes: [],
    scaling: { kind: 'fixed' },
    properties: {},
    initializationActions: [],
    nfsMounts: [],
    jupyter: false,
    dashboard: 'gateway',
    workers: { kind: 'fixed', count: 2 },
    sharedWorkers: false,
    threadsPerWorker: 1,
    memoryLimit: '512MiB',
    memory: {},
    workStealing: true,
    queue: 'default',
    queues: {},
    queueLimits: {},
    scopes: ['https://www.googleapis.com/auth/cloud-platform'],
    environmentSource: { kind: 'pinned' },
    idleTimeoutSeconds: 600,
    maxAgeSeconds: 3600,
    afterRun: 'delete',
    askFirst: false,
    include: [],
    maxPackageBytes: 100_000_000,
    ...more,
  };
}
