import assert from 'node:assert/strict';
import Ajv from 'ajv';
import type { DataprocProfile } from '../../../src/core/dataprocProfile';
import { profilesSchema } from '../../../src/core/profileSchema';
import { parseProfile, parseProfiles } from '../../../src/core/profileValidation';
import { findSetting } from '../../../src/host/settingsLocation';
import { wrongAlone, wrongTogether, type Malformed } from './malformedDataproc';

const context = { home: '/home/ann', workspaceFolder: '/project' };
const cloud = { backend: 'dataproc', project: 'my-project', region: 'europe-west1' };
const validate = new Ajv({ strict: false, allErrors: true }).compile(profilesSchema());

const machine = { machineType: 'n2-standard-4', diskType: 'pd-balanced', diskSizeGb: 100, localSsds: 0 };

/** What three lines of settings give. */
const minimal: DataprocProfile = {
  backend: 'dataproc',
  name: 'cloud',
  project: 'my-project',
  region: 'europe-west1',
  otherZones: [],
  internalIpOnly: true,
  tags: [],
  labels: {},
  imageVersion: '2.2-debian12',
  master: machine,
  worker: { ...machine, count: 2 },
  secondaryWorkers: { kind: 'spot', count: 0 },
  otherMachineTypes: [],
  scaling: { kind: 'fixed' },
  properties: {},
  initializationActions: [],
  nfsMounts: [],
  jupyter: false,
  dashboard: 'gateway',
  workers: { kind: 'fixed', count: 2 },
  sharedWorkers: false,
  threadsPerWorker: 4,
  memoryLimit: '10.75GiB',
  memory: { target: 0.85, spill: 0.9, pause: 0.95, terminate: 0.98 },
  workStealing: true,
  queue: 'default',
  queues: {},
  queueLimits: {},
  scopes: ['https://www.googleapis.com/auth/cloud-platform'],
  environmentSource: { kind: 'pinned' },
  environment: {},
  idleTimeoutSeconds: 600,
  maxAgeSeconds: 28_800,
  afterRun: 'delete',
  include: [],
  maxPackageBytes: 100_000_000,
  askFirst: true,
};

const limits = {
  kind: 'limits',
  machines: 'primary',
  minimum: 2,
  maximum: 10,
  scaleUpFactor: 1,
  scaleDownFactor: 0.5,
  scaleUpMinFraction: 0,
  scaleDownMinFraction: 0,
  cooldownSeconds: 120,
  gracefulDecommissionSeconds: 120,
} as const;
const share = { address: 'filer.internal', export: '/share', mountPoint: '/mnt/share' };
const key = 'projects/my-project/locations/europe-west1/keyRings/r/cryptoKeys/k';
const subnetwork = 'projects/host-project/regions/europe-west1/subnetworks/dask';

