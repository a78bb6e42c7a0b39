import { optional, required, type ProfileField } from './field';

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

export const interpreter = optional(
  'interpreter',
  { kind: 'file' },
  {
    description:
      'Python to use. When left out: `dask.python.interpreter`, then the choice of the Python extension, then `python3`.',
    allowed: 'the absolute path of a Python interpreter, which may begin with ~ or ${workspaceFolder}',
    example: '${workspaceFolder}/.venv/bin/python',
  },
);

export const extendsField = optional(
  'extends',
  { kind: 'text', pattern: profileNamePattern },
  {
    description:
      'Name of a profile from which everything is taken that this one does not say. Objects are taken field by field; lists, and what has its limits in itself, as a whole.',
    allowed: 'the name of another profile with the same backend',
    example: 'base',
  },
);

export function backend(value: string, description: string): ProfileField {
  return required(
    'backend',
    { kind: 'choice', values: [{ value, description }] },
    { description: 'Where clusters live.', allowed: `"${value}"`, example: value },
  );
}

export function environment(description: string): ProfileField {
  return optional(
    'environment',
    { kind: 'environment' },
    {
      default: {},
      description,
      allowed: 'an object of names and texts, such as { "OMP_NUM_THREADS": "1" }',
      example: { OMP_NUM_THREADS: '1' },
    },
  );
}

/** A duration as settings have it, and what is allowed. @param range such as `10 seconds to 24 hours` */
export const durationAllowed = (range: string, example: string): string =>
  `a duration from ${range}, such as ${example}; a number without a unit is in seconds`;
