import assert from 'node:assert/strict';
import { runTimes } from '../../../src/core/run';

describe('runTimes', () => {
  it('counts from when the run was asked for, before and after its script begins', () => {
    assert.deepEqual(runTimes({ createdAt: 1000 }, 3000), { total: 2000, script: undefined });
    assert.deepEqual(runTimes({ createdAt: 1000, startedAt: 2500 }, 3000), { total: 2000, script: undefined });
  });

  it('stops at the end, and tells the script from the whole', () => {
    const times = { createdAt: 1000, startedAt: 15_000, endedAt: 35_000 };
    assert.deepEqual(runTimes(times, 99_000), { total: 34_000, script: 20_000 });
  });

  it('is never below zero: the clock of another machine may be behind', () => {
    assert.deepEqual(runTimes({ createdAt: 5000, startedAt: 4000, endedAt: 3000 }, 0), { total: 0, script: 0 });
  });
});
