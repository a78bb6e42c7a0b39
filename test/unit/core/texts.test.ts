import assert from 'node:assert/strict';
import { dayLabel, formatAge } from '../../../src/core/age';
import { formatBytes, parseBytes } from '../../../src/core/bytes';
import { formatDuration, parseDuration } from '../../../src/core/duration';
import { clusterFingerprint } from '../../../src/core/fingerprint';
import { builtInProfile } from '../../../src/core/profileValidation';

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
});
