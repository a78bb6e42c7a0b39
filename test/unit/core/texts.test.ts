import assert from 'node:assert/strict';
import { dayLabel, formatAge } from '../../../src/core/age';
import { formatBytes, parseBytes } from '../../../src/core/bytes';
import { formatDuration, parseDuration } from '../../../src/core/duration';
import { clusterFingerprint } from '../../../src/core/fingerprint';
import { builtInProfile, findProfile } from '../../../src/core/profileValidation';

/** Expected values come from dask.utils.parse_bytes, parse_timedelta and format_bytes of Dask 2026.8.0. */
describe('Sizes', () => {
  const read: [string, number | undefined][] = [
    ['4GiB', 4294967296],
    ['500MB', 500000000],
    ['4 GB', 4000000000],
    ['0', 0],
    ['4g', 4000000000],
    ['1e9', 1000000000],
    ['100', 100],
    ['5 kB', 5000],
    ['1.5GiB', 1610612736],
    ['2Gi', 2147483648],
    ['7B', 7],
    ['auto', undefined],
    ['', undefined],
    ['-1GB', undefined],
    ['iB', undefined],
    ['3iB', undefined],
    ['4 GB GB', undefined],
  ];
  for (const [text, bytes] of read) {
    it(`"${text}" is ${bytes}`, () => assert.equal(parseBytes(text), bytes));
  }

  const written: [number, string][] = [
    [1, '1 B'],
    [1234, '1.21 kiB'],
    [12345678, '11.77 MiB'],
    [1234567890, '1.15 GiB'],
    [1234567890000, '1.12 TiB'],
    [1234567890000000, '1.10 PiB'],
    [921, '921 B'],
    [922, '0.90 kiB'],
    [0, '0 B'],
  ];
  for (const [bytes, text] of written) {
    it(`${bytes} is written ${text}`, () => assert.equal(formatBytes(bytes), text));
  }
});

describe('Durations', () => {
  const read: [string | number, number | undefined][] = [
    ['10 minutes', 600],
    ['10m', 600],
    ['10 min', 600],
    ['1h', 3600],
    ['1 hour', 3600],
    ['30', 30],
    ['90s', 90],
    ['1.5h', 5400],
    ['2 days', 172800],
    ['10 M', 600],
    ['1h30m', 5400],
    [45, 45],
    ['1h30', undefined],
    ['m', undefined],
    ['-5 s', undefined],
    ['5 constructor', undefined],
    [Number.NaN, undefined],
    [Infinity, undefined],
  ];
  for (const [text, seconds] of read) {
    it(`${JSON.stringify(text)} is ${seconds} s`, () => assert.equal(parseDuration(text), seconds));
  }

  const written: [number, string][] = [
    [0, '0.0 s'],
    [440, '0.4 s'],
    [960, '1 s'],
    [4000, '4 s'],
    [59_499, '59 s'],
    [59_600, '1 min'],
    [130_000, '2 min 10 s'],
    [3_599_700, '1 h'],
    [3_900_000, '1 h 5 min'],
    [93_600_000, '1 d 2 h'],
    [-5, '0.0 s'],
  ];
  for (const [milliseconds, text] of written) {
    it(`${milliseconds} ms is written ${text}`, () => assert.equal(formatDuration(milliseconds), text));
  }
});

describe('Ages', () => {
  const now = new Date(2026, 10, 24, 6, 0).getTime();
  const at = (day: number, hour: number, minute = 0): number => new Date(2026, 10, day, hour, minute).getTime();

  it('are in the largest unit', () => {
    const texts = [now + 9, now - 59_000, now - 60_000, now - 7_200_000, now - 86_400_000, now - 3 * 86_400_000];
    assert.deepEqual(
      texts.map((then) => formatAge(then, now)),
      ['just now', 'just now', '1 min ago', '2 h ago', '1 day ago', '3 days ago'],
    );
  });

  it('are grouped by days of the calendar', () => {
    const labels = [at(24, 0, 1), at(23, 23, 59), at(22, 12), at(18, 1), at(17, 23), at(3, 4)];
    assert.deepEqual(
      labels.map((then) => dayLabel(then, now)),
      ['Today', 'Yesterday', 'Sunday', 'Wednesday', '2026-11-17', '2026-11-03'],
    );
  });
});

