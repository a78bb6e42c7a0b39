import assert from 'node:assert/strict';
import { jobOf } from '../../../src/dataproc/google/jobShape';
import { jobView } from '../../../src/dataproc/jobView';

const answer = {
  reference: { projectId: 'p1', jobId: 'nightly-1' },
  placement: { clusterName: 'theirs', clusterUuid: 'u' },
  status: { state: 'DONE', stateStartTime: '2026-11-24T06:11:43Z' },
  statusHistory: [{ state: 'RUNNING', stateStartTime: '2026-11-24T06:11:33Z' }],
  pysparkJob: { mainPythonFileUri: 'gs://b/nightly.py' },
};

describe('A job of the Dataproc service', () => {
  const view = (more: object) =>
    jobView(jobOf({ project: 'p1', region: 'r' }, { ...answer, ...more }), { backend: 'dataproc', id: 'c' });

  it('says whose it is, where the service does', () => {
    assert.equal(view({ submittedBy: 'jane.doe@example.com' }).owner, 'jane.doe@example.com');
    assert.ok(!('owner' in view({})));
  });

  it('has its name, its times and its end', () => {
    const { name, state, startedAt, endedAt, exitCode } = view({});
    assert.deepEqual([name, state, exitCode], ['gs://b/nightly.py', 'succeeded', 0]);
    assert.equal((endedAt ?? 0) - (startedAt ?? 0), 10_000);
  });
});