/** What is written beside project and region, and what is then other than in the minimal profile. */
const right: readonly [written: object, becomes: Partial<DataprocProfile>][] = [
  [{}, {}],
  [{ project: 'example.com:my-project' }, { project: 'example.com:my-project' }],
  [
    { zone: 'europe-west1-b', otherZones: ['europe-west1-c', 'europe-west1-d'] },
    { zone: 'europe-west1-b', otherZones: ['europe-west1-c', 'europe-west1-d'] },
  ],
  [{ network: 'default' }, { network: 'default' }],
  [
    { subnetwork, internalIpOnly: false, tags: ['dask'] },
    { subnetwork, internalIpOnly: false, tags: ['dask'] },
  ],
  [
    { stagingBucket: 'my-bucket.example', labels: { team: '' } },
    { stagingBucket: 'my-bucket.example', labels: { team: '' } },
  ],
  [{ imageVersion: '2.3.10-debian12' }, { imageVersion: '2.3.10-debian12' }],
  [{ imageVersion: '3.0' }, { imageVersion: '3.0' }],
  [
    { master: { machineType: 'e2-standard-8', diskSize: 30 } },
    { master: { ...machine, machineType: 'e2-standard-8', diskSizeGb: 30 } },
  ],
  [
    { worker: { machineType: 'n2-highmem-8', diskType: 'pd-ssd', localSsds: 2, count: 4 } },
    {
      worker: { machineType: 'n2-highmem-8', diskType: 'pd-ssd', diskSizeGb: 100, localSsds: 2, count: 4 },
      threadsPerWorker: 8,
      memoryLimit: '46.25GiB',
      workers: { kind: 'fixed', count: 4 },
    },
  ],
  [{ worker: { count: 0 } }, { worker: { ...machine, count: 0 }, workers: { kind: 'fixed', count: 1 } }],
  [
    { secondaryWorkers: { count: 3, kind: 'standard' } },
    { secondaryWorkers: { kind: 'standard', count: 3 }, workers: { kind: 'fixed', count: 5 } },
  ],
  [{ workers: 'shared' }, { sharedWorkers: true }],
  [
    { workers: { minimum: 0, maximum: 2, shared: true } },
    { workers: { kind: 'adaptive', minimum: 0, maximum: 2 }, sharedWorkers: true },
  ],
  [{ scaling: {} }, { scaling: limits, workers: { kind: 'adaptive', minimum: 2, maximum: 10 } }],
  [
    { scaling: { minimum: 3, cooldown: '5 minutes', gracefulDecommission: 0, scaleUpFactor: 0.5 } },
    {
      scaling: { ...limits, minimum: 3, cooldownSeconds: 300, gracefulDecommissionSeconds: 0, scaleUpFactor: 0.5 },
      worker: { ...machine, count: 3 },
      workers: { kind: 'adaptive', minimum: 3, maximum: 10 },
    },
  ],
  [
    { secondaryWorkers: { count: 2 }, scaling: { minimum: 0, maximum: 20 } },
    {
      secondaryWorkers: { kind: 'spot', count: 2 },
      scaling: { ...limits, machines: 'secondary', minimum: 0, maximum: 20 },
      workers: { kind: 'adaptive', minimum: 2, maximum: 22 },
    },
  ],
  [
    { scaling: { machines: 'secondary', minimum: 0, maximum: 4 }, threadsPerWorker: 2 },
    {
      scaling: { ...limits, machines: 'secondary', minimum: 0, maximum: 4 },
      threadsPerWorker: 2,
      memoryLimit: '5.25GiB',
      workers: { kind: 'adaptive', minimum: 4, maximum: 12 },
    },
  ],
  [
    { scaling: 'dask-autoscale-policy', workers: { minimum: 0, maximum: 500 } },
    {
      scaling: { kind: 'policy', id: 'dask-autoscale-policy' },
      workers: { kind: 'adaptive', minimum: 0, maximum: 500 },
    },
  ],
  [
    { properties: { 'yarn:yarn.nodemanager.resource.memory-mb': '14336', 'spark:a.b': '' } },
    {
      properties: { 'yarn:yarn.nodemanager.resource.memory-mb': '14336', 'spark:a.b': '' },
      memoryLimit: '12.5GiB',
    },
  ],
  [
    { initializationActions: ['gs://my-bucket/a.sh', { script: 'gs://my-bucket/b/c.sh', timeout: '1h' }] },
    {
      initializationActions: [
        { script: 'gs://my-bucket/a.sh', timeoutSeconds: 600 },
        { script: 'gs://my-bucket/b/c.sh', timeoutSeconds: 3600 },
      ],
    },
  ],
  [
    { nfsMounts: [share], jupyter: true, dashboard: 'iap' },
    { nfsMounts: [share], jupyter: true, dashboard: 'iap' },
  ],
  [{ memoryLimit: '11915MiB' }, { memoryLimit: '11915MiB' }],
  [
    { threadsPerWorker: 1, memoryLimit: '2.5 GiB', workers: 8 },
    { threadsPerWorker: 1, memoryLimit: '2.5 GiB', workers: { kind: 'fixed', count: 8 } },
  ],
  [{ threadsPerWorker: 3 }, { threadsPerWorker: 3 }],
  [
    { worker: { machineType: 'n2-highcpu-8' }, threadsPerWorker: 1 },
    // Six containers of a GiB, and not eight of less.
    {
      worker: { ...machine, machineType: 'n2-highcpu-8', count: 2 },
      threadsPerWorker: 1,
      memoryLimit: '0.5GiB',
      workers: { kind: 'fixed', count: 14 },
    },
  ],
  [
    { otherMachineTypes: ['n2-highcpu-4', 'x9-standard-4'] },
    {
      otherMachineTypes: ['n2-highcpu-4', 'x9-standard-4'],
      memoryLimit: '2.5GiB',
    },
  ],
  [
    { worker: { machineType: 'm3-ultramem-32' }, threadsPerWorker: 16, memoryLimit: '400GiB', workers: 4 },
    {
      worker: { ...machine, machineType: 'm3-ultramem-32', count: 2 },
      threadsPerWorker: 16,
      memoryLimit: '400GiB',
      workers: { kind: 'fixed', count: 4 },
    },
  ],
  [
    { worker: { machineType: 'custom-2-7680' } },
    { worker: { ...machine, machineType: 'custom-2-7680', count: 2 }, threadsPerWorker: 2, memoryLimit: '5.25GiB' },
  ],
  [
    { worker: { machineType: 'n4-standard-4', diskType: 'hyperdisk-balanced' } },
    {
      worker: { machineType: 'n4-standard-4', diskType: 'hyperdisk-balanced', diskSizeGb: 100, localSsds: 0, count: 2 },
    },
  ],
  [{ memory: { spill: 0.7 } }, { memory: { target: 0.7, spill: 0.7, pause: 0.95, terminate: 0.98 } }],
  [
    { memory: { target: false, spill: 0.99, terminate: false } },
    { memory: { target: false, spill: 0.99, pause: 0.99, terminate: false } },
  ],
  [{ workStealing: false }, { workStealing: false }],
  [
    {
      queue: 'etl',
      queues: { default: 33.3, etl: { share: 66.7, maximum: 80, userLimitFactor: 0.1, minimumUserLimit: 5 } },
    },
    {
      queue: 'etl',
      queues: { default: 33.3, etl: 66.7 },
      queueLimits: { etl: { maximumPercent: 80, userLimitFactor: 0.1, minimumUserLimitPercent: 5 } },
    },
  ],
  [
    { queue: 'etl', properties: { 'capacity-scheduler:yarn.scheduler.capacity.root.queues': 'default, etl' } },
    { queue: 'etl', properties: { 'capacity-scheduler:yarn.scheduler.capacity.root.queues': 'default, etl' } },
  ],
  [
    {
      serviceAccount: '1234-compute@developer.gserviceaccount.com',
      impersonate: 'a@my-project.iam.gserviceaccount.com',
    },
    {
      serviceAccount: '1234-compute@developer.gserviceaccount.com',
      impersonate: 'a@my-project.iam.gserviceaccount.com',
    },
  ],
  [{ kmsKey: key }, { kmsKey: key }],
  [
    { packages: { requirements: '~/requirements.txt', extraIndexUrl: 'https://example.com/simple/' } },
    {
      environmentSource: { kind: 'requirements', files: ['/home/ann/requirements.txt'] },
      extraIndexUrl: 'https://example.com/simple/',
    },
  ],
  [
    { packages: { requirements: ['${workspaceFolder}/a.txt', '/b.txt'] } },
    { environmentSource: { kind: 'requirements', files: ['/project/a.txt', '/b.txt'] } },
  ],
  [
    { packages: { requirements: '${workspaceFolder}/pyproject.toml', indexUrl: 'http://10.0.0.1:8080/simple' } },
    {
      environmentSource: { kind: 'requirements', files: ['/project/pyproject.toml'] },
      indexUrl: 'http://10.0.0.1:8080/simple',
    },
  ],
  [
    { packages: { requirements: 'C:\\code\\uv.lock' } },
    { environmentSource: { kind: 'requirements', files: ['C:\\code\\uv.lock'] } },
  ],
  [
    { packages: { archive: 'gs://my-bucket/envs/dask.tar.gz' } },
    { environmentSource: { kind: 'archive', uri: 'gs://my-bucket/envs/dask.tar.gz' } },
  ],
  [
    { packages: { image: 'projects/my-project/global/images/dask' } },
    { environmentSource: { kind: 'image', image: 'projects/my-project/global/images/dask' } },
  ],
  [
    { idleTimeout: 300, maxAge: '14 days', maxRun: '1 h 30 min', afterRun: 'stop' },
    { idleTimeoutSeconds: 300, maxAgeSeconds: 1_209_600, maxRunSeconds: 5400, afterRun: 'stop' },
  ],
  [
    { include: ['data/*.csv', '!data/old', '.env.example', 'a b/c'], maxPackageSize: '1GB' },
    { include: ['data/*.csv', '!data/old', '.env.example', 'a b/c'], maxPackageBytes: 1_000_000_000 },
  ],
  [{ environment: { OMP_NUM_THREADS: '1' } }, { environment: { OMP_NUM_THREADS: '1' } }],
];

