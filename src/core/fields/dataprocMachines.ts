import { scalingField } from './dataprocScaling';
import { choice, optional, type FieldType, type ProfileField } from './field';

const machineType: FieldType = { kind: 'text', pattern: /^[a-z][a-z0-9]*(?:-[a-z0-9]+)+$/ };
const machineTypeAllowed =
  'a machine type of Compute Engine that exists, such as "n2-standard-4" or "n2-custom-6-24576"';

const machine: readonly ProfileField[] = [
  optional('machineType', machineType, {
    default: 'n2-standard-4',
    description: 'Machine type of Compute Engine.',
    allowed: machineTypeAllowed,
    example: 'n2-highmem-8',
  }),
  choice(
    'diskType',
    {
      'pd-standard': 'The cheapest, on hard disks.',
      'pd-balanced': 'SSDs at a middle price.',
      'pd-ssd': 'Fast SSDs.',
      'hyperdisk-balanced': 'The only one of N4 and C4 machines.',
    },
    { default: 'pd-balanced', description: 'Type of the boot disk.', example: 'pd-ssd' },
  ),
  optional(
    'diskSize',
    // What images of Dataproc need at least.
    { kind: 'integer', minimum: 30, maximum: 65_536 },
    {
      default: 100,
      description: 'Size of the boot disk in GB.',
      allowed: 'a whole number of GB from 30, which images need, to 65536',
      example: 200,
    },
  ),
  optional(
    'localSsds',
    { kind: 'integer', minimum: 0, maximum: 24 },
    {
      default: 0,
      description: 'Local SSDs of 375 GB beside the boot disk, for what Dask spills.',
      allowed: 'a whole number from 0 to 24 that the machine type can have',
      example: 1,
    },
  ),
];

const count = optional(
  'count',
  {
    kind: 'either',
    types: [
      { kind: 'constant', value: 0 },
      { kind: 'integer', minimum: 2, maximum: 1000 },
    ],
  },
  {
    description: 'Number of primary workers; 0 is a single node. When left out: 2, or the minimum of `scaling`.',
    allowed: '0, or a whole number from 2 to 1000',
    example: 4,
  },
);

/** The machines of the cluster. */
export const machineFields: readonly ProfileField[] = [
  optional(
    'imageVersion',
    {
      kind: 'text',
      pattern:
        /^(?:2\.(?:[1-9]|[1-9]\d)|[3-9]\.\d{1,2})(?:\.\d{1,4})?(?:-RC\d+)?(?:-(?:ml-)?(?:debian1[0-9]|ubuntu(?:20|22|24)|rocky(?:8|9)))?$/,
    },
    {
      default: '2.2-debian12',
      description: 'Version of Dataproc on the machines. With `packages.image` it is part of that.',
      allowed: 'an image version of Dataproc from 2.1 on, such as "2.2-debian12" or "2.3.10-debian12"',
      example: '2.3-debian12',
    },
  ),
  optional(
    'master',
    { kind: 'object', fields: machine },
    {
      default: {},
      description: 'The machine of the scheduler, of the script and of YARN. There is one.',
      allowed: 'an object of machineType, diskType, diskSize and localSsds',
      example: { machineType: 'n2-standard-8' },
    },
  ),
  optional(
    'worker',
    { kind: 'object', fields: [count, ...machine] },
    {
      default: {},
      description: 'The machines of the workers. Secondary workers are of the same machine type.',
      allowed: 'an object of count, machineType, diskType, diskSize and localSsds',
      example: { count: 2, machineType: 'n2-standard-4' },
    },
  ),
  optional(
    'secondaryWorkers',
    {
      kind: 'object',
      fields: [
        choice(
          'kind',
          {
            spot: 'Much cheaper; Google may take them back at any time.',
            preemptible: 'As spot, and gone after 24 hours.',
            standard: 'At the full price, and never taken back.',
          },
          { default: 'spot', description: 'How they are paid for.', example: 'spot' },
        ),
        optional(
          'count',
          { kind: 'integer', minimum: 0, maximum: 1000 },
          {
            default: 0,
            description: 'Number of them to begin with.',
            allowed: 'a whole number from 0 to 1000',
            example: 2,
          },
        ),
      ],
    },
    {
      default: {},
      description: 'More workers, without a part of HDFS.',
      allowed: 'an object of kind and count',
      example: { kind: 'spot', count: 2 },
    },
  ),
  optional(
    'otherMachineTypes',
    { kind: 'list', item: machineType, itemAllowed: machineTypeAllowed, maximum: 10 },
    {
      default: [],
      description:
        'Machine types that are tried in this order, for all machines, where there is no room for the first.',
      allowed: 'a list of up to 10 machine types that take the same disks and hold the Dask workers',
      example: ['n2d-standard-4'],
    },
  ),
  scalingField,
];
