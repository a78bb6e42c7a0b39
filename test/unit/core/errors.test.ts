import assert from 'node:assert/strict';

import { CancelledError, isCancelled } from '../../../src/core/errors';

describe('isCancelled', () => {
  it('knows a cancel of another bundle, whose class is another', () => {
    class CancelledErrorOfAnotherBundle extends Error {
      override readonly name = 'CancelledError';
    }
    assert.ok(isCancelled(new CancelledErrorOfAnotherBundle()));
    assert.ok(isCancelled(new CancelledError()));
    assert.ok(isCancelled(AbortSignal.abort().reason));
    assert.ok(!isCancelled(new Error('Cancelled')));
  });
});
