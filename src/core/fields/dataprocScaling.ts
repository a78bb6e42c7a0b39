import { durationAllowed } from './common';
import { optional, type ProfileField } from './field';

const fraction = (name: string, standard: number, description: string): ProfileField =>
  optional(
    name,
    { kind: 'number', minimum: 0, maximum: 1 },
    { default: standard, description, allowed: 'a number from 0 to 1', example: 0.5 },
  );

const machines = (name: string, standard: number): ProfileField =>
  optional(
    name,
    { kind: 'integer', minimum: 0, maximum: 1000 },
    {
      default: standard,
      description: `Machines at ${name === 'minimum' ? 'least' : 'most'}, of those that are scaled.`,
      allowed: 'a whole number from 0 to 1000, for primary workers from 2, with minimum not above maximum',
      example: standard,
    },
  );

/** An autoscaling policy. Bounds are Dataproc's. */
const scaling: readonly ProfileField[] = [
  machines('minimum', 2),
  machines('maximum', 10),
  optional(
    'machines',
    {
      kind: 'choice',
      values: [
        { value: 'primary', description: 'Primary workers, which hold HDFS: 2 at least.' },
        { value: 'secondary', description: 'Secondary workers, of the kind that "secondaryWorkers" says.' },
      ],
    },
    {
      description:
        'Which machines are scaled; the others stay as many as they are. When left out: secondary ones where there are any.',
      allowed: '"primary" or "secondary"',
      example: 'secondary',
    },
  ),
  fraction('scaleUpFactor', 1, 'Share of the memory that YARN waits for which is added as machines at a time.'),
  fraction('scaleDownFactor', 0.5, 'Share of the memory that YARN has to spare which is taken away at a time.'),
  fraction('scaleUpMinFraction', 0, 'Smallest change that is made, as a share of the cluster: 0 is any.'),
  fraction('scaleDownMinFraction', 0, 'Smallest change that is made, as a share of the cluster: 0 is any.'),
  optional(
    'cooldown',
    { kind: 'duration', minimumSeconds: 120, maximumSeconds: 86_400 },
    {
      default: '2 minutes',
      description: 'Time between two changes.',
      allowed: durationAllowed('2 minutes to 24 hours', '"2 minutes"'),
      example: '5 minutes',
    },
  ),
  optional(
    'gracefulDecommission',
    { kind: 'duration', minimumSeconds: 0, maximumSeconds: 86_400 },
    {
      default: '2 minutes',
      description:
        'Time that a machine has before it goes, in which its results move to others. A machine waits that long always.',
      allowed: durationAllowed('0 to 24 hours', '"2 minutes"'),
      example: '2 minutes',
    },
  ),
];

export const scalingField = optional(
  'scaling',
  {
    kind: 'either',
    types: [
      { kind: 'text', pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{1,48}[A-Za-z0-9]$/ },
      { kind: 'object', fields: scaling },
    ],
  },
  {
    description:
      "Dataproc's autoscaling: limits, from which a policy is made, or the name of a policy. When left out: the number of machines stays.",
    allowed:
      'the name of an autoscaling policy (3 to 50 letters, digits, dashes and underscores), or an object such as { "minimum": 2, "maximum": 10 }',
    example: { minimum: 2, maximum: 10 },
  },
);
