import assert from 'node:assert/strict';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../../../src/core/cluster';
import type { Job } from '../../../src/core/job';
import { pidStartOf } from '../../../src/machine/processes';
import { thisHost } from '../../../src/machine/host';
import { hostProcesses } from '../../../src/run/hostProcesses';
import { Ownership } from '../../../src/run/ownership';
import { LocalFixture, never } from './fixture';

/** A pid that no process has here: only the name of the machine tells it from a dead one. */
const away = { pid: 2 ** 30, pidStart: '1', host: 'node-b' };
const eightDaysAgo = Date.now() / 1000 - 8 * 24 * 3600;

describe('What another machine with the same home directory runs', () => {
  let fixture: LocalFixture;
  let cluster: string;
  let run: string;

  beforeEach(async () => {
    fixture = await LocalFixture.create();
    cluster = join(fixture.storage, 'clusters', 'c');
    run = join(fixture.storage, 'runs', 'r');
    await Promise.all([mkdir(cluster, { recursive: true }), mkdir(run, { recursive: true })]);
    const createdAt = new Date().toISOString();
    const files = {
      [join(cluster, 'spec.json')]: { id: 'c', name: 'local', createdAt, fingerprint: 'f' },
      [join(cluster, 'state.json')]: { id: 'c', state: 'running', ...away, httpUrl: 'http://127.0.0.1:9/secret' },
      [join(run, 'job.json')]: { id: 'r', name: 'a.py', cluster: { backend: 'local', id: 'c' }, interpreter: '/none' },
      [join(run, 'status.json')]: { id: 'r', state: 'running', ...away, driverPid: away.pid, driverPidStart: '1' },
      [join(run, 'owner.0')]: { ...away },
    };
    await Promise.all(
      Object.entries(files).map(([path, value]) => writeFile(path, JSON.stringify({ version: 1, ...value }))),
    );
  });

  afterEach(async () => {
    await writeFile(join(cluster, 'state.json'), JSON.stringify({ version: 1, id: 'c', state: 'closed' }));
    await fixture.dispose();
  });

  const seen = async (): Promise<{ cluster: Cluster | undefined; job: Job | undefined }> => {
    const backend = fixture.backend();
    const jobs = await backend.jobsByCluster(never);
    return { cluster: await backend.cluster({ backend: 'local', id: 'c' }, never), job: jobs.get('c')?.[0] };
  };

  it('is shown as it was last written, with the name of the machine', async () => {
    const { cluster: found, job } = await seen();
    assert.deepEqual([found?.name, found?.state], ['local on node-b', 'running']);
    assert.deepEqual([job?.name, job?.state], ['a.py on node-b', 'running']);
  });

  it('is not asked and not used: somebody else may listen on its port here', async () => {
    const backend = fixture.backend();
    const ref = { backend: 'local', id: 'c' } as const;
    await assert.rejects(backend.scheduler(ref, never), { code: 'clusterElsewhere' });
    await assert.rejects(backend.restartWorkers(ref, never), { code: 'clusterElsewhere' });
    assert.equal((await seen()).cluster?.fingerprint, undefined, 'no run takes it for its own warm cluster');
  });

  it('is not shut down and not taken over from here', async () => {
    const ref = { backend: 'local', id: 'c' } as const;
    await assert.rejects(fixture.backend().deleteCluster(ref, 'Test', never), { code: 'clusterElsewhere' });
    const ownership = new Ownership(hostProcesses);
    assert.equal(await ownership.ownerOf(run), 'elsewhere');
    assert.equal(await ownership.takeOver(run), false);
  });

  it('counts as interrupted after a week without a change', async () => {
    const files = [join(cluster, 'state.json'), join(run, 'status.json'), join(run, 'owner.0')];
    await Promise.all(files.map((path) => utimes(path, eightDaysAgo, eightDaysAgo)));
    assert.equal(await new Ownership(hostProcesses).takeOver(run), true);
    const { cluster: found, job } = await seen();
    assert.equal(found?.state, 'failed');
    assert.deepEqual([job?.state, job?.error?.code], ['failed', 'supervisorLost']);
  });

  it('is told from what this machine runs, whose death is seen', async () => {
    assert.equal((await hostProcesses.self()).host, thisHost);
    assert.equal((await hostProcesses.self()).pidStart, await pidStartOf(process.pid));
    const state = { version: 1, id: 'c', state: 'running', ...away, host: thisHost };
    await writeFile(join(cluster, 'state.json'), JSON.stringify(state));
    assert.equal((await seen()).cluster?.state, 'failed');
    assert.ok((await readFile(join(cluster, 'state.json'), 'utf8')).includes('failed'));
  });
});
