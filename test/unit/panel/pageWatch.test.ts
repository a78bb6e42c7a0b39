import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { PageWatch } from '../../../src/panel/pageWatch';

describe('A watch over the page of a panel', () => {
  let stalls = 0;
  const watchOf = (attempt: number): PageWatch => new PageWatch(attempt, () => (stalls += 1));

  beforeEach(() => {
    stalls = 0;
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => mock.timers.reset());

  it('says once that a page has not begun', () => {
    watchOf(0).loading();
    mock.timers.tick(8_000);
    assert.equal(stalls, 0);
    mock.timers.tick(250);
    mock.timers.tick(100_000);
    assert.equal(stalls, 1);
  });

  it('says nothing of one that has begun, also at the last moment', () => {
    const watch = watchOf(0);
    watch.loading();
    mock.timers.tick(8_000);
    watch.stop();
    mock.timers.tick(100_000);
    assert.equal(stalls, 0);
  });

  it('waits for the last page that was made', () => {
    const watch = watchOf(0);
    watch.loading();
    mock.timers.tick(7_000);
    watch.loading();
    mock.timers.tick(8_000);
    assert.equal(stalls, 0);
    mock.timers.tick(250);
    assert.equal(stalls, 1);
  });

  it('waits twice as long for the second webview, and leaves the fifth alone: it may only be slow', () => {
    watchOf(1).loading();
    mock.timers.tick(16_000);
    assert.equal(stalls, 0);
    mock.timers.tick(250);
    assert.equal(stalls, 1);
    watchOf(4).loading();
    mock.timers.tick(1_000_000);
    assert.equal(stalls, 1);
  });
});
