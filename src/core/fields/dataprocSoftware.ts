import { durationAllowed } from './common';
import { choice, optional, required, toggle, type ProfileField } from './field';

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

/** What is on the machines beside Dask. */
export const softwareFields: readonly ProfileField[] = [
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
  choice(
    'dashboard',
    {
      gateway: 'Through Component Gateway, which is turned on for the cluster.',
      iap: 'Through a tunnel of Identity-Aware Proxy, without Component Gateway.',
    },
    {
      default: 'gateway',
      description: 'The way from this machine to the dashboard and the scheduler.',
      example: 'iap',
    },
  ),
];
