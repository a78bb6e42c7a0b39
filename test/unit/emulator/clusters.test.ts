import assert from 'node:assert/strict';
import { valueAt, type Json, textOf } from '../../emulator/json';
import { clusters, EmulatorFixture, region, type Cluster } from './fixture';

describe('emulated clusters', () => {
  let fixture: EmulatorFixture;

  before(async () => {
    fixture = await EmulatorFixture.start();
  });

  after(() => fixture.close());

  it('goes from CREATING to RUNNING, and the operation with it', async () => {
    const reply = await fixture.create('states', {}, { labels: { team: 'etl' } });
    assert.equal(valueAt(reply.body, 'metadata.status.state'), 'PENDING');
    assert.equal((await fixture.get<Cluster>(`${clusters}/states`)).status.state, 'CREATING');
    const operation = await fixture.operation(reply);
    assert.deepEqual(
      [...operation.metadata.statusHistory, operation.metadata.status].map(({ state }) => state),
      ['PENDING', 'RUNNING', 'DONE'],
    );
    assert.equal(operation.metadata['operationType'], 'CREATE');
    assert.equal(operation.response?.['@type'], 'type.googleapis.com/google.cloud.dataproc.v1.Cluster');
    const cluster = await fixture.get<Cluster>(`${clusters}/states`);
    assert.equal(cluster.status.state, 'RUNNING');
    assert.deepEqual(
      cluster.statusHistory.map(({ state }) => state),
      ['CREATING'],
    );
  });

  it('fills in what a real answer has', async () => {
    const cluster = await fixture.running('filled', {
      masterConfig: { machineTypeUri: 'e2-medium' },
      workerConfig: { machineTypeUri: 'e2-medium' },
    });
    // The fields of a real cluster's answer, from the service itself.
    for (const path of [
      'projectId config.configBucket config.tempBucket config.gceClusterConfig.zoneUri config.gceClusterConfig.networkUri',
      'config.gceClusterConfig.serviceAccountScopes config.gceClusterConfig.internalIpOnly',
      'config.gceClusterConfig.shieldedInstanceConfig.enableSecureBoot config.masterConfig.numInstances',
      'config.masterConfig.imageUri config.masterConfig.diskConfig.bootDiskSizeGb config.masterConfig.diskConfig.bootDiskType',
      'config.masterConfig.minCpuPlatform config.workerConfig.preemptibility config.softwareConfig.imageVersion',
      'config.softwareConfig.properties config.endpointConfig status.stateStartTime clusterUuid statusHistory',
    ].flatMap((line) => line.split(' '))) {
      assert.notEqual(valueAt(cluster, path), undefined, path);
    }
    assert.deepEqual(valueAt(cluster, 'config.masterConfig.instanceNames'), ['filled-m']);
    assert.deepEqual(valueAt(cluster, 'config.workerConfig.instanceNames'), ['filled-w-0', 'filled-w-1']);
    assert.match(
      String(valueAt(cluster, 'config.workerConfig.machineTypeUri')),
      /^https:\/\/www\.googleapis\.com\/compute\/v1\/projects\/p1\/zones\/us-central1-\w\/machineTypes\/e2-medium$/,
    );
    const properties = valueAt(cluster, 'config.softwareConfig.properties') as Record<string, string>;
    assert.equal(properties['yarn:yarn.nodemanager.resource.memory-mb'], '3278');
    assert.deepEqual(cluster.labels, {
      'goog-dataproc-cluster-name': 'filled',
      'goog-dataproc-cluster-uuid': cluster.clusterUuid,
      'goog-dataproc-location': 'us-central1',
      'goog-dataproc-autozone': 'enabled',
    });
  });

  it('makes one cluster for one request id, and refuses the name without it', async () => {
    const first = await fixture.create('once', {}, {}, '?requestId=abc');
    const second = await fixture.create('once', {}, {}, '?requestId=abc');
    assert.equal(second.body['name'], first.body['name']);
    const refused = await fixture.create('once', {}, {}, '?requestId=other');
    assert.equal(refused.status, 409);
    assert.deepEqual(refused.body, {
      error: {
        code: 409,
        message: `Already exists: Failed to create cluster: Cluster ${region}/clusters/once`,
        status: 'ALREADY_EXISTS',
      },
    });
    await fixture.operation(first);
  });

  const wrong: [string, Json, RegExp][] = [
    ['unknown field', { config: { wrong: 1 } }, /Unknown name "wrong" at 'cluster\.config': Cannot find field\./],
    [
      'wrong type',
      { config: { masterConfig: { numInstances: 'x' } } },
      /Invalid value at 'cluster\.config\.master_config\.num_instances' \(TYPE_INT32\), "x"/,
    ],
    [
      'wrong enum',
      { config: { secondaryWorkerConfig: { preemptibility: 'CHEAP' } } },
      /InstanceGroupConfig\.Preemptibility\), "CHEAP"/,
    ],
    [
      'object for a scalar',
      { clusterName: {} },
      /Invalid value at 'cluster\.cluster_name' \(TYPE_STRING\), Starting an object on a scalar field/,
    ],
    [
      'two of one',
      { config: { lifecycleConfig: { autoDeleteTtl: '900s', autoDeleteTime: '2030-01-01T00:00:00Z' } } },
      /oneof field 'ttl' is already set/,
    ],
    ['missing name', { clusterName: '' }, /Required field 'cluster\.cluster_name' is missing/],
    ['bad name', { clusterName: 'Bad_Name' }, /Cluster name 'Bad_Name' must match pattern/],
    ['long name', { clusterName: 'a'.repeat(52) }, /must match pattern/],
    ['one worker', { config: { workerConfig: { numInstances: 1 } } }, /at least 2 workers/],
    ['two masters', { config: { masterConfig: { numInstances: 2 } } }, /either 1 or 3 masters/],
    ['short life', { config: { lifecycleConfig: { idleDeleteTtl: '60s' } } }, /between 5 minutes and 14 days/],
    [
      'zone elsewhere',
      { config: { gceClusterConfig: { zoneUri: 'europe-west1-b' } } },
      /must be in region 'us-central1'/,
    ],
    [
      'machine type',
      { config: { masterConfig: { machineTypeUri: 'n9-huge-1' } } },
      /Machine type 'n9-huge-1' of master does not exist/,
    ],
    ['image', { config: { softwareConfig: { imageVersion: '1.1' } } }, /Selected software image version '1\.1'/],
    [
      'script that is not there',
      { config: { initializationActions: [{ executableFile: 'gs://no/where.sh' }] } },
      /Google Cloud Storage object does not exist 'gs:\/\/no\/where\.sh'/,
    ],
    [
      'subnetwork without access',
      { config: { gceClusterConfig: { subnetworkUri: 'no-google-access' } } },
      /does not support Private Google Access/,
    ],
    ['label', { labels: { Upper: 'x' } }, /Invalid label key: 'Upper'/],
    [
      'policy that is not there',
      { config: { autoscalingConfig: { policyUri: 'none' } } },
      /Not found: Autoscaling policy/,
    ],
    [
      'several',
      { config: { masterConfig: { numInstances: 2 }, workerConfig: { numInstances: 1 } } },
      /Multiple validation errors:\n - .*\n - /,
    ],
  ];
  for (const [name, change, message] of wrong) {
    it(`refuses: ${name}`, async () => {
      const { status, body } = await fixture.create('refused', {}, change);
      assert.match(String(valueAt(body, 'error.message')), message);
      assert.ok(status === 400 || status === 404, String(status));
      assert.equal((await fixture.call('GET', `${clusters}/refused`)).status, 404);
    });
  }

  it('reports each violation as a detail too', async () => {
    const { body } = await fixture.create('refused', { one: 1, two: 2 });
    const details = valueAt(body, 'error.details') as Json[];
    assert.equal(details[0]?.['@type'], 'type.googleapis.com/google.rpc.BadRequest');
    assert.equal((details[0]['fieldViolations'] as Json[]).length, 2);
  });

  it('lists page by page, filtered, without repeating or hiding any', async () => {
    const own = await EmulatorFixture.start();
    try {
      for (let index = 0; index < 7; index++) {
        await own.running(`c${index}`, {}, { labels: { half: index % 2 === 0 ? 'even' : 'odd' } });
      }
      const filter = 'status.state = ACTIVE AND labels.half = even';
      const names: string[] = [];
      let token = '';
      let pages = 0;
      do {
        const query = new URLSearchParams({ filter, pageSize: '2', ...(token === '' ? {} : { pageToken: token }) });
        const body = await own.get(`${clusters}?${query.toString()}`);
        names.push(...(body['clusters'] as Cluster[]).map(({ clusterName }) => clusterName));
        token = (body['nextPageToken'] as string | undefined) ?? '';
        pages++;
        if (pages === 1) {
          await own.operation(await own.call('DELETE', `${clusters}/c0`));
        }
      } while (token !== '');
      assert.deepEqual([names, pages], [['c0', 'c2', 'c4', 'c6'], 2]);
      assert.deepEqual(await own.get(`${clusters}?filter=clusterName=none`), {});
      for (const bad of ['filter=nonsense', 'filter=color%3Dred', 'pageToken=abc', 'pageSize=-1', 'unknown=1']) {
        assert.equal((await own.call('GET', `${clusters}?${bad}`)).status, 400, bad);
      }
    } finally {
      await own.close();
    }
  });

  it('changes the number of workers and the labels, and nothing that cannot be changed', async () => {
    await fixture.running('resized', {}, { labels: { a: '1' } });
    const mask = 'config.worker_config.num_instances,config.secondary_worker_config.num_instances,labels';
    const reply = await fixture.call(
      'PATCH',
      `${clusters}/resized?updateMask=${mask}&gracefulDecommissionTimeout=60s`,
      {
        labels: { b: '2' },
        config: { workerConfig: { numInstances: 4 }, secondaryWorkerConfig: { numInstances: 2 } },
      },
    );
    assert.equal((await fixture.get<Cluster>(`${clusters}/resized`)).status.state, 'UPDATING');
    await fixture.operation(reply);
    const cluster = await fixture.get<Cluster>(`${clusters}/resized`);
    assert.deepEqual(
      cluster.statusHistory.map(({ state }) => state),
      ['CREATING', 'RUNNING', 'UPDATING'],
    );
    assert.equal((valueAt(cluster, 'config.workerConfig.instanceNames') as string[]).at(-1), 'resized-w-3');
    assert.equal((valueAt(cluster, 'config.secondaryWorkerConfig.instanceNames') as string[]).length, 2);
    assert.equal(cluster.labels['a'], undefined);
    assert.equal(cluster.labels['b'], '2');
    assert.equal(cluster.labels['goog-dataproc-cluster-name'], 'resized');
    const refused = await fixture.call('PATCH', `${clusters}/resized?updateMask=config.configBucket`, { config: {} });
    assert.equal(valueAt(refused.body, 'error.status'), 'INVALID_ARGUMENT');
    await fixture.operation(
      await fixture.call('PATCH', `${clusters}/resized?updateMask=config.workerConfig.numInstances`, {
        config: { workerConfig: { numInstances: 2 } },
      }),
    );
    const smaller = await fixture.get<Cluster>(`${clusters}/resized`);
    assert.deepEqual(valueAt(smaller, 'config.workerConfig.instanceNames'), ['resized-w-0', 'resized-w-1']);
  });

  it('stops and starts', async () => {
    await fixture.running('stopping');
    await fixture.operation(await fixture.call('POST', `${clusters}/stopping:stop`, {}));
    assert.equal((await fixture.get<Cluster>(`${clusters}/stopping`)).status.state, 'STOPPED');
    const refused = await fixture.submit('stopping', 'print(1)');
    assert.equal(valueAt(refused.body, 'error.status'), 'FAILED_PRECONDITION');
    await fixture.operation(await fixture.call('POST', `${clusters}/stopping:start`, {}));
    assert.equal((await fixture.get<Cluster>(`${clusters}/stopping`)).status.state, 'RUNNING');
  });

  it('deletes, also in the middle of a creation, and only the one that is meant', async () => {
    const creation = await fixture.create('short');
    const meant = await fixture.call('DELETE', `${clusters}/short?clusterUuid=another`);
    assert.equal(meant.status, 404);
    const deletion = await fixture.call('DELETE', `${clusters}/short?requestId=d1`);
    const again = await fixture.call('DELETE', `${clusters}/short`);
    assert.equal(valueAt(again.body, 'error.status'), 'FAILED_PRECONDITION');
    assert.equal((await fixture.operation(creation)).error?.code, 1);
    assert.deepEqual((await fixture.operation(deletion)).response, {
      '@type': 'type.googleapis.com/google.protobuf.Empty',
    });
    assert.equal((await fixture.call('GET', `${clusters}/short`)).status, 404);
    assert.equal((await fixture.call('DELETE', `${clusters}/short?requestId=d1`)).body['name'], deletion.body['name']);
  });

  it('deletes by its own when the time is over, or after it has been idle', async () => {
    const idle = await fixture.running('idle', { lifecycleConfig: { idleDeleteTtl: '600s' } });
    assert.ok(valueAt(idle, 'config.lifecycleConfig.idleStartTime'));
    const lasting = await fixture.running('lasting', { lifecycleConfig: { autoDeleteTtl: '3600s' } });
    assert.equal(valueAt(lasting, 'config.lifecycleConfig.autoDeleteTtl'), undefined);
    assert.ok(valueAt(lasting, 'config.lifecycleConfig.autoDeleteTime'));
    const job = await fixture.submit('idle', 'import time; time.sleep(600)');
    await fixture.jump(700);
    assert.equal((await fixture.get<Cluster>(`${clusters}/idle`)).status.state, 'RUNNING');
    const id = valueAt(job.body, 'reference.jobId') as string;
    await fixture.call('POST', `/v1/${region}/jobs/${id}:cancel`, {});
    await fixture.ended(id);
    await fixture.jump(550);
    assert.equal((await fixture.get<Cluster>(`${clusters}/idle`)).status.state, 'RUNNING');
    await fixture.jump(60);
    const gone = (name: string) =>
      fixture.until(
        () => fixture.call('GET', `${clusters}/${name}`),
        ({ status }) => status === 404,
      );
    await gone('idle');
    await fixture.jump(3600);
    await gone('lasting');
  });

  it('answers with numbers for enums where they are asked for', async () => {
    await fixture.running('numbers');
    const body = await fixture.get(`${clusters}/numbers?$alt=json;enum-encoding=int`);
    assert.equal(valueAt(body, 'status.state'), 2);
    assert.equal(valueAt(body, 'config.masterConfig.preemptibility'), 1);
  });

  it('keeps autoscaling policies, which clusters use', async () => {
    const policies = `/v1/${region}/autoscalingPolicies`;
    const policy = {
      id: 'small',
      basicAlgorithm: { yarnConfig: { gracefulDecommissionTimeout: '60s', scaleUpFactor: 1, scaleDownFactor: 1 } },
      workerConfig: { maxInstances: 5 },
    };
    const { body } = await fixture.call('POST', policies, policy);
    assert.equal(body['name'], `${region}/autoscalingPolicies/small`);
    assert.equal(valueAt(body, 'basicAlgorithm.cooldownPeriod'), '120s');
    assert.equal((await fixture.call('POST', policies, policy)).status, 409);
    const bad = { ...policy, id: 'bad', workerConfig: { maxInstances: 1 } };
    assert.equal((await fixture.call('POST', policies, bad)).status, 400);
    await fixture.running('scaled', { autoscalingConfig: { policyUri: textOf(body, 'name') } });
    const used = await fixture.call('DELETE', `${policies}/small`);
    assert.equal(valueAt(used.body, 'error.status'), 'FAILED_PRECONDITION');
    await fixture.operation(await fixture.call('DELETE', `${clusters}/scaled`));
    assert.equal((await fixture.call('DELETE', `${policies}/small`)).status, 200);
  });
});
