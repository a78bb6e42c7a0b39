import assert from 'node:assert/strict';

import { PanelModelOfRuns } from '../../../src/panelModel';
import type { Cluster } from '../../../src/core/cluster';
import { cluster, job, run } from '../explorer/samples';

type Parts = ConstructorParameters<typeof PanelModelOfRuns>;

describe('PanelModelOfRuns', () => {
  const named = (one: Cluster, jobs = [job({ name: 'first.py' })]): string | undefined => {
    const entry = { cluster: one, jobs, snapshot: undefined, unreachable: undefined };
    const clusters = { entry: () => entry } as unknown as Parts[0];
    const record = run();
    const known = { runs: () => [{ id: record.id, record }] } as unknown as Parts[1];
    return new PanelModelOfRuns(clusters, known).cluster(one)?.name;
  };

  it('names a cluster that was made for a run after both', () => {
    assert.equal(named(cluster({ name: 'local', runId: 'r1' }), []), 'local · etl.py');
    assert.equal(named(cluster({ name: 'local', runId: 'of-before' })), 'local · first.py');
  });

  it('leaves the name of one that stays', () => {
    assert.equal(named(cluster({ name: 'local', ephemeral: false })), 'local');
    assert.equal(named(cluster({ name: 'local', runId: 'of-before' }), []), 'local');
  });
});
