import { optional, toggle, type FieldType, type ProfileField } from './field';

const percent = (minimum: number): FieldType => ({ kind: 'number', minimum, maximum: 100 });
const percentAllowed = (minimum: number): string => `a number of percent from ${minimum} to 100`;

const threshold = (name: string, standard: number, description: string): ProfileField =>
  optional(
    name,
    {
      kind: 'either',
      types: [
        { kind: 'constant', value: false },
        { kind: 'number', minimum: 0.1, maximum: 1 },
      ],
    },
    {
      description: `${description} When left out: ${standard}, or what the others leave it.`,
      allowed: 'a number from 0.1 to 1, or false for never, with target, spill, pause and terminate in rising order',
      example: standard,
    },
  );

/** A leaf queue's own name. */
const queueName = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}$/;
const share: FieldType = percent(0.1);

/** Limits that hold in one queue: how 20 to 30 people share a cluster. */
const queue: readonly ProfileField[] = [
  {
    ...optional('share', share, {
      description: 'Share of the cluster that the queue is sure of, in percent.',
      allowed: percentAllowed(0.1),
      example: 50,
    }),
    required: true,
  },
  optional('maximum', percent(0.1), {
    description:
      'Share of the cluster that it may have while others do not need theirs, in percent. When left out: 100.',
    allowed: `${percentAllowed(0.1)}, not below its share`,
    example: 100,
  }),
  optional(
    'userLimitFactor',
    { kind: 'number', minimum: 0.01, maximum: 100 },
    {
      description: "How much of the queue's share one user may have: 0.1 is a tenth. When left out: 1.",
      allowed: 'a number from 0.01 to 100',
      example: 0.1,
    },
  ),
  optional(
    'minimumUserLimit',
    { kind: 'integer', minimum: 1, maximum: 100 },
    {
      description: 'Share of the queue that a user is sure of while others wait, in percent. When left out: 100.',
      allowed: 'a whole number of percent from 1 to 100',
      example: 5,
    },
  ),
];

/** Dask's workers in YARN's containers. */
export const daskFields: readonly ProfileField[] = [
  optional(
    'workers',
    { kind: 'workers', minimum: 1, maximum: 10_000, shared: 'usual' },
    {
      description:
        'Number of Dask workers, or a range that Dask scales in by itself. When left out: as many as the machines hold, and with `scaling` from those of the fewest machines to those of the most. With `"shared"`, runs on a cluster that is kept use the workers that are there, and what is loaded in them, instead of new ones.',
      allowed:
        'a whole number from 1 to 10000, { "minimum": 0 to 10000, "maximum": 1 to 10000 } with minimum not above maximum, room on the machines and perhaps "shared": true, or "shared" for the usual number of them',
      example: { minimum: 2, maximum: 10 },
      whole: true,
    },
  ),
  optional(
    'threadsPerWorker',
    { kind: 'integer', minimum: 1, maximum: 256 },
    {
      description: "Threads of each worker, and cores of its container. When left out: the worker machine's cores.",
      allowed: "a whole number from 1 to the worker machine's cores",
      example: 2,
    },
  ),
  optional(
    'memoryLimit',
    { kind: 'size', minimumBytes: 128 * 2 ** 20, maximumBytes: 64 * 2 ** 40 },
    {
      description:
        "Memory of each worker; its container has a tenth more, 384 MiB at least. When left out: what fits of YARN's memory with as many workers on a machine as its cores allow.",
      allowed: 'a size with its unit from 128 MiB to what fits the worker machine, such as "4GiB"',
      example: '6GiB',
    },
  ),
  optional(
    'memory',
    {
      kind: 'object',
      fields: [
        threshold('target', 0.85, 'Share of the memory limit from which a worker keeps results on disk.'),
        threshold('spill', 0.9, 'Share of the memory limit from which it writes what is in use to disk too.'),
        threshold('pause', 0.95, 'Share of the memory limit from which it begins no more tasks.'),
        threshold('terminate', 0.98, 'Share of the memory limit at which it is ended and started anew.'),
      ],
    },
    {
      default: {},
      description: 'When workers write to disk, wait, and are ended.',
      allowed: 'an object of target, spill, pause and terminate',
      example: { target: 0.6, spill: 0.7, pause: 0.8, terminate: 0.95 },
    },
  ),
  toggle('workStealing', true, "Idle workers take over others' tasks."),
  optional(
    'queue',
    { kind: 'text', pattern: queueName },
    {
      default: 'default',
      description: "YARN's queue for the workers.",
      allowed: 'the name of one of the queues; without "queues" it is "default"',
      example: 'default',
    },
  ),
  optional(
    'queues',
    {
      kind: 'map',
      keys: queueName,
      keysAllowed: 'names of up to 63 letters, digits, dashes and underscores',
      value: { kind: 'either', types: [share, { kind: 'object', fields: queue }] },
      valueAllowed:
        'a share in percent from 0.1 to 100, or an object of share, maximum, userLimitFactor and minimumUserLimit',
      maximum: 50,
    },
    {
      default: {},
      description:
        "Queues of YARN's capacity scheduler, each with its share in percent. When left out: `default` alone.",
      allowed: 'an object of up to 50 queues whose shares are 100 together, such as { "default": 40, "etl": 60 }',
      example: { default: { share: 100, userLimitFactor: 0.1, minimumUserLimit: 5 } },
      whole: true,
    },
  ),
];
