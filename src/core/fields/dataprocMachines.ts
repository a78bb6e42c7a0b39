import { durationAllowed } from './common';
import { choice, optional, required, toggle, type FieldType, type ProfileField } from './field';

const machineType: FieldType = { kind: 'text', pattern: /^[a-z][a-z0-9]*(?:-[a-z0-9]+)+$/ };
const machineTypeAllowed =
  'a machine type of Compute Engine that exists, such as "n2-standard-4" or "n2-custom-6-24576"';

/** `gs://bucket/object`. */
export const objectUri = (ending = ''): RegExp =>
  new RegExp(`^gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]/(?!.*//)[^\\s]*[^\\s/]${ending}$`);

/**
 * Files of configuration that properties go to.
 * Source: docs.cloud.google.com/dataproc/docs/concepts/cluster-properties
 */
const propertyPrefixes = [
  'capacity-scheduler',
  'core',
  'dataproc',
  'delta',
  'distcp',
  'flink',
  'flink-log4j',
  'hadoop-env',
  'hadoop-log4j',
  'hbase',
  'hbase-env',
  'hbase-log4j',
  'hdfs',
  'hive',
  'hive-log4j2',
  'hudi',
  'iceberg',
  'knox',
  'mapred',
  'mapred-env',
  'pig',
  'pig-log4j',
  'presto',
  'presto-jvm',
  'ranger',
  'ranger-usersync',
  'solr',
  'spark',
  'spark-env',
  'spark-log4j',
  'tez',
  'trino',
  'trino-jvm',
  'webhcat-log4j',
  'yarn',
  'yarn-env',
  'yarn-log4j',
  'zeppelin',
  'zeppelin-env',
  'zeppelin-log4j',
  'zookeeper',
  'zookeeper-log4j',
];

/** Set by the extension itself. */
export const reservedProperties: Readonly<Record<string, string>> = {
  'spark-env:DASK_RUNNER_HOME': 'every property but this one, which the extension sets',
  'dataproc:dataproc.allow.zero.workers': '"worker": { "count": 0 } for a single node, which sets this property',
};

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
    { kind: 'integer', minimum: 10, maximum: 65_536 },
    {
      default: 100,
      description: 'Size of the boot disk in GB.',
      allowed: 'a whole number of GB from 10 to 65536',
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

/** The machines of the cluster, and what is on them. */
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
  optional(
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
  ),
  optional(
    'properties',
    {
      kind: 'map',
      keys: new RegExp(`^(?:${propertyPrefixes.join('|')}):[^\\s:=,]+$`),
      keysAllowed:
        'names of the form prefix:property with a prefix of Dataproc, such as "yarn:yarn.nodemanager.resource.memory-mb"',
      value: { kind: 'text', pattern: /^[^\0\r\n]*$/ },
      valueAllowed: 'a text in quotes, on one line',
      maximum: 200,
    },
    {
      default: {},
      description: "Dataproc's cluster properties.",
      allowed: 'an object of up to 200 properties, such as { "spark:spark.executor.cores": "2" }',
      example: { 'spark:spark.executor.cores': '2' },
    },
  ),
  optional(
    'initializationActions',
    {
      kind: 'list',
      item: {
        kind: 'either',
        types: [
          { kind: 'text', pattern: objectUri() },
          {
            kind: 'object',
            fields: [
              required(
                'script',
                { kind: 'text', pattern: objectUri() },
                {
                  description: 'The script.',
                  allowed: 'gs://bucket/object',
                  example: 'gs://my-bucket/setup.sh',
                },
              ),
              optional(
                'timeout',
                { kind: 'duration', minimumSeconds: 1, maximumSeconds: 7200 },
                {
                  default: '10 minutes',
                  description: 'Time that the script may take.',
                  allowed: durationAllowed('1 second to 2 hours', '"10 minutes"'),
                  example: '20 minutes',
                },
              ),
            ],
          },
        ],
      },
      itemAllowed: 'gs://bucket/object, or { "script": "gs://bucket/object", "timeout": "10 minutes" }',
      maximum: 20,
    },
    {
      default: [],
      description: 'Scripts that run on each machine when it is new, in this order, before that of the extension.',
      allowed: 'a list of up to 20 scripts in buckets',
      example: ['gs://my-bucket/setup.sh'],
    },
  ),
  optional(
    'nfsMounts',
    {
      kind: 'list',
      item: {
        kind: 'object',
        fields: [
          required(
            'address',
            {
              kind: 'text',
              pattern:
                /^(?![\d.]+$)[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$|^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/,
            },
            {
              description: 'The server.',
              allowed: 'a host name or an IPv4 address, such as "10.10.1.100"',
              example: '10.10.1.100',
            },
          ),
          required(
            'export',
            { kind: 'text', pattern: /^\/(?!.*(?:^|\/)\.\.(?:\/|$))[^\s:,]*$/ },
            {
              description: 'What the server shares.',
              allowed: 'an absolute path without spaces, such as "/share"',
              example: '/share',
            },
          ),
          required(
            'mountPoint',
            {
              kind: 'text',
              pattern:
                /^(?!\/(?:bin|boot|dev|etc|hadoop|lib|lib64|opt|proc|root|run|sbin|sys|tmp|usr|var)\/?$)(?!\/(?:etc|usr|proc|sys|dev|boot|opt\/dask-runner)\/)(?:\/(?!\.\.?(?:\/|$))[^\s/:,]+)+\/?$/,
            },
            {
              description: 'Folder on the machines.',
              allowed: 'the absolute path of a folder that is not one of the system, such as "/mnt/share"',
              example: '/mnt/share',
            },
          ),
        ],
      },
      itemAllowed: '{ "address": "10.10.1.100", "export": "/share", "mountPoint": "/mnt/share" }',
      maximum: 10,
    },
    {
      default: [],
      description: 'NFS shares, such as those of Filestore, that each machine mounts.',
      allowed: 'a list of up to 10 shares, each on a folder of its own',
      example: [{ address: '10.10.1.100', export: '/share', mountPoint: '/mnt/share' }],
    },
  ),
  toggle('jupyter', false, 'Jupyter is on the master.'),
];
