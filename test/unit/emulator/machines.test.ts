import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { valueAt } from '../../emulator/json';
import { clusters, EmulatorFixture, region, type Cluster } from './fixture';

interface Entry {
  jsonPayload: { message: string };
  labels: Record<string, string>;
  timestamp: string;
}

describe('emulated machines', () => {
  let fixture: EmulatorFixture;

  before(async () => {
    fixture = await EmulatorFixture.start();
  });

  after(() => fixture.close());

  const single = { softwareConfig: { properties: { 'dataproc:dataproc.allow.zero.workers': 'true' } } };

  async function action(text: string): Promise<{ executableFile: string }> {
    return { executableFile: await fixture.upload('actions', `${Math.random()}.sh`, `#!/bin/bash\n${text}`) };
  }

  const outputOf = async ({ config, clusterUuid }: Cluster, machine: string, script = 0) => {
    const name = `google-cloud-dataproc-metainfo/${clusterUuid}/${machine}/dataproc-initialization-script-${script}_output`;
    const object = fixture.emulator.store.object(String(valueAt(config, 'configBucket')), name);
    assert.ok(object, name);
    return (await fixture.emulator.store.read(object)).toString();
  };

  it('run initialization actions with the metadata of each machine, and keep what they print', async () => {
    const first = await action(`
role=$(/usr/share/google/get_metadata_value attributes/dataproc-role)
echo "role $role, $(get_metadata_value name), own $(get_metadata_value attributes/own)"
/usr/share/google/get_metadata_value attributes/none || echo "none"
curl -s -H 'Metadata-Flavor: Google' http://metadata.google.internal/computeMetadata/v1/project/project-id
`);
    const second = await action(
      'gsutil cp gs://actions/payload - ; gcloud storage cp gs://actions/payload here && cat here',
    );
    await fixture.upload('actions', 'payload', 'payload\n');
    const cluster = await fixture.running('init', {
      initializationActions: [first, second],
      gceClusterConfig: { metadata: { own: 'value' } },
    });
    assert.match(await outputOf(cluster, 'init-m'), /^role Master, init-m, own value\n(.*\n)?none\np1$/);
    assert.match(await outputOf(cluster, 'init-w-1'), /^role Worker, init-w-1, own value\n/);
    assert.equal(await outputOf(cluster, 'init-m', 1), 'payload\npayload\n');
    const filter = `resource.type="cloud_dataproc_cluster" AND resource.labels.cluster_name="init" logName="projects/p1/logs/google.dataproc.startup" labels."compute.googleapis.com/resource_name"="init-m"`;
    const request = { resourceNames: ['projects/p1'], filter: filter.split(' labels.')[0], pageSize: 3 };
    const messages: string[] = [];
    let pageToken: string | undefined;
    do {
      const { body } = await fixture.call('POST', '/v2/entries:list', {
        ...request,
        ...(pageToken === undefined ? {} : { pageToken }),
      });
      messages.push(...((body['entries'] ?? []) as Entry[]).map(({ jsonPayload }) => jsonPayload.message));
      pageToken = body['nextPageToken'] as string | undefined;
    } while (pageToken !== undefined);
    assert.ok(messages.includes('role Master, init-m, own value'));
    assert.equal(messages.filter((text) => text.startsWith('role Worker')).length, 2);
    const later = `${request.filter} timestamp>"2100-01-01T00:00:00Z"`;
    assert.deepEqual((await fixture.call('POST', '/v2/entries:list', { ...request, filter: later })).body, {});
    assert.equal((await fixture.call('POST', '/v2/entries:list', { ...request, filter: 'a = (' })).status, 400);
  });

  it('fail the creation with the place of the output when an action fails, and stay until they are deleted', async () => {
    const failing = await action('echo before; no-such-command || exit 7; echo after');
    const operation = await fixture.operation(
      await fixture.create('failing', { ...single, initializationActions: [failing] }),
    );
    const message = `Initialization action failed. Failed action '${failing.executableFile}', see output in: gs://`;
    assert.ok(operation.error?.message.startsWith(message), operation.error?.message);
    const cluster = await fixture.get<Cluster>(`${clusters}/failing`);
    assert.equal(cluster.status.state, 'ERROR');
    assert.equal(cluster.status.detail, operation.error?.message);
    assert.match(await outputOf(cluster, 'failing-m'), /^before\n.*no-such-command.*\n$/);
    await fixture.operation(await fixture.call('DELETE', `${clusters}/failing`));
  });

  it('fail at the line that a fault names', async () => {
    const lines = await action('step() {\n  echo "in $1"\n}\nstep one\nstep two\nstep three');
    await fixture.faults({ initFailures: [{ line: 6, exitCode: 3 }] });
    const operation = await fixture.operation(
      await fixture.create('line', { ...single, initializationActions: [lines] }),
    );
    await fixture.call('DELETE', '/_emulator/faults');
    assert.match(operation.error?.message ?? '', /Initialization action failed/);
    const output = await outputOf(await fixture.get<Cluster>(`${clusters}/line`), 'line-m');
    assert.match(output, /^in one\n.*script: line 6: /);
  });

  it('end an action after its time, by the clock', async () => {
    const slow = { ...(await action('echo waiting; sleep 600')), executionTimeout: '300s' };
    const creation = await fixture.create('slow', { ...single, initializationActions: [slow] });
    await fixture.until(
      async () =>
        (await fixture.call('POST', '/v2/entries:list', { resourceNames: ['projects/p1'], filter: '"waiting"' })).body,
      (body) => 'entries' in body,
    );
    await fixture.jump(301);
    assert.match((await fixture.operation(creation)).error?.message ?? '', /^Initialization action timed out\./);
  });

  it('leave no process behind, not even one that has left its group', async () => {
    const daemon = await action('setsid sleep 600 > /dev/null 2>&1 &\necho $! > pid; cat pid');
    const cluster = await fixture.running('daemon', { ...single, initializationActions: [daemon] });
    const pid = (await outputOf(cluster, 'daemon-m')).trim();
    const commandLine = () => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    assert.match(await commandLine(), /sleep/);
    await fixture.operation(await fixture.call('DELETE', `${clusters}/daemon`));
    await fixture.until(commandLine, (text) => text === '');
  });

  it('tell what the account can use', async () => {
    const zones = await fixture.get('/compute/v1/projects/p1/zones?maxResults=3');
    assert.equal((zones['items'] as object[]).length, 3);
    const type = await fixture.get('/compute/v1/projects/p1/zones/us-central1-a/machineTypes/n2-standard-4');
    assert.deepEqual([type['guestCpus'], type['memoryMb']], [4, 16384]);
    assert.equal(
      (await fixture.call('GET', '/compute/v1/projects/p1/zones/us-central1-a/machineTypes/no')).status,
      404,
    );
    const subnetworks = await fixture.get('/compute/v1/projects/p1/aggregated/subnetworks');
    assert.equal(valueAt(subnetworks['items'], 'regions/us-central1.subnetworks.0.name') ?? 'default', 'default');
    assert.equal((await fixture.call('GET', `/v1/${region}/nothing`)).status, 404);
  });
});
