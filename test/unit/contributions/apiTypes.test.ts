import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { DaskApi as Documented } from '../../../docs/api';
import type { DaskApi } from '../../../src/api';
import { commands } from '../../../src/contributions';

/** Does not compile when the API is not what docs/api.d.ts says. */
const asDocumented = (api: DaskApi): Documented => api;
/** Does not compile when docs/api.d.ts says less about the arguments than the API takes. */
const asImplemented = (...args: Parameters<Documented['runFile']>): Parameters<DaskApi['runFile']> => args;

describe('docs/api.md', () => {
  it('has types that fit the API', () => {
    assert.equal(typeof asDocumented, 'function');
    assert.equal(typeof asImplemented, 'function');
  });

  it('names only commands that exist', () => {
    const text = readFileSync(join(process.cwd(), 'docs/api.md'), 'utf8');
    const named = [...text.matchAll(/\bdask\.(?:run|cluster|job)\.\w+/g)].map(([id]) => id);
    assert.ok(named.length > 5);
    for (const id of named) {
      assert.ok(id in commands, id);
    }
  });
});