describe('Dataproc profiles', () => {
  it('are tried in more than 150 malformed ways', () => {
    assert.ok(wrongAlone.length + wrongTogether.length >= 150);
    assert.ok(wrongTogether.length >= 80, String(wrongTogether.length));
  });

  for (const [values, becomes] of right) {
    it(`take ${JSON.stringify(values)}`, () => {
      const written = { ...cloud, ...values };
      const { profile, problems } = parseProfile('cloud', written, context);
      assert.deepEqual(problems, []);
      assert.deepEqual(profile, { ...minimal, ...becomes });
      assert.ok(validate({ cloud: written }), JSON.stringify(validate.errors));
    });
  }

  const refused = ([values, path, said]: Malformed): void => {
    it(`say what is wrong with ${JSON.stringify(values)} at "${path}"`, () => {
      const written = JSON.parse(JSON.stringify({ ...cloud, ...values })) as object;
      const { profile, problems } = parseProfile('cloud', written, context);
      assert.equal(profile, undefined);
      const problem = problems.find((each) => each.path.join('.') === path);
      assert.ok(problem, problems.map((each) => each.message).join('\n') || 'nothing is wrong');
      assert.ok(problem.message.includes(said), problem.message);
      assert.match(problem.message, /^Profile "cloud": .+ Allowed: .+\.$/su);
      assert.ok(problem.message.includes(`"${path}"`), problem.message);
      const shown = problem.value === undefined ? 'missing' : JSON.stringify(problem.value).slice(0, 50);
      assert.ok(problem.message.includes(shown), problem.message);
      assert.ok(validate({ cloud: written }), 'by its schema, settings.json underlines it in other words');
      leadsThere(written, problem.path);
    });
  };
  for (const malformed of [...wrongAlone, ...wrongTogether]) {
    refused(malformed);
  }

  /** To the very value, or to the name of what it is missing in. */
  function leadsThere(written: object, path: readonly (string | number)[]): void {
    const text = JSON.stringify({ 'dask.profiles': { cloud: written } }, undefined, 2);
    const at = (keys: readonly (string | number)[]): unknown =>
      keys.reduce<unknown>((value, key) => (value as Record<string | number, unknown> | undefined)?.[key], written);
    const span = findSetting(text, 'dask.profiles', ['cloud', ...path]);
    const found = text.slice(span?.offset, (span?.offset ?? 0) + (span?.length ?? 0));
    const value = at(path);
    if (value === undefined || typeof value === 'object') {
      assert.ok(found.length > 0 && found.length < text.length, found);
    } else {
      assert.equal(found, JSON.stringify(value));
    }
  }

  it('say everything that is wrong at once, also with what belongs together', () => {
    const alone = parseProfile('cloud', { ...cloud, zone: 'b', worker: { count: 1, diskSize: 5 } }, context).problems;
    assert.deepEqual(alone.map(({ path }) => path.join('.')).sort(), ['worker.count', 'worker.diskSize', 'zone']);
    const together = { ...cloud, zone: 'us-east1-b', queue: 'etl', maxRun: '9 h', threadsPerWorker: 8 };
    const paths = parseProfile('cloud', together, context).problems.map(({ path }) => path.join('.'));
    for (const path of ['zone', 'queue', 'maxRun', 'threadsPerWorker']) {
      assert.ok(paths.includes(path), path);
    }
  });
});

