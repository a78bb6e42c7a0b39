import { optional, required, toggle, type FieldType, type ProfileField } from './field';

const zone: FieldType = { kind: 'text', pattern: /^[a-z]+-[a-z]+\d{1,2}-[a-z][a-z0-9]*$/ };
const zoneAllowed = 'a zone of the region, such as "europe-west1-b"';

/** RFC 1035, as Compute Engine names things. */
const name = '[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?';
const project = '(?:[a-z][a-z0-9.-]*\\.[a-z]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]';

/** Where the cluster is, and how it is found. */
export const placeFields: readonly ProfileField[] = [
  required(
    'project',
    { kind: 'text', pattern: new RegExp(`^${project}$`) },
    {
      description: 'Id of the project that the cluster belongs to, and that pays for it.',
      allowed:
        'the id of a project: 6 to 30 lower-case letters, digits and dashes, beginning with a letter, such as "my-project"',
      example: 'my-project',
    },
  ),
  required(
    'region',
    { kind: 'text', pattern: /^[a-z]+-[a-z]+\d{1,2}$/ },
    {
      description: 'Region of the cluster.',
      allowed: 'the name of a region, such as "europe-west1"',
      example: 'europe-west1',
    },
  ),
  optional('zone', zone, {
    description: 'Zone of the machines. When left out: Dataproc chooses one that has room.',
    allowed: zoneAllowed,
    example: 'europe-west1-b',
  }),
  optional(
    'otherZones',
    { kind: 'list', item: zone, itemAllowed: zoneAllowed, maximum: 10 },
    {
      default: [],
      description: 'Zones that are tried in this order when `zone` has no room.',
      allowed: 'a list of up to 10 other zones of the region, with "zone" as the first to be tried',
      example: ['europe-west1-c'],
    },
  ),
  optional(
    'network',
    {
      kind: 'text',
      pattern: new RegExp(
        `^(?:(?:https://www\\.googleapis\\.com/compute/v1/)?projects/${project}/global/networks/)?${name}$`,
      ),
    },
    {
      description: 'Network with subnetworks of its own making. When left out: `subnetwork`, or `default`.',
      allowed: 'the name of a network, or projects/PROJECT/global/networks/NAME, and no "subnetwork" beside it',
      example: 'default',
      instead: ['subnetwork'],
    },
  ),
  optional(
    'subnetwork',
    {
      kind: 'text',
      pattern: new RegExp(
        `^(?:(?:https://www\\.googleapis\\.com/compute/v1/)?projects/${project}/regions/[a-z0-9-]+/subnetworks/)?${name}$`,
      ),
    },
    {
      description:
        'Subnetwork of the machines, which for private addresses needs Private Google Access. When left out: `network`.',
      allowed:
        'the name of a subnetwork, or projects/PROJECT/regions/REGION/subnetworks/NAME in the region, and no "network" beside it',
      example: 'default',
      instead: ['network'],
    },
  ),
  toggle(
    'internalIpOnly',
    true,
    'Machines have private addresses alone. Packages from the internet then need Cloud NAT, a private index or a prebuilt environment.',
  ),
  optional(
    'tags',
    {
      kind: 'list',
      item: { kind: 'text', pattern: new RegExp(`^${name}$`) },
      itemAllowed: 'up to 63 lower-case letters, digits and dashes, beginning with a letter',
      maximum: 64,
    },
    {
      default: [],
      description: 'Network tags of the machines, for firewall rules and routes.',
      allowed: 'a list of up to 64 network tags',
      example: ['dask'],
    },
  ),
  optional(
    'stagingBucket',
    {
      kind: 'text',
      pattern:
        /^(?!goog)(?!.*google)(?!.*\.\.)(?!.*-\.|.*\.-)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/,
    },
    {
      description:
        'Bucket for code, output and results. When left out: one of the extension for the project and region, made where it is missing.',
      allowed:
        'the name of a bucket without gs://: 3 to 63 lower-case letters, digits, dashes, underscores and dots, without "google"',
      example: 'my-project-dask',
    },
  ),
  optional(
    'labels',
    {
      kind: 'map',
      // Those mark our clusters, and what Google keeps for itself.
      keys: /^(?!dask-|goog)[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u,
      keysAllowed:
        'keys of up to 63 lower-case letters, digits, dashes and underscores that begin with a letter, and not with goog or dask-',
      value: { kind: 'text', pattern: /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u },
      valueAllowed: 'up to 63 lower-case letters, digits, dashes and underscores in quotes',
      maximum: 24,
    },
    {
      default: {},
      description: 'Labels of the cluster, as for its costs. Eight more are left for those of the extension.',
      allowed: 'an object of up to 24 labels, such as { "team": "forecast" }',
      example: { team: 'forecast' },
    },
  ),
];
