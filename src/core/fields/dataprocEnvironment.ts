import { optional, type FieldType, type ProfileField } from './field';
import { objectUri } from './dataprocSoftware';

const account: FieldType = { kind: 'text', pattern: /^[a-z0-9][a-z0-9-]{0,62}@(?:[a-z0-9-]+\.)+gserviceaccount\.com$/ };
const accountAllowed = 'the e-mail of a service account, such as "runner@my-project.iam.gserviceaccount.com"';

/** Without a user and a password: neither belongs into settings. */
const indexUrl: FieldType = { kind: 'text', pattern: /^https?:\/\/[^\s/@?#]+(?:\/[^\s?#]*)?$/ };
const indexAllowed =
  'an address that begins with https:// or http://, without a user and a password, such as "https://pypi.org/simple"';

/** As whom the cluster acts, as whom it is asked for, and what its data is encrypted with. */
export const accountFields: readonly ProfileField[] = [
  optional('serviceAccount', account, {
    description: "Service account of the machines. When left out: Compute Engine's default one of the project.",
    allowed: accountAllowed,
    example: 'runner@my-project.iam.gserviceaccount.com',
  }),
  optional(
    'scopes',
    {
      kind: 'list',
      item: { kind: 'text', pattern: /^https:\/\/www\.googleapis\.com\/auth\/[a-z0-9._-]+$/ },
      itemAllowed: 'an address such as "https://www.googleapis.com/auth/cloud-platform"',
      maximum: 50,
    },
    {
      default: ['https://www.googleapis.com/auth/cloud-platform'],
      description: "What the machines' service account may be used for.",
      allowed: 'a list of up to 50 scopes',
      example: ['https://www.googleapis.com/auth/cloud-platform'],
    },
  ),
  optional(
    'kmsKey',
    {
      kind: 'text',
      pattern:
        /^projects\/[a-z0-9.:-]+\/locations\/[a-z0-9-]+\/keyRings\/[A-Za-z0-9_-]{1,63}\/cryptoKeys\/[A-Za-z0-9_-]{1,63}$/,
    },
    {
      description:
        "Key for disks, for the extension's bucket and for what Dataproc keeps of jobs. When left out: Google's own.",
      allowed: 'projects/PROJECT/locations/REGION/keyRings/RING/cryptoKeys/KEY in the region of the cluster',
      example: 'projects/my-project/locations/europe-west1/keyRings/dask/cryptoKeys/dask',
    },
  ),
  optional('impersonate', account, {
    description: 'Service account as which Google Cloud is called. When left out: the signed-in account itself.',
    allowed: accountAllowed,
    example: 'deployer@my-project.iam.gserviceaccount.com',
  }),
];

const file: FieldType = {
  kind: 'file',
  named: /(?:^|[\\/])(?:[^\\/]+\.txt|[^\\/]+\.in|pyproject\.toml|pylock(?:\.[^\\/.]+)?\.toml|uv\.lock)$/,
};
const fileAllowed =
  'a file *.txt for pip, pyproject.toml, pylock.toml or uv.lock, by its absolute path or one that begins with ~ or ${workspaceFolder}';

const one = ['requirements', 'archive', 'image'];
const instead = (name: string): readonly string[] => one.filter((other) => other !== name);

/** Python packages beside Dask's own, which are pinned by the extension. */
export const packagesField = optional(
  'packages',
  {
    kind: 'object',
    fields: [
      optional(
        'requirements',
        {
          kind: 'either',
          types: [file, { kind: 'list', item: file, itemAllowed: fileAllowed, maximum: 20 }],
        },
        {
          description:
            'Packages that are installed on each machine when it is new, beside Dask. Lock files are installed as they are.',
          allowed: `${fileAllowed}, or a list of up to 20 files *.txt`,
          example: '${workspaceFolder}/requirements.txt',
          instead: instead('requirements'),
        },
      ),
      optional(
        'archive',
        { kind: 'text', pattern: objectUri('\\.(?:tar\\.gz|tgz|zip)') },
        {
          description:
            'A prebuilt environment, packed by conda-pack or venv-pack, or an archive of wheels: nothing is then taken from the internet.',
          allowed: 'gs://bucket/object.tar.gz or gs://bucket/object.zip',
          example: 'gs://my-bucket/environment.tar.gz',
          instead: instead('archive'),
        },
      ),
      optional(
        'image',
        {
          kind: 'text',
          pattern:
            /^(?:https:\/\/www\.googleapis\.com\/compute\/v1\/)?projects\/[a-z0-9.:-]+\/global\/images\/(?:family\/)?[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
        },
        {
          description: 'A custom image of Dataproc that holds the environment at `/opt/dask-runner/env`.',
          allowed: 'projects/PROJECT/global/images/IMAGE',
          example: 'projects/my-project/global/images/dask-2026-11',
          instead: instead('image'),
        },
      ),
      optional('indexUrl', indexUrl, {
        description: 'Package index instead of the public one.',
        allowed: indexAllowed,
        example: 'https://europe-west1-python.pkg.dev/my-project/pypi/simple',
      }),
      optional('extraIndexUrl', indexUrl, {
        description: 'Package index beside the other one.',
        allowed: indexAllowed,
        example: 'https://europe-west1-python.pkg.dev/my-project/private/simple',
      }),
    ],
  },
  {
    default: {},
    description:
      "Python packages of the script and the workers. When left out: the extension's Dask and what it needs.",
    allowed: 'an object of requirements, archive or image, and of indexUrl and extraIndexUrl',
    example: { requirements: '${workspaceFolder}/requirements.txt' },
  },
);
