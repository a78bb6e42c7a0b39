import { backend, durationAllowed, environment, extendsField, interpreter } from './common';
import { choice, optional, type ProfileField } from './field';

/** Fields of `"backend": "local"`. */
export const localFields: readonly ProfileField[] = [
  backend('local', 'Dask processes on this machine, started for a run and ended after it.'),
  extendsField,
  optional(
    'workers',
    { kind: 'workers', minimum: 1, maximum: 1024, shared: 4 },
    {
      default: 4,
      description:
        'Number of worker processes, or a range that Dask scales in by itself. With `"shared"`, runs on a cluster that is kept use the workers that are there, and what is loaded in them, instead of new ones.',
      allowed:
        'a whole number from 1 to 1024, { "minimum": 0 to 1024, "maximum": 1 to 1024 } with minimum not above maximum and perhaps "shared": true, or "shared" for four of them',
      example: { minimum: 1, maximum: 8 },
      whole: true,
    },
  ),
  optional(
    'threadsPerWorker',
    { kind: 'integer', minimum: 1, maximum: 256 },
    {
      description: "Threads of each worker. When left out: Dask's own choice for this machine.",
      allowed: 'a whole number from 1 to 256',
      example: 2,
    },
  ),
  optional(
    'memoryLimit',
    { kind: 'memory', minimumBytes: 128 * 2 ** 20, maximumBytes: 64 * 2 ** 40 },
    {
      default: 'auto',
      description:
        "Memory of each worker. `auto` is the machine's memory divided among the workers by their threads; `none` is no limit.",
      allowed: '"auto", "none", or a size with its unit from 128 MiB to 64 TiB, such as "4GiB" or "500MB"',
      example: '4GiB',
    },
  ),
  optional(
    'idleTimeout',
    { kind: 'duration', minimumSeconds: 10, maximumSeconds: 86_400 },
    {
      default: '10 minutes',
      description: 'The cluster ends by itself after so long without work.',
      allowed: durationAllowed('10 seconds to 24 hours', '"10 minutes" or "1h"'),
      example: '30 minutes',
    },
  ),
  choice(
    'security',
    {
      tls: 'Connections are encrypted, and only you can use the cluster.',
      none: 'Every user of this machine can use the cluster, and run code as you.',
    },
    { default: 'tls', description: 'How the connections of the cluster are protected.', example: 'tls' },
  ),
  choice(
    'afterRun',
    {
      delete: 'The cluster ends with the run that it was started for.',
      keep: 'The cluster stays for later runs, which start faster on it, until its idle timeout.',
    },
    { default: 'delete', description: 'What becomes of the cluster when the run has ended.', example: 'keep' },
  ),
  environment('Environment variables of the script and of the workers.'),
  interpreter,
];
