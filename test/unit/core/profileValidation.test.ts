import assert from 'node:assert/strict';
import { UserError } from '../../../src/core/errors';
import { builtInProfile, findProfile, parseProfile, parseProfiles } from '../../../src/core/profileValidation';

const context = { home: '/home/ann', workspaceFolder: '/project' };
const address = 'tcp://10.0.0.1:8786';
const tls = { ca: '/ca.pem', cert: '/cert.pem', key: '/key.pem' };

/** What is wrong: the profile as written, the field that is named, and a part of the message. */
type Malformed = [profile: unknown, field: string, said: string];

const local = (values: object): object => ({ backend: 'local', ...values });
const remote = (values: object): object => ({ backend: 'address', address, ...values });
const field = (name: string, values: readonly unknown[], said: string): Malformed[] =>
  values.map((value) => [local({ [name]: value }), name, said]);
const remoteField = (name: string, values: readonly unknown[], said: string): Malformed[] =>
  values.map((value) => [remote({ [name]: value }), name, said]);

const malformed: Malformed[] = [
  ...[null, 4, 'local', true, []].map((value): Malformed => [value, '', 'an object that begins with "backend"']),
  [{}, 'backend', '"backend" is missing'],
  ...['Local', 'Dataproc', '', 1, null, ['local'], {}].map((value): Malformed => [
    { backend: value },
    'backend',
    '"local", "address" or "dataproc"',
  ]),
  ...field('workers', [0, -1, 1025, 2.5, '4', null, true, [], [1, 8], Infinity], 'from 1 to 1024'),
  [local({ workers: {} }), 'workers.minimum', '"workers.minimum" is missing. Allowed: a whole number from 0 to 1024'],
  [local({ workers: {} }), 'workers.maximum', '"workers.maximum" is missing'],
  [local({ workers: { minimum: 1 } }), 'workers.maximum', 'from 1 to 1024'],
  [local({ workers: { minimum: -1, maximum: 4 } }), 'workers.minimum', 'is -1'],
  [local({ workers: { minimum: 0, maximum: 0 } }), 'workers.maximum', 'is 0'],
  [local({ workers: { minimum: 1, maximum: 1025 } }), 'workers.maximum', 'is 1025'],
  [local({ workers: { minimum: '1', maximum: 4 } }), 'workers.minimum', 'is "1"'],
  [local({ workers: { minimum: 5, maximum: 4 } }), 'workers', 'The minimum is above the maximum'],
  [local({ workers: { minimum: 1, maximum: 4, step: 2 } }), 'workers.step', 'Allowed: minimum and maximum'],
  ...field('threadsPerWorker', [0, 257, -1, 1.5, '2', null, {}, 'auto'], 'from 1 to 256'),
  ...field(
    'memoryLimit',
    ['4 parsecs', 'lots', '', '-4GiB', '4GiB each', '1e9999GB', 'GiB', {}, null, true],
    'from 128 MiB to 64 TiB',
  ),
  ...field('memoryLimit', ['4', 4, 0.5, '0.5', 4_000_000_000], 'A size needs its unit'),
  ...field('memoryLimit', ['64MB', '1KiB', '100TiB', '1PB'], 'from 128 MiB to 64 TiB'),
  ...field(
    'idleTimeout',
    [0, 9, 9.9, 86_401, -10, '9s', '25 hours', '2 days', 'soon', '', '10 lightyears', '1h30', null, {}, true],
    'from 10 seconds to 24 hours',
  ),
  ...field('security', ['TLS', 'ssl', true, null, ''], '"tls" or "none"'),
  ...field('afterRun', ['stop', 'Keep', false, null], '"delete" or "keep"'),
  ...field('environment', [[], 'A=1', null, 3], 'an object of names and texts'),
  [local({ environment: { 'A B': '1' } }), 'environment.A B', 'do not begin with a digit'],
  [local({ environment: { '1A': '1' } }), 'environment.1A', 'do not begin with a digit'],
  [local({ environment: { '': '1' } }), 'environment.', 'letters, digits and underscores'],
  [local({ environment: { A: 1 } }), 'environment.A', '"environment.A" is 1. Allowed: a text in quotes'],
  [local({ environment: { A: null } }), 'environment.A', 'a text in quotes'],
  [local({ environment: { A: 'x\0y' } }), 'environment.A', 'a text in quotes'],
  [
    local({ environment: { DASK_SCHEDULER_ADDRESS: 'x' } }),
    'environment.DASK_SCHEDULER_ADDRESS',
    'which each run sets',
  ],
  ...field('interpreter', ['', ' ', 3, null, 'x\0'], 'the absolute path'),
  ...field(
    'interpreter',
    ['python3', './venv/bin/python', 'venv\\python.exe', '~ann/python', '$HOME/p'],
    'The path is not absolute',
  ),
  [local({ worker: 4 }), 'worker', 'Perhaps "workers" is meant'],
  [local({ address }), 'address', 'is not a field of the backend "local"'],
  [local({ idle_timeout: 4 }), 'idle_timeout', 'Perhaps "idleTimeout" is meant'],
  [{ backend: 'address' }, 'address', '"address" is missing'],
  ...[
    '',
    '10.0.0.1:8786',
    'http://a:1',
    'tcp://a',
    'tcp://a:0',
    'tcp://a:65536',
    'tcp://a:x',
    'tcp://:8786',
    'tcp://a b:1',
    'tcp://u@a:1',
    'tcp://a:1/path',
    5,
    null,
    {},
  ].map((value): Malformed => [{ backend: 'address', address: value }, 'address', 'tcp://host:port']),
  ...remoteField('dashboardUrl', ['', 'a:8787', 'ftp://a', 'http://', 'http:// a', 3, null], 'http:// or https://'),
  ...remoteField('tls', [tls], 'only with an address that begins with tls://'),
  ...['x', [], null, 1].map((value): Malformed => [remote({ address: 'tls://a:1', tls: value }), 'tls', '"ca": path']),
  [remote({ address: 'tls://a:1', tls: {} }), 'tls.ca', '"tls.ca" is missing'],
  [remote({ address: 'tls://a:1', tls: { ...tls, key: 'key.pem' } }), 'tls.key', 'The path is not absolute'],
  [remote({ address: 'tls://a:1', tls: { ...tls, pass: 'x' } }), 'tls.pass', 'ca, cert and key'],
  [remote({ localModules: true }), 'localModules', '"bring" or "leave"'],
  [remote({ workers: 4 }), 'workers', 'is not a field of the backend "address"'],
  [remote({ afterRun: 'keep' }), 'afterRun', 'is not a field of the backend "address"'],
];

