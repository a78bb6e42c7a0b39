/** What a field of a profile takes, as it is written in settings. */
export type FieldType =
  | { kind: 'choice'; values: readonly { value: string; description: string }[] }
  | { kind: 'integer'; minimum: number; maximum: number }
  | { kind: 'workers'; minimum: number; maximum: number }
  | { kind: 'memory'; minimumBytes: number; maximumBytes: number }
  | { kind: 'duration'; minimumSeconds: number; maximumSeconds: number }
  | { kind: 'environment' }
  | { kind: 'file' }
  | { kind: 'schedulerAddress' }
  | { kind: 'httpUrl' }
  | { kind: 'tlsFiles' };

export interface ProfileField {
  /** The key in settings. */
  name: string;
  type: FieldType;
  required: boolean;
  /** As it would be written; undefined where leaving the field out means something that cannot be written. */
  default: unknown;
  /** Two sentences at most: what it is, and what leaving it out means. */
  description: string;
  /** What is allowed, in words that follow `Allowed: `. */
  allowed: string;
  /** A value to complete with. */
  example: unknown;
}

const interpreter: ProfileField = {
  name: 'interpreter',
  type: { kind: 'file' },
  required: false,
  default: undefined,
  description:
    'Python to use. When left out: `dask.python.interpreter`, then the choice of the Python extension, then `python3`.',
  allowed: 'the absolute path of a Python interpreter, which may begin with ~ or ${workspaceFolder}',
  example: '${workspaceFolder}/.venv/bin/python',
};

const backend = (value: string, description: string): ProfileField => ({
  name: 'backend',
  type: { kind: 'choice', values: [{ value, description }] },
  required: true,
  default: undefined,
  description: 'Where clusters live.',
  allowed: '"local" or "address"',
  example: value,
});

const environment = (description: string): ProfileField => ({
  name: 'environment',
  type: { kind: 'environment' },
  required: false,
  default: {},
  description,
  allowed: 'an object of names and texts, such as { "OMP_NUM_THREADS": "1" }',
  example: { OMP_NUM_THREADS: '1' },
});

const local: readonly ProfileField[] = [
  backend('local', 'Dask processes on this machine, started for a run and ended after it.'),
  {
    name: 'workers',
    type: { kind: 'workers', minimum: 1, maximum: 1024 },
    required: false,
    default: 4,
    description: 'Number of worker processes, or a range that Dask scales in by itself.',
    allowed:
      'a whole number from 1 to 1024, or { "minimum": 0 to 1024, "maximum": 1 to 1024 } with minimum not above maximum',
    example: { minimum: 1, maximum: 8 },
  },
  {
    name: 'threadsPerWorker',
    type: { kind: 'integer', minimum: 1, maximum: 256 },
    required: false,
    default: undefined,
    description: "Threads of each worker. When left out: Dask's own choice for this machine.",
    allowed: 'a whole number from 1 to 256',
    example: 2,
  },
  {
    name: 'memoryLimit',
    type: { kind: 'memory', minimumBytes: 128 * 2 ** 20, maximumBytes: 64 * 2 ** 40 },
    required: false,
    default: 'auto',
    description:
      "Memory of each worker. `auto` is the machine's memory divided among the workers by their threads; `none` is no limit.",
    allowed: '"auto", "none", or a size with its unit from 128 MiB to 64 TiB, such as "4GiB" or "500MB"',
    example: '4GiB',
  },
  {
    name: 'idleTimeout',
    type: { kind: 'duration', minimumSeconds: 10, maximumSeconds: 86_400 },
    required: false,
    default: '10 minutes',
    description: 'The cluster ends by itself after so long without work.',
    allowed:
      'a duration from 10 seconds to 24 hours, such as "10 minutes" or "1h"; a number without a unit is in seconds',
    example: '30 minutes',
  },
  {
    name: 'security',
    type: {
      kind: 'choice',
      values: [
        { value: 'tls', description: 'Connections are encrypted, and only you can use the cluster.' },
        { value: 'none', description: 'Every user of this machine can use the cluster, and run code as you.' },
      ],
    },
    required: false,
    default: 'tls',
    description: 'How the connections of the cluster are protected.',
    allowed: '"tls" or "none"',
    example: 'tls',
  },
  {
    name: 'afterRun',
    type: {
      kind: 'choice',
      values: [
        { value: 'delete', description: 'The cluster ends with the run that it was started for.' },
        {
          value: 'keep',
          description: 'The cluster stays for later runs, which start faster on it, until its idle timeout.',
        },
      ],
    },
    required: false,
    default: 'delete',
    description: 'What becomes of the cluster when the run has ended.',
    allowed: '"delete" or "keep"',
    example: 'keep',
  },
  environment('Environment variables of the script and of the workers.'),
  interpreter,
];

const address: readonly ProfileField[] = [
  backend('address', 'A Dask scheduler that somebody else runs: it is used, and never shut down.'),
  {
    name: 'address',
    type: { kind: 'schedulerAddress' },
    required: true,
    default: undefined,
    description: 'Address of the scheduler.',
    allowed: 'tcp://host:port, tls://host:port, ws://host:port or wss://host:port, with a port from 1 to 65535',
    example: 'tcp://127.0.0.1:8786',
  },
  {
    name: 'dashboardUrl',
    type: { kind: 'httpUrl' },
    required: false,
    default: undefined,
    description: 'Address of the dashboard. When left out: the scheduler is asked for it.',
    allowed: 'an address that begins with http:// or https://, such as http://127.0.0.1:8787',
    example: 'http://127.0.0.1:8787',
  },
  {
    name: 'tls',
    type: { kind: 'tlsFiles' },
    required: false,
    default: undefined,
    description: 'PEM files for `tls://` and `wss://` addresses.',
    allowed: '{ "ca": path, "cert": path, "key": path }, each absolute or beginning with ~ or ${workspaceFolder}',
    example: { ca: '~/dask/ca.pem', cert: '~/dask/cert.pem', key: '~/dask/key.pem' },
  },
  environment('Environment variables of the script. Those of the workers are not ours to set.'),
  interpreter,
];

/** Every field of every profile, once: the schema of settings and the validation are made from this. */
export const profileFields = { local, address } as const;

export type ProfileBackend = keyof typeof profileFields;

export const profileBackends = Object.keys(profileFields) as readonly ProfileBackend[];

/** Names of profiles are shown in menus, and kept in the history of runs. */
export const profileNamePattern = /^[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,61}[A-Za-z0-9._-])?$/;
export const profileNameAllowed =
  'a name of 1 to 63 letters, digits, spaces, dots, dashes and underscores that begins with a letter or a digit';

export const environmentNamePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Set for each run by the run itself. */
export const reservedEnvironmentNames: readonly string[] = [
  'DASK_SCHEDULER_ADDRESS',
  'DASK_DISTRIBUTED__CLIENT__PRELOAD',
];
