import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataprocProfile } from '../../../src/core/dataprocProfile';
import { isCancelled, UserError } from '../../../src/core/errors';
import { notSignedIn } from '../../../src/dataproc/access/signInErrors';
import { BackendFixture, ref, text } from './backendFixture';
import { all, ListedAccess, rejection, until } from './google/fixture';

describe('clusters of the Dataproc backend', () => {
  let fixture: BackendFixture;

  before(async () => {
    fixture = await BackendFixture.start();
  });

  afterEach(() => fixture.clear());

  after(() => fixture.close());

  const gone = async (id: string): Promise<void> => {
    assert.deepEqual(
      fixture.there(id).map(({ state }) => state),
      [],
    );
    assert.notEqual((await fixture.window().cluster(ref(id), fixture.signal))?.state, 'running');
  };

  /** Creates it, and answers what it fails with. */
  const failing = async (id: string, more: Partial<DataprocProfile> = {}): Promise<UserError> => {
    const error = await rejection(fixture.create(fixture.window(), id, more));
    assert.ok(error instanceof UserError, String(error));
    return error;
  };

  it('are created with what their machines need, both time limits and labels, and say what goes on', async () => {
    const id = fixture.id();
    const stages: string[] = [];
    const cluster = await fixture.create(
      fixture.window(),
      id,
      { labels: { team: 'a' }, idleTimeoutSeconds: 900, maxAgeSeconds: 7200 },
      { onStage: (stage, detail) => stages.push(`${stage} ${detail ?? ''}`) },
    );
    assert.deepEqual([cluster.state, cluster.id, cluster.owned, cluster.ephemeral], ['running', id, true, true]);
    const [made] = fixture.there(id);
    const { config, labels } = made?.cluster ?? assert.fail();
    const own = Object.entries(labels).filter(([name]) => !name.startsWith('goog-'));
    assert.deepEqual(Object.fromEntries(own), {
      team: 'a',
      'dask-cluster': id,
      'dask-installation': 'this-machine',
      'dask-owner': 'user',
      'dask-profile': 'cloud',
      'dask-run': id,
    });
    const { idleDeleteTtl, autoDeleteTime = '' } = config.lifecycleConfig ?? {};
    const age = Date.parse(autoDeleteTime) - (cluster.createdAt ?? 0);
    assert.deepEqual([idleDeleteTtl, Math.round(age / 60_000)], ['900s', 120]);
    const metadata = config.gceClusterConfig?.metadata ?? {};
    for (const name of ['dask-runner-package', 'dask-runner-requirements']) {
      const [, bucket = '', object = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(metadata[name] ?? '') ?? [];
      assert.ok(fixture.emulator.store.object(bucket, object), name);
    }
    const spec = JSON.parse(metadata['dask-runner-spec'] ?? '') as Record<string, unknown>;
    assert.equal(spec['id'], id);
    // Made for a run: its script's client asks for the workers.
    assert.deepEqual([spec['startWorkers'], spec['sharedWorkers']], ['withScript', false]);
    assert.ok(
      stages.some((stage) => stage.includes('asking for machines')),
      stages.join('\n'),
    );
    assert.equal(stages.at(-1), 'ready ');
    assert.match(await text(join(fixture.storage, 'dataproc', id, 'startup.log')), /making the environment/);
    const endpoint = await fixture.window().scheduler(ref(id), fixture.signal);
    assert.ok(endpoint.httpUrl?.endsWith('/gateway/default/dask') === true && endpoint.containers === true);
  });

  it('start while the code of their run is uploaded, which is said', async () => {
    const workspaceFolder = join(fixture.storage, 'large');
    await mkdir(workspaceFolder, { recursive: true });
    const path = join(workspaceFolder, 'main.py');
    await writeFile(path, 'print(1)\n');
    await writeFile(join(workspaceFolder, 'model.bin'), randomBytes(3_000_000));
    const packaging = { include: ['model.bin'], maxPackageBytes: 10_000_000 };
    const code = { target: { kind: 'file' as const, path }, workspaceFolder, packaging };
    // The upload takes as long as this test wants.
    fixture.faults({ method: 'storage.objects.insert', times: 0, latencyMilliseconds: 30_000 });
    const stages: string[] = [];
    const backend = fixture.window();
    await fixture.create(backend, fixture.id(), {}, { code, onStage: (_, detail) => stages.push(detail ?? '') });
    assert.ok(
      stages.some((stage) => /^asking for machines in .*, uploading 2\.86 MiB of code$/.test(stage)),
      stages.join('\n'),
    );
    assert.ok(!(stages.at(-1) ?? '').includes('uploading'));
    const sent = fixture.emulator.store.objects('dask-p1-us-central1').filter(({ name }) => /code\/.*zip$/.test(name));
    assert.ok(sent.some(({ size }) => size > 3_000_000));
  });

  it('are not asked for where their code cannot be packed', async () => {
    const id = fixture.id();
    const code = { target: { kind: 'file' as const, path: join(fixture.storage, 'gone.py') } };
    const counts = fixture.counting();
    const error = await rejection(fixture.create(fixture.window(), id, {}, { code }));
    assert.match(error.message, /gone\.py/);
    assert.deepEqual(fixture.there(id), []);
    assert.deepEqual(counts(), {});
  });

  it('are made once for one id, by two windows at the same time, and by one later', async () => {
    const id = fixture.id();
    const counts = fixture.counting();
    const made = await Promise.all([fixture.window(), fixture.window()].map((one) => fixture.create(one, id)));
    const again = await fixture.create(fixture.window(), id);
    assert.deepEqual(
      [...made, again].map((one) => [one.id, one.state]),
      Array(3).fill([id, 'running']),
    );
    assert.equal(fixture.there(id).length, 1);
    assert.ok((counts()['ClusterController.CreateCluster'] ?? 0) >= 2);
  });

  it('are made once although answers are lost, and gone once although those of their deletion are', async () => {
    const id = fixture.id();
    fixture.faults(
      { method: 'ClusterController.CreateCluster', times: 2, lose: 'response' },
      { method: 'ClusterController.DeleteCluster', times: 1, lose: 'response' },
    );
    const window = fixture.window();
    assert.equal((await fixture.create(window, id)).state, 'running');
    assert.equal(fixture.there(id).length, 1);
    await window.deleteCluster(ref(id), 'Not needed.', fixture.signal);
    await gone(id);
    const ended = await window.cluster(ref(id), fixture.signal);
    assert.deepEqual([ended?.state, ended?.endReason], ['closed', 'Not needed.']);
  });

  it('are made through a service that fails again and again', async () => {
    const id = fixture.id();
    fixture.emulator.faults.add({
      rules: [{ method: '*', times: 0, probability: 0.2, error: { status: 'UNAVAILABLE' } }],
      seed: 3,
    });
    const window = fixture.window();
    assert.equal(
      (await fixture.create(window, id, { worker: workers(2), scaling: { ...limits, maximum: 7 } })).state,
      'running',
    );
    await window.deleteCluster(ref(id), 'x', fixture.signal);
    assert.deepEqual(fixture.there(id), []);
  });

  it('go to the next zone after a stock-out, then to the next machine type, then say so and leave nothing', async () => {
    const out = (zone: string, family: string) => fixture.emulator.faults.add({ stockouts: [{ zone, family }] });
    const profile = { zone: 'us-central1-a', otherZones: ['us-central1-b'], otherMachineTypes: ['e2-standard-4'] };
    out('us-central1-a', 'n2');
    const [first, second, third] = [fixture.id(), fixture.id(), fixture.id()];
    await fixture.create(fixture.window(), first, profile);
    assert.match(String(fixture.there(first)[0]?.cluster.config.gceClusterConfig?.zoneUri), /us-central1-b$/);
    out('us-central1-b', 'n2');
    await fixture.create(fixture.window(), second, profile);
    const { masterConfig, gceClusterConfig } = fixture.there(second)[0]?.cluster.config ?? assert.fail();
    assert.match(`${gceClusterConfig?.zoneUri} ${masterConfig?.machineTypeUri}`, /us-central1-a .*e2-standard-4$/);
    out('us-central1-a', 'e2');
    out('us-central1-b', 'e2');
    const error = await failing(third, profile);
    assert.equal(error.code, 'zoneHasNoMachines');
    assert.match(error.message, /"cloud" could not be created.*us-central1-b has no such machines/);
    await gone(third);
  });

  it('are refused beyond a quota, in numbers', async () => {
    fixture.emulator.faults.add({ quotas: { N2_CPUS: 2 } });
    const id = fixture.id();
    const error = await failing(id);
    assert.equal(error.code, 'quotaExceeded');
    assert.match(error.message, /N2_CPUS in us-central1.*4 are asked for/);
    await gone(id);
    // The same id has the same end, from whichever window.
    assert.equal((await failing(id)).message, error.message);
  });

  it('say the last words of an initialization that failed, keep its log, and are deleted', async () => {
    const id = fixture.id();
    const error = await failing(id, { indexUrl: 'https://fail.invalid/simple' });
    assert.equal(error.code, 'initializationFailed');
    assert.match(error.message, /failed while installing: pip: No matching distribution found for nothing/);
    await gone(id);
    const window = fixture.window();
    const ended = await window.cluster(ref(id), fixture.signal);
    assert.deepEqual([ended?.state, ended?.error?.message], ['failed', error.message]);
    const logs = await window.logs(ref(id), fixture.signal);
    assert.deepEqual(
      logs.map((one) => one.id),
      ['startup', 'initialization'],
    );
  });

  it('that somebody deletes while they are created say so', async () => {
    const id = fixture.id();
    const created = failing(id);
    await until(
      () => fixture.there(id)[0],
      (there) => there !== undefined,
    );
    fixture.emulator.clusters.remove(fixture.there(id)[0] ?? assert.fail());
    const error = await created;
    assert.match(error.message, /could not be created\. It was cancelled or deleted by somebody else/);
    await gone(id);
  });

  it('are gone after a cancel, also one during the call that makes them', async () => {
    for (const latencyMilliseconds of [0, 300]) {
      const id = fixture.id();
      const cancel = new AbortController();
      fixture.faults({ method: 'ClusterController.CreateCluster', latencyMilliseconds });
      const counts = fixture.counting();
      const { clusters } = fixture.emulator;
      const before = clusters.begin.bind(clusters);
      let carriedOut = false;
      clusters.begin = (request) => {
        carriedOut = true;
        return before(request);
      };
      const window = fixture.window();
      const created = rejection(fixture.create(window, id, {}, { signal: cancel.signal }));
      await until(counts, (now) => now['ClusterController.CreateCluster'] === 1);
      cancel.abort();
      assert.ok(isCancelled(await created));
      await window.deleteCluster(ref(id), 'Cancelled.', fixture.signal);
      // The service does what it was asked for, also after nobody waits for its answer.
      await until(
        () => carriedOut,
        (done) => done,
      );
      clusters.begin = before;
      await gone(id);
    }
  });

  it('are not there any more only when they are: also where they were being deleted, or gone, or of that name only', async () => {
    const [deleting, deleted, foreign] = [fixture.id(), fixture.id(), fixture.id()];
    const window = fixture.window();
    for (const id of [deleting, deleted, foreign]) {
      await fixture.create(window, id);
    }
    const remove = (id: string) => fixture.emulator.clusters.remove(fixture.there(id)[0] ?? assert.fail());
    remove(deleting);
    await window.deleteCluster(ref(deleting), 'x', fixture.signal);
    await gone(deleting);
    remove(deleted);
    await until(
      () => fixture.there(deleted).length,
      (count) => count === 0,
    );
    await window.deleteCluster(ref(deleted), 'x', fixture.signal);
    assert.match((await window.cluster(ref(deleted), fixture.signal))?.endReason ?? '', /outside of this window/);
    // Somebody made another one of its name.
    const other = fixture.there(foreign)[0] ?? assert.fail();
    other.cluster.labels = {};
    await window.deleteCluster(ref(foreign), 'x', fixture.signal);
    assert.equal(other.state, 'RUNNING');
  });

  it('share one policy of the same content, and have none that failed on the way', async () => {
    const counts = fixture.counting();
    const worker = workers(2);
    fixture.faults({ method: 'AutoscalingPolicyService.CreateAutoscalingPolicy', times: 1, lose: 'response' });
    const ids = [fixture.id(), fixture.id()];
    const window = fixture.window();
    for (const id of ids) {
      await fixture.create(window, id, { worker, scaling: limits });
    }
    const policies = ids.map((id) => fixture.there(id)[0]?.cluster.config.autoscalingConfig?.policyUri);
    assert.match(policies[0] ?? '', /\/dask-[0-9a-f]{16}$/);
    assert.equal(policies[0], policies[1]);
    assert.equal(
      counts()['AutoscalingPolicyService.CreateAutoscalingPolicy'],
      2,
      'one whose answer was lost, one that finds it',
    );
    for (const id of ids) {
      await window.deleteCluster(ref(id), 'x', fixture.signal);
    }
  });

  it('say that the network is the cause, and pass on what a sign-in needs', async () => {
    const offline = fixture.window({ endpoint: 'http://127.0.0.1:1' });
    const error = await rejection(fixture.create(offline, fixture.id()));
    assert.match(
      error.message,
      /network of this machine is the cause: 127\.0\.0\.1:1 could not be reached \(ECONNREFUSED\)/,
    );
    assert.doesNotMatch(error.message, /Google says/);
    const access = new ListedAccess();
    access.token = () => Promise.reject(notSignedIn('gcloud'));
    const signedOut = await rejection(fixture.create(fixture.window({ access }), fixture.id()));
    assert.match(signedOut.message, /Sign in: gcloud auth login$/);
  });

  it('list all pages of all places, those of others too', async () => {
    const window = fixture.window();
    const kept = fixture.id();
    await fixture.create(window, kept, { afterRun: 'keep' }, { ephemeral: false });
    const place = { projectId: 'p2', region: 'europe-west1' };
    const labels = { 'dask-owner': 'jane-doe', owner: 'team' };
    fixture.emulator.clusters.create({ ...place, cluster: { clusterName: 'theirs', labels, config: {} } });
    fixture.asked = [
      { project: 'p1', region: 'us-central1', impersonate: undefined },
      { project: 'p2', region: 'europe-west1', impersonate: undefined },
    ];
    const watching = window.onDidChange(() => undefined);
    const listed = await all(window.clusters(fixture.signal));
    watching.dispose();
    const theirs = listed.find(({ name }) => name === 'theirs') ?? assert.fail();
    assert.deepEqual(
      [theirs.owned, theirs.owner, theirs.ephemeral, theirs.fingerprint],
      [false, 'jane-doe', false, undefined],
    );
    assert.equal(listed.filter(({ id }) => id === kept).length, 1);
    await window.deleteCluster(ref(theirs.id), 'It was asked for.', fixture.signal);
    assert.equal(fixture.there().filter(({ cluster }) => cluster.clusterName === 'theirs').length, 0);
  });

  it('of another account are not listed once it is not asked as any more', async () => {
    const window = fixture.window();
    fixture.emulator.clusters.create({
      ...{ projectId: 'p2', region: 'europe-west1' },
      cluster: { clusterName: 'secret', config: {} },
    });
    fixture.asked = [
      { project: 'p1', region: 'us-central1', impersonate: undefined },
      { project: 'p2', region: 'europe-west1', impersonate: undefined },
    ];
    const watching = window.onDidChange(() => undefined);
    const names = async () => (await all(window.clusters(fixture.signal))).map(({ name }) => name);
    assert.ok((await names()).includes('secret'));
    fixture.faults({ method: 'ClusterController.ListClusters', times: 0, error: { status: 'PERMISSION_DENIED' } });
    const before = window.clusters(fixture.signal);
    await rejection(all(before));
    window.accountChanged();
    await rejection(all(window.clusters(fixture.signal)));
    watching.dispose();
    fixture.emulator.faults.clear();
    assert.ok(!(await names()).includes('secret'));
  });

  it('are not taken for gone where a place does not answer', async () => {
    const id = fixture.id();
    await fixture.create(fixture.window(), id, {}, { ephemeral: false });
    const window = fixture.window();
    fixture.faults({ method: 'ClusterController.ListClusters', times: 0, error: { status: 'INTERNAL' } });
    const watching = window.onDidChange(() => undefined);
    await rejection(all(window.clusters(fixture.signal)));
    watching.dispose();
    fixture.emulator.faults.clear();
    assert.equal((await window.cluster(ref(id), fixture.signal))?.state, 'running');
    await window.deleteCluster(ref(id), 'x', fixture.signal);
    await gone(id);
  });
});

const limits: Extract<DataprocProfile['scaling'], { kind: 'limits' }> = {
  kind: 'limits',
  machines: 'primary',
  minimum: 2,
  maximum: 5,
  scaleUpFactor: 1,
  scaleDownFactor: 1,
  scaleUpMinFraction: 0,
  scaleDownMinFraction: 0,
  cooldownSeconds: 120,
  gracefulDecommissionSeconds: 60,
};

function workers(count: number): DataprocProfile['worker'] {
  return { machineType: 'n2-standard-4', diskType: 'pd-balanced', diskSizeGb: 100, localSsds: 0, count };
}
