import assert from 'node:assert/strict';
import type { PanelCluster, PanelState } from '../../../src/protocol/panelState';
import { endText } from '../../../webview/panel/endText';

describe('What a panel says of a cluster that has gone', () => {
  const gone = 'Its plots are gone with it; the log stays.';
  const cases: [cluster: Partial<PanelCluster>, report: boolean, text: string][] = [
    [{ endReason: 'The run of etl.py ended.' }, false, `The cluster ended with its run. ${gone}`],
    [{ endReason: 'Its run ended.' }, false, `The cluster ended with its run. ${gone}`],
    [
      { endReason: 'Its run ended.' },
      true,
      'The cluster ended with its run. Its plots are kept in the performance report.',
    ],
    [{ endReason: 'No work for 10 minutes.' }, false, `The cluster has ended: no work for 10 minutes. ${gone}`],
    [{}, false, `The cluster has ended. ${gone}`],
    [{ state: 'failed', error: 'The cluster failed: no room.' }, false, `The cluster failed: no room. ${gone}`],
    [
      { state: 'failed', endReason: 'Its start did not come to an end.' },
      false,
      `Its start did not come to an end. ${gone}`,
    ],
    [{ state: 'failed' }, false, `The cluster failed. ${gone}`],
  ];
  it('tells once why a cluster did not start that was made for a run', () => {
    const error = { message: 'The cluster "cloud" could not be created.' };
    const state: PanelState = {
      cluster: { backend: 'dataproc', id: 'c1', title: 'cloud', state: 'failed', error: error.message },
      runs: [{ id: 'r1', name: 'etl.py', state: 'failed', createdAt: 0, report: false, error }],
      sources: [],
      listing: false,
      dashboard: { kind: 'ended', report: false },
    };
    assert.equal(endText(state, false), 'The cluster did not start, and is gone.');
  });
  for (const [cluster, report, text] of cases) {
    it(text, () => {
      const state: PanelState = {
        cluster: { backend: 'local', id: 'c1', title: 'local', state: 'closed', ...cluster },
        runs: [],
        sources: [],
        listing: false,
        dashboard: { kind: 'ended', report },
      };
      assert.equal(endText(state, report), text);
    });
  }
});