describe('What a cluster was made from', () => {
  const python = '/usr/bin/python3';
  const base = clusterFingerprint(builtInProfile, python);

  it('is other for everything that a script meets there', () => {
    const others = [
      { workers: { kind: 'fixed', count: 5 } as const },
      { workers: { kind: 'adaptive', minimum: 1, maximum: 4 } as const },
      { threadsPerWorker: 2 },
      { memoryLimit: '1GiB' },
      { security: 'none' as const },
      { environment: { A: '1' } },
      { name: 'big' },
    ].map((values) => clusterFingerprint({ ...builtInProfile, ...values }, python));
    assert.equal(new Set([base, ...others, clusterFingerprint(builtInProfile, '/opt/python')]).size, 9);
  });

  it('is the same for what does not matter there', () => {
    assert.equal(clusterFingerprint({ ...builtInProfile, afterRun: 'keep', idleTimeoutSeconds: 60 }, python), base);
    const [one, two] = [
      { A: '1', B: '2' },
      { B: '2', A: '1' },
    ].map((environment) => clusterFingerprint({ ...builtInProfile, environment }, python));
    assert.equal(one, two);
  });

  describe('of a Dataproc profile', () => {
    const written = {
      backend: 'dataproc',
      project: 'my-project',
      region: 'europe-west1',
      labels: { team: 'a' },
      memory: { target: 0.6, spill: 0.7 },
    };
    const of = (values: object, environment = ''): string => {
      const context = { home: '/', workspaceFolder: undefined };
      return clusterFingerprint(findProfile({ cloud: { ...written, ...values } }, 'cloud', context), environment);
    };
    const same = of({});

    it('is other for everything that a script meets there', () => {
      const others = [
        { project: 'my-other-project' },
        { region: 'us-east1' },
        { zone: 'europe-west1-b' },
        { subnetwork: 'a' },
        { internalIpOnly: false },
        { imageVersion: '2.3' },
        { master: { machineType: 'n2-standard-8' } },
        { worker: { diskSize: 200 } },
        { secondaryWorkers: { count: 1 } },
        { scaling: { maximum: 4 } },
        { properties: { 'yarn:a': 'b' } },
        { initializationActions: ['gs://bucket/a.sh'] },
        { nfsMounts: [{ address: 'a', export: '/b', mountPoint: '/c' }] },
        { jupyter: true },
        { dashboard: 'iap' },
        { workers: 1 },
        { threadsPerWorker: 2 },
        { memoryLimit: '1GiB' },
        { memory: { target: 0.5 } },
        { workStealing: false },
        { queue: 'b', queues: { a: 50, b: 50 } },
        { queues: { default: { share: 100, userLimitFactor: 0.1 } } },
        { serviceAccount: 'a@my-project.iam.gserviceaccount.com' },
        { packages: { archive: 'gs://bucket/a.zip' } },
        { packages: { indexUrl: 'https://example.com/simple' } },
        { environment: { A: '1' } },
      ].map((values) => of(values));
      assert.equal(new Set([same, ...others, of({}, 'sha256 of requirements')]).size, others.length + 2);
    });

    it('is the same for time, costs, second choices and what is uploaded', () => {
      for (const values of [
        { idleTimeout: '30 minutes' },
        { maxAge: '4 hours' },
        { maxRun: '1 hour' },
        { afterRun: 'keep' },
        { labels: {} },
        { impersonate: 'a@my-project.iam.gserviceaccount.com' },
        { otherMachineTypes: ['n2d-standard-4'] },
        { include: ['data'] },
        { maxPackageSize: '1 GB' },
      ]) {
        assert.equal(of(values), same, JSON.stringify(values));
      }
      const zone = { zone: 'europe-west1-b' };
      assert.equal(of({ ...zone, otherZones: ['europe-west1-c'] }), of(zone));
    });

    it('does not ask in which order things are written, nor whether they are inherited', () => {
      const properties = { properties: { 'yarn:a': '1', 'yarn:b': '2' }, environment: { A: '1', B: '2' } };
      const turned = { environment: { B: '2', A: '1' }, properties: { 'yarn:b': '2', 'yarn:a': '1' } };
      assert.equal(of(properties), of(turned));
      const context = { home: '/', workspaceFolder: undefined };
      const child = findProfile({ base: written, cloud: { backend: 'dataproc', extends: 'base' } }, 'cloud', context);
      assert.equal(clusterFingerprint(child, ''), same);
      const [forth, back] = [
        (a: string, b: string) => (a < b ? -1 : 1),
        (a: string, b: string) => (a > b ? -1 : 1),
      ].map(
        (order) => Object.fromEntries(Object.entries(child).sort(([a], [b]) => order(a, b))) as unknown as typeof child,
      );
      assert.equal(clusterFingerprint(forth!, ''), clusterFingerprint(back!, ''));
    });
  });
});