describe('A profile that extends another', () => {
  const read = (profiles: object, name: string) => {
    const { profiles: found, problems } = parseProfiles(profiles, context);
    const messages = problems.filter((problem) => problem.profile === name).map(({ message }) => message);
    return { profile: found.get(name), messages };
  };

  it('takes what it does not say, object by object', () => {
    const base = {
      ...cloud,
      worker: { machineType: 'n2-highmem-8', count: 4 },
      labels: { team: 'a', stage: 'b' },
      tags: ['x', 'y'],
      environment: { A: '1', B: '2' },
      scaling: { minimum: 4, maximum: 8 },
      queues: { default: 60, etl: 40 },
    };
    const child = {
      backend: 'dataproc',
      extends: 'base',
      region: 'us-east1',
      worker: { count: 5 },
      labels: { stage: 'c' },
      tags: ['z'],
      environment: { B: '3' },
      scaling: { maximum: 6 },
      queues: { default: 100 },
    };
    const { profile, messages } = read({ base, child }, 'child');
    assert.deepEqual(messages, []);
    const dataproc = profile as DataprocProfile;
    assert.equal(dataproc.name, 'child');
    assert.equal(dataproc.project, 'my-project');
    assert.equal(dataproc.region, 'us-east1');
    assert.deepEqual(dataproc.worker, { ...machine, machineType: 'n2-highmem-8', count: 5 });
    assert.deepEqual(dataproc.labels, { team: 'a', stage: 'c' });
    assert.deepEqual(dataproc.tags, ['z']);
    assert.deepEqual(dataproc.environment, { A: '1', B: '3' });
    assert.deepEqual(dataproc.scaling, { ...limits, minimum: 4, maximum: 6 });
    assert.deepEqual(dataproc.queues, { default: 100 });
    assert.equal('extends' in dataproc, false);
    assert.ok(validate({ base, child }), JSON.stringify(validate.errors));
  });

  it('may say in another way what the other says', () => {
    const base = { ...cloud, network: 'a', packages: { requirements: '/r.txt' }, scaling: { maximum: 4 } };
    const other = {
      backend: 'dataproc',
      extends: 'base',
      subnetwork: 'b',
      packages: { archive: 'gs://my-bucket/e.zip' },
      scaling: 'a-policy',
      workers: 2,
    };
    const dataproc = read({ base, other }, 'other').profile as DataprocProfile;
    assert.equal(dataproc.network, undefined);
    assert.equal(dataproc.subnetwork, 'b');
    assert.deepEqual(dataproc.environmentSource, { kind: 'archive', uri: 'gs://my-bucket/e.zip' });
    assert.deepEqual(dataproc.scaling, { kind: 'policy', id: 'a-policy' });
  });

  it('is there for every backend, over several steps, and for the built-in profile', () => {
    const profiles = {
      a: { backend: 'local', workers: { minimum: 1, maximum: 8 }, threadsPerWorker: 2 },
      b: { backend: 'local', extends: 'a', memoryLimit: '2GiB' },
      c: { backend: 'local', extends: 'b', workers: 3 },
      d: { backend: 'local', extends: 'local', afterRun: 'keep' },
      e: { backend: 'address', address: 'tcp://a:1', dashboardUrl: 'http://a:2' },
      f: { backend: 'address', extends: 'e', address: 'tcp://b:1' },
    };
    const { profiles: found, problems } = parseProfiles(profiles, context);
    assert.deepEqual(problems, []);
    assert.ok(validate(profiles), JSON.stringify(validate.errors));
    const c = found.get('c');
    assert.ok(c?.backend === 'local');
    assert.deepEqual([c.workers, c.threadsPerWorker, c.memoryLimit], [{ kind: 'fixed', count: 3 }, 2, '2GiB']);
    const d = found.get('d');
    assert.ok(d?.backend === 'local');
    assert.deepEqual([d.afterRun, d.workers], ['keep', { kind: 'fixed', count: 4 }]);
    const f = found.get('f');
    assert.ok(f?.backend === 'address');
    assert.deepEqual([f.address, f.dashboardUrl], ['tcp://b:1', 'http://a:2']);
  });

  it('says that the other one is not there, and which there are', () => {
    const profiles = { base: cloud, far: { backend: 'local' }, child: { ...cloud, extends: 'bsae' } };
    assert.deepEqual(read(profiles, 'child').messages, [
      'Profile "child": "extends" is "bsae". There is no profile "bsae". Allowed: "base".',
    ]);
  });

  it('names the chain that leads to one that is not there', () => {
    const profiles = { a: { ...cloud, extends: 'b' }, b: { ...cloud, extends: 'gone' } };
    assert.match(read(profiles, 'a').messages[0] ?? '', /There is no profile "gone"\. The chain is a → b → gone\./);
  });

  it('never turns in a circle', () => {
    const profiles = {
      self: { ...cloud, extends: 'self' },
      a: { ...cloud, extends: 'b' },
      b: { ...cloud, extends: 'c' },
      c: { ...cloud, extends: 'a' },
      d: { ...cloud, extends: 'a' },
    };
    assert.match(read(profiles, 'self').messages[0] ?? '', /"extends" is "self"\. The chain self → self never ends\./);
    assert.match(read(profiles, 'a').messages[0] ?? '', /"extends" is "b"\. The chain a → b → c → a never ends\./);
    assert.match(read(profiles, 'd').messages[0] ?? '', /The chain d → a → b → c → a never ends\./);
    assert.deepEqual([...parseProfiles(profiles, context).profiles.keys()], ['local']);
  });

  it('has the same backend as the other one', () => {
    const profiles = { big: { backend: 'local' }, child: { ...cloud, extends: 'big' } };
    assert.deepEqual(read(profiles, 'child').messages, [
      'Profile "child": "extends" is "big". The backend of "big" is "local", and that of "child" is "dataproc". Allowed: nothing, as no other profile has this backend.',
    ]);
  });

  it('is not usable while the other one is not', () => {
    const profiles = { base: { ...cloud, maxAge: 1 }, child: { ...cloud, extends: 'base', maxAge: '1 h' } };
    assert.match(read(profiles, 'child').messages[0] ?? '', /"extends" is "base"\. "base" is not right by itself\./);
    assert.match(read({ ...profiles, base: 4 }, 'child').messages[0] ?? '', /"base" is not a profile\./);
  });

  it('says which profile a value comes from that does not fit', () => {
    const profiles = {
      base: { ...cloud, zone: 'europe-west1-b' },
      child: { backend: 'dataproc', extends: 'base', region: 'us-east1' },
    };
    assert.deepEqual(read(profiles, 'child').messages, [
      'Profile "child": "zone" is "europe-west1-b", from the profile "base". "region" is "us-east1". Allowed: a zone of the region, such as "us-east1-b".',
    ]);
  });

  it('must say what neither of the two says', () => {
    const base = { backend: 'dataproc', region: 'europe-west1' };
    const problems = (profiles: object): readonly string[] =>
      parseProfiles(profiles, context).problems.map(({ profile, path }) => [profile, ...path].join('.'));
    assert.deepEqual(
      problems({ base: { ...base, project: 'my-project' }, child: { backend: 'dataproc', extends: 'base' } }),
      [],
    );
    assert.deepEqual(problems({ base, child: { backend: 'dataproc', extends: 'base' } }), [
      'base.project',
      'child.extends',
    ]);
  });
});
