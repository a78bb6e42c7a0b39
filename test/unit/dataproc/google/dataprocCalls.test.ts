import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { python } from '../../emulator/fixture';
import { all, canary, googleError, GoogleFixture, ListedAccess, place, rejection, until, whileSilent } from './fixture';

const nowhere = { project: 'p1', region: 'europe-west1' };

describe('dataproc: Dataproc over REST', () => {
  let google: GoogleFixture;
  before(async () => {
    google = await GoogleFixture.start();
    google.emulator.store.addBucket('code', 'p1', 'us-central1');
    await google.emulator.store.put('code', 'main.py', 'print("hello")\n');
    await google.emulator.store.put('code', 'long.py', 'import time\nprint("on", flush=True)\ntime.sleep(60)\n');
  });
  afterEach(() => {
    google.emulator.faults.clear();
  });
  after(() => google.close());

  const job = (clusterName: string, file = 'main.py', labels: Record<string, string> = {}): object => ({
    placement: { clusterName },
    labels,
    pysparkJob: { mainPythonFileUri: `gs://code/${file}`, properties: python },
  });

  it('creates a cluster in one call, and tells it in our words once it runs', async () => {
    const { dataproc } = google.api;
    const creates = google.counting('ClusterController.CreateCluster');
    const polls = google.counting('Operations.GetOperation');
    const operation = await dataproc.createCluster(
      place,
      {
        clusterName: 'shapes',
        labels: { team: 'data' },
        config: {
          gceClusterConfig: { metadata: { 'dask-runner-spec': '{}' } },
          workerConfig: { numInstances: 3, machineTypeUri: 'n2-standard-8' },
          secondaryWorkerConfig: { numInstances: 1, preemptibility: 'SPOT' },
          softwareConfig: { imageVersion: '2.2-debian12' },
          endpointConfig: { enableHttpPortAccess: true },
          lifecycleConfig: { idleDeleteTtl: { seconds: 600 } },
        },
      },
      'request-shapes',
      google.signal,
    );
    match(operation.name, /^projects\/p1\/regions\/us-central1\/operations\//);
    equal(operation.done, false);
    deepEqual([creates(), polls()], [1, 0], 'nothing waits for the operation');
    await google.done(operation.name);
    const cluster = await dataproc.cluster(place, 'shapes', google.signal);
    ok(cluster !== undefined);
    const { uuid, createdAt, bucket, httpPorts, imageVersion, ...rest } = cluster;
    deepEqual(rest, {
      ...place,
      name: 'shapes',
      state: 'RUNNING',
      zone: 'us-central1-a',
      detail: '',
      labels: rest.labels,
      metadata: { 'dask-runner-spec': '{}' },
      primaryWorkers: 3,
      secondaryWorkers: 1,
      machineType: 'n2-standard-8',
      policy: undefined,
    });
    equal(rest.labels['team'], 'data');
    match(uuid, /^[0-9a-f-]{36}$/);
    ok(Math.abs((createdAt ?? 0) - Date.now()) < 60_000);
    ok(bucket !== '');
    match(imageVersion, /^2\.2/);
    ok(Object.values(httpPorts).every((url) => url.startsWith('http')) && Object.keys(httpPorts).length > 0);
  });

  it('sends what the published protos do not have yet', async () => {
    const { dataproc } = google.api;
    const lifecycleConfig = { idleDeleteTtl: { seconds: 1200 }, idleStopTtl: { seconds: 900 } };
    const { name } = await dataproc.createCluster(
      place,
      { clusterName: 'stops', config: { lifecycleConfig } },
      'request-stops',
      google.signal,
    );
    await google.done(name);
    const record = google.emulator.clusters.find({ projectId: 'p1', region: 'us-central1' }, 'stops');
    const { idleStopTtl, idleDeleteTtl } = record.cluster.config.lifecycleConfig ?? {};
    deepEqual([idleStopTtl, idleDeleteTtl], ['900s', '1200s']);
  });

  it('makes one cluster where the answer of its creation is lost, by the same request id', async () => {
    google.faults({ method: 'ClusterController.CreateCluster', lose: 'response', times: 2 });
    const creates = google.counting('ClusterController.CreateCluster');
    await google.running('lost');
    equal(creates(), 3);
    const named = google.emulator.clusters.all().filter(({ cluster }) => cluster.clusterName === 'lost');
    equal(named.length, 1);
  });

  it('gives up after the third try, and says that no answer came', async () => {
    google.faults({ method: 'ClusterController.GetCluster', lose: 'request', times: 0 });
    const gets = google.counting('ClusterController.GetCluster');
    const error = await googleError(google.api.dataproc.cluster(place, 'shapes', google.signal));
    deepEqual([error.code, error.status, gets()], ['UNAVAILABLE', undefined, 3]);
    match(error.message, /^127\.0\.0\.1:\d+ could not be reached: /);
    ok(error.cause instanceof Error);
  });

  for (const status of ['UNAVAILABLE', 'INTERNAL', 'DEADLINE_EXCEEDED']) {
    it(`makes a call again that ${status} met`, async () => {
      google.faults({ method: 'ClusterController.GetCluster', error: { status } });
      const gets = google.counting('ClusterController.GetCluster');
      equal((await google.api.dataproc.cluster(place, 'shapes', google.signal))?.name, 'shapes');
      equal(gets(), 2);
    });
  }

  for (const [status, http] of [
    ['PERMISSION_DENIED', 403],
    ['INVALID_ARGUMENT', 400],
    ['RESOURCE_EXHAUSTED', 429],
    ['FAILED_PRECONDITION', 400],
    ['ALREADY_EXISTS', 409],
    ['ABORTED', 409],
  ] as const) {
    it(`says ${status} in the service's words, after one call`, async () => {
      const details = [
        { '@type': 'type.googleapis.com/google.rpc.Help', links: [] },
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'SERVICE_DISABLED', domain: 'googleapis.com' },
      ];
      google.faults({ method: 'ClusterController.CreateCluster', error: { status, message: 'As it is.', details } });
      const creates = google.counting('ClusterController.CreateCluster');
      const error = await googleError(
        google.api.dataproc.createCluster(place, { clusterName: 'refused' }, 'refused', google.signal),
      );
      deepEqual(
        [error.code, error.status, error.reason, error.message, creates()],
        [status, http, 'SERVICE_DISABLED', 'As it is.', 1],
      );
    });
  }

  it('says all that the service tells beside its message', async () => {
    const type = 'type.googleapis.com/google.rpc';
    const details = [
      { '@type': `${type}.ErrorInfo`, reason: 'USER_PROJECT_DENIED', metadata: { consumer: 'projects/shared' } },
      { '@type': `${type}.QuotaFailure`, violations: [{ subject: 'a', description: 'CPUs are short.' }] },
      { '@type': `${type}.PreconditionFailure`, violations: [{ description: 'A policy is against it.' }] },
    ];
    google.faults({ method: 'ClusterController.GetCluster', error: { status: 'ABORTED', message: 'No.', details } });
    const error = await googleError(google.api.dataproc.cluster(place, 'shapes', google.signal));
    deepEqual([error.reason, error.metadata], ['USER_PROJECT_DENIED', { consumer: 'projects/shared' }]);
    equal(error.message, 'No.\n - CPUs are short.\n - A policy is against it.');
  });

  it('says which field the service does not take, in its words', async () => {
    const error = await googleError(
      google.api.dataproc.createCluster(place, { clusterName: 'Not_A_Name' }, 'bad-name', google.signal),
    );
    deepEqual([error.code, error.status], ['INVALID_ARGUMENT', 400]);
    match(error.message, /Not_A_Name/);
  });

  it('answers undefined for what is not there, and rejects where all is missing', async () => {
    const { dataproc } = google.api;
    equal(await dataproc.cluster(place, 'nobody', google.signal), undefined);
    equal(await dataproc.job(place, 'nobody', google.signal), undefined);
    equal(await dataproc.policy(place, 'nobody', google.signal), undefined);
    const name = 'projects/p1/regions/us-central1/operations/nobody';
    equal((await googleError(dataproc.operation(place, name, google.signal))).code, 'NOT_FOUND');
    const gone = dataproc.deleteCluster(place, 'nobody', undefined, 'delete-nobody', google.signal);
    equal((await googleError(gone)).code, 'NOT_FOUND');
  });

  it('lists page by page as it is iterated, by the filter', async () => {
    const { dataproc } = google.api;
    await google.running('labelled');
    const record = google.emulator.clusters.find({ projectId: 'p1', region: 'us-central1' }, 'labelled');
    record.cluster.labels['owner'] = 'me';
    const lists = google.counting('ClusterController.ListClusters');
    const found = await all(dataproc.clusters(place, 'labels.owner = me', google.signal));
    deepEqual(
      found.map(({ name }) => name),
      ['labelled'],
    );
    equal(lists(), 1);
    deepEqual(await all(dataproc.clusters(nowhere, '', google.signal)), []);
  });

  it('asks for the next page only when the one before is used up', async () => {
    const few = await GoogleFixture.start();
    try {
      for (const name of ['one', 'two', 'three']) {
        await few.running(name);
      }
      // Pages of the emulator, as if its clusters were thousands.
      const original = few.emulator.clusters.list.bind(few.emulator.clusters);
      few.emulator.clusters.list = (request) => original({ ...request, pageSize: 2 });
      const names: string[] = [];
      for await (const { name } of few.api.dataproc.clusters(place, '', few.signal)) {
        names.push(name);
        equal(few.calls('ClusterController.ListClusters'), names.length <= 2 ? 1 : 2);
      }
      deepEqual(names.toSorted(), ['one', 'three', 'two']);
    } finally {
      await few.close();
    }
  });

  it('changes the number of workers, with the time that a machine has for its work', async () => {
    const { dataproc } = google.api;
    await google.running('resized');
    const operation = await dataproc.updateCluster(
      place,
      'resized',
      { config: { workerConfig: { numInstances: 4 } }, labels: {} },
      ['config.worker_config.num_instances'],
      { gracefulDecommissionSeconds: 60 },
      'resize',
      google.signal,
    );
    await google.done(operation.name);
    equal((await dataproc.cluster(place, 'resized', google.signal))?.primaryWorkers, 4);
  });

  it('stops, starts and deletes, each once where its answer is lost', async () => {
    const { dataproc } = google.api;
    await google.running('cycle');
    const state = async (): Promise<string | undefined> =>
      (await dataproc.cluster(place, 'cycle', google.signal))?.state;
    for (const [method, act, after] of [
      ['StopCluster', () => dataproc.stopCluster(place, 'cycle', 'stop', google.signal), 'STOPPED'],
      ['StartCluster', () => dataproc.startCluster(place, 'cycle', 'start', google.signal), 'RUNNING'],
    ] as const) {
      google.faults({ method: `ClusterController.${method}`, lose: 'response' });
      await google.done((await act()).name);
      equal(await state(), after);
    }
    const uuid = (await dataproc.cluster(place, 'cycle', google.signal))?.uuid;
    const other = dataproc.deleteCluster(place, 'cycle', 'another-uuid', 'delete-other', google.signal);
    equal((await googleError(other)).code, 'NOT_FOUND', 'a cluster of the same name is another one');
    google.faults({ method: 'ClusterController.DeleteCluster', lose: 'response' });
    await google.done((await dataproc.deleteCluster(place, 'cycle', uuid, 'delete', google.signal)).name);
    equal(await state(), undefined);
  });

  it('tells why an operation failed', async () => {
    google.emulator.faults.add({ stockouts: [{ zone: 'us-central1-b' }] });
    const { name } = await google.api.dataproc.createCluster(
      place,
      { clusterName: 'out-of-stock', config: { gceClusterConfig: { zoneUri: 'us-central1-b' } } },
      'out-of-stock',
      google.signal,
    );
    const operation = await until(
      () => google.api.dataproc.operation(place, name, google.signal),
      ({ done }) => done,
    );
    match(operation.error?.message ?? '', /STOCKOUT|does not have enough resources/);
    ok(operation.error?.code !== undefined);
    equal((await google.api.dataproc.cluster(place, 'out-of-stock', google.signal))?.state, 'ERROR');
  });

  it('submits a job once where the answer is lost, and follows it to its end', async () => {
    const { dataproc } = google.api;
    await google.running('jobs');
    google.faults({ method: 'JobController.SubmitJob', lose: 'response' });
    const submits = google.counting('JobController.SubmitJob');
    const submitted = await dataproc.submitJob(place, job('jobs'), 'submit-1', google.signal);
    equal(submits(), 2);
    equal((await all(dataproc.jobs(place, 'jobs', google.signal))).length, 1);
    const ended = await until(
      () => dataproc.job(place, submitted.id, google.signal),
      (one) => one?.endedAt !== undefined,
    );
    ok(ended !== undefined);
    deepEqual(
      [ended.state, ended.clusterName, ended.title, ended.id],
      ['DONE', 'jobs', 'gs://code/main.py', submitted.id],
    );
    match(ended.output ?? '', /^gs:\/\/.+\/driveroutput$/);
    ok((ended.submittedAt ?? 0) <= (ended.startedAt ?? 0) && (ended.startedAt ?? 0) <= (ended.endedAt ?? 0));
    ok(ended.uuid !== '' && ended.clusterUuid !== '');
  });

  it('lists jobs newest first, and those of one cluster alone', async () => {
    const { dataproc } = google.api;
    await google.running('jobs-a');
    await google.running('jobs-b');
    const ids: string[] = [];
    for (const [index, cluster] of ['jobs-a', 'jobs-b', 'jobs-a'].entries()) {
      ids.push((await dataproc.submitJob(place, job(cluster), `listed-${index}`, google.signal)).id);
    }
    const listed = (await all(dataproc.jobs(place, undefined, google.signal))).map(({ id }) => id);
    deepEqual(listed.slice(0, 3), ids.toReversed());
    const ofOne = await all(dataproc.jobs(place, 'jobs-a', google.signal));
    deepEqual(
      ofOne.map(({ id }) => id),
      [ids[2], ids[0]],
    );
  });

  it('cancels a job, also where the answer is lost', async () => {
    const { dataproc } = google.api;
    await google.running('cancels');
    const { id } = await dataproc.submitJob(place, job('cancels', 'long.py'), 'long', google.signal);
    google.faults({ method: 'JobController.CancelJob', lose: 'response' });
    await dataproc.cancelJob(place, id, google.signal);
    const ended = await until(
      () => dataproc.job(place, id, google.signal),
      (one) => one?.endedAt !== undefined,
    );
    equal(ended?.state, 'CANCELLED');
  });

  it('makes a policy once, and reads it as it was sent', async () => {
    const { dataproc } = google.api;
    const policy = {
      id: 'policy-1',
      basicAlgorithm: {
        yarnConfig: {
          gracefulDecommissionTimeout: { seconds: 3600 },
          scaleUpFactor: 0.5,
          scaleDownFactor: 1,
          scaleUpMinWorkerFraction: 0,
          scaleDownMinWorkerFraction: 0,
        },
        cooldownPeriod: { seconds: 120 },
      },
      workerConfig: { minInstances: 2, maxInstances: 10, weight: 1 },
    };
    const made = await dataproc.createPolicy(place, policy, google.signal);
    match(made.name ?? '', /\/autoscalingPolicies\/policy-1$/);
    const read = await dataproc.policy(place, 'policy-1', google.signal);
    deepEqual(read?.basicAlgorithm, policy.basicAlgorithm);
    deepEqual(read.workerConfig, policy.workerConfig);
    equal((await googleError(dataproc.createPolicy(place, policy, google.signal))).code, 'ALREADY_EXISTS');
    google.faults({ method: 'AutoscalingPolicyService.CreateAutoscalingPolicy', lose: 'request' });
    const creates = google.counting('AutoscalingPolicyService.CreateAutoscalingPolicy');
    await googleError(dataproc.createPolicy(place, { ...policy, id: 'policy-2' }, google.signal));
    equal(creates(), 1, 'it has no request id');
  });

  it('ends a call at once when it is cancelled, before and while it goes on', async () => {
    const { dataproc } = google.api;
    google.faults({ method: 'ClusterController.*', latencyMilliseconds: 30_000, times: 0 });
    const gets = google.counting('ClusterController.GetCluster');
    const stop = new AbortController();
    const call = rejection(dataproc.cluster(place, 'shapes', stop.signal));
    await until(gets, (count) => count === 1);
    const begun = Date.now();
    stop.abort();
    equal((await call).name, 'CancelledError');
    ok(Date.now() - begun < whileSilent);
    equal((await rejection(dataproc.cluster(place, 'shapes', stop.signal))).name, 'CancelledError');
    equal(gets(), 1);
  });

  it('gets another token once where one is refused', async () => {
    const access = new ListedAccess(['ya29.old', canary]);
    const other = await GoogleFixture.start({}, access);
    try {
      equal(await other.api.dataproc.cluster(place, 'nobody', other.signal), undefined);
      deepEqual(access.refusals, ['ya29.old']);
      equal(other.calls('ClusterController.GetCluster'), 2);
    } finally {
      await other.close();
    }
  });

  it('says that nobody is signed in where the second token is refused too, and shows no token', async () => {
    const access = new ListedAccess([canary, canary]);
    const other = await GoogleFixture.start({ tokens: [] }, access);
    try {
      const error = await googleError(other.api.dataproc.cluster(place, 'nobody', other.signal));
      deepEqual([error.code, error.status, error.reason], ['UNAUTHENTICATED', 401, 'ACCESS_TOKEN_EXPIRED']);
      equal(other.calls('ClusterController.GetCluster'), 2);
      ok(!other.log.lines.join().includes('canary'));
      ok(!JSON.stringify([error, error.stack, error.cause]).includes('canary'));
    } finally {
      await other.close();
    }
  });

  it('has shown no token in all of this', () => {
    ok(google.log.lines.length > 0);
    ok(!google.log.lines.join().includes('canary'));
  });
});
