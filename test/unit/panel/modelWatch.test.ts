import assert from 'node:assert/strict';
import { Emitter } from '../../../src/core/event';
import { ModelWatch } from '../../../src/panel/modelWatch';
import { until } from './tempFolder';

describe('What a panel hears of clusters and runs', () => {
  it('is one look for a burst of changes, and nothing while it is hidden', async () => {
    const changes = new Emitter<void>();
    let looks = 0;
    const watch = new ModelWatch(changes.event, () => (looks += 1));
    changes.fire();
    watch.changed();
    watch.start();
    assert.equal(watch.settling, true);
    for (let count = 0; count < 50; count += 1) {
      changes.fire();
    }
    await until('a look', () => looks > 0);
    assert.equal(looks, 1);
    changes.fire();
    watch.stop();
    changes.fire();
    assert.equal(watch.listening, false);
    watch.start();
    changes.fire();
    await until('a look after it is seen again', () => looks > 1);
    assert.equal(looks, 2);
    watch.dispose();
  });
});