describe('Profiles in settings', () => {
  it('are tried in more than 80 malformed ways', () => {
    assert.ok(malformed.length >= 80, String(malformed.length));
  });

  for (const [value, path, said] of malformed) {
    it(`say what is wrong with ${JSON.stringify(value)} at "${path}"`, () => {
      const { profile, problems } = parseProfile('big', value, context);
      assert.equal(profile, undefined);
      const problem = problems.find((each) => each.path.join('.') === path);
      assert.ok(problem, problems.map((each) => each.message).join('\n'));
      assert.ok(problem.message.includes(said), problem.message);
      assert.match(problem.message, /^Profile "big": .+ Allowed: .+\.$/s);
      if (path !== '') {
        assert.ok(problem.message.includes(`"${path}"`), problem.message);
      }
      const shown = problem.value === undefined ? 'missing' : JSON.stringify(problem.value).slice(0, 50);
      assert.ok(problem.message.includes(shown), problem.message);
    });
  }

  it('say everything that is wrong at once', () => {
    const { problems } = parseProfile('big', local({ workers: 0, threadsPerWorker: 0, memoryLimit: 1, x: 1 }), context);
    assert.deepEqual(problems.map((problem) => problem.path[0]).sort(), [
      'memoryLimit',
      'threadsPerWorker',
      'workers',
      'x',
    ]);
  });

  it('cut long values in messages', () => {
    const { problems } = parseProfile('big', local({ memoryLimit: 'x'.repeat(5000) }), context);
    assert.ok((problems[0]?.message.length ?? 0) < 300);
  });

  for (const name of ['', ' ', '-a', 'a/b', 'a\nb', 'x'.repeat(64), 'ä']) {
    it(`cannot be called ${JSON.stringify(name)}`, () => {
      assert.equal(parseProfile(name, local({}), context).profile, undefined);
    });
  }

  it('are filled with the defaults', () => {
    assert.deepEqual(parseProfile('big', local({}), context).profile, { ...builtInProfile, name: 'big' });
    assert.deepEqual(parseProfile('far', remote({}), context).profile, {
      backend: 'address',
      name: 'far',
      address,
      localModules: 'bring',
      environment: {},
    });
  });

  it('may share the workers of a cluster that stays', () => {
    const read = (workers: unknown): unknown[] => {
      const { profile, problems } = parseProfile('big', local({ workers }), context);
      return [
        problems.map(({ path }) => path.join('.')),
        profile?.backend === 'local' && profile.workers,
        profile?.backend === 'local' && profile.sharedWorkers,
      ];
    };
    assert.deepEqual(read('shared'), [[], { kind: 'fixed', count: 4 }, true]);
    const range = { kind: 'adaptive', minimum: 1, maximum: 3 };
    assert.deepEqual(read({ minimum: 1, maximum: 3, shared: true }), [[], range, true]);
    assert.deepEqual(read({ minimum: 1, maximum: 3, shared: false }), [[], range, false]);
    assert.deepEqual(read({ minimum: 1, maximum: 3, shared: 1 })[0], ['workers.shared']);
  });

  it('are read as a whole', () => {
    const written = local({
      workers: { minimum: 0, maximum: 8 },
      threadsPerWorker: 2,
      memoryLimit: ' 4 GiB ',
      idleTimeout: '1 h 30 min',
      security: 'none',
      afterRun: 'keep',
      environment: { A: '1' },
      interpreter: '~/venv/bin/python',
    });
    assert.deepEqual(parseProfile('big', written, context).profile, {
      backend: 'local',
      name: 'big',
      workers: { kind: 'adaptive', minimum: 0, maximum: 8 },
      sharedWorkers: false,
      threadsPerWorker: 2,
      memoryLimit: '4 GiB',
      idleTimeoutSeconds: 5400,
      security: 'none',
      afterRun: 'keep',
      environment: { A: '1' },
      interpreter: '/home/ann/venv/bin/python',
    });
    const tlsProfile = remote({
      address: 'tls://[::1]:8786',
      dashboardUrl: 'http://a:8787/status',
      tls: { ...tls, key: '${workspaceFolder}/k.pem' },
    });
    assert.deepEqual(parseProfile('far', tlsProfile, context).profile, {
      backend: 'address',
      name: 'far',
      address: 'tls://[::1]:8786',
      dashboardUrl: 'http://a:8787',
      tls: { ...tls, key: '/project/k.pem' },
      localModules: 'bring',
      environment: {},
    });
  });

  const good: [string, readonly unknown[]][] = [
    ['workers', [1, 1024, { minimum: 0, maximum: 1 }, { minimum: 4, maximum: 4 }]],
    ['threadsPerWorker', [1, 256]],
    ['memoryLimit', ['auto', 'none', 0, '0', '128MiB', '500MB', '1.5GiB', '64TiB', '4g', '4 gb']],
    ['idleTimeout', [10, 86_400, '10s', '24h', '10 minutes', '10 min', '90', '1.5 hours', '1 day']],
    ['interpreter', ['/usr/bin/python3', '~/p', 'C:\\Python\\python.exe', '\\\\server\\p.exe', '${workspaceFolder}/p']],
  ];
  for (const [name, values] of good) {
    for (const value of values) {
      it(`take ${JSON.stringify(value)} as ${name}`, () => {
        assert.deepEqual(parseProfile('big', local({ [name]: value }), context).problems, []);
      });
    }
  }

  it('need a folder for ${workspaceFolder}', () => {
    const { problems } = parseProfile('a', local({ interpreter: '${workspaceFolder}/p' }), {
      ...context,
      workspaceFolder: undefined,
    });
    assert.match(problems[0]?.message ?? '', /No folder is open/);
  });

  it('always have "local", unless it is written wrongly', () => {
    assert.deepEqual([...parseProfiles(undefined, context).profiles.keys()], ['local']);
    assert.equal(parseProfiles({ local: local({ workers: 2 }) }, context).profiles.get('local')?.backend, 'local');
    assert.equal(parseProfiles({ local: local({ workers: 0 }) }, context).profiles.get('local'), undefined);
    assert.equal(parseProfiles([], context).problems.length, 1);
    assert.ok(parseProfiles([], context).profiles.has('local'));
  });

  it('are found, or an error leads to the place in settings', () => {
    assert.equal(findProfile({}, 'local', context), builtInProfile);
    assert.throws(
      () => findProfile({ big: local({ workers: { minimum: 9, maximum: 9999 } }) }, 'big', context),
      (error: UserError) => {
        assert.equal(error.code, 'profileInvalid');
        assert.equal(
          error.message,
          'Profile "big": "workers.maximum" is 9999. Allowed: a whole number from 1 to 1024. Correct it in settings.',
        );
        assert.deepEqual(error.buttons[0]?.action, {
          kind: 'openSettings',
          setting: 'dask.profiles',
          path: ['big', 'workers', 'maximum'],
        });
        return true;
      },
    );
    assert.throws(
      () => findProfile({ big: local({}) }, 'bog', context),
      (error: UserError) => {
        assert.ok(error instanceof UserError);
        assert.equal(error.code, 'profileUnknown');
        assert.match(error.message, /There is no profile "bog"\. "dask\.profiles" has: big, local\./);
        return true;
      },
    );
  });
});
