import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { textOf, valueAt, type Json } from '../../emulator/json';
import { InitializeFixture, python, secret, steps } from './initializeFixture';

/** Tells where the machine's disk is. */
const where = 'echo "$DATAPROC_MACHINE_FOLDER"';

describe('The initialization action on emulated machines', function () {
  this.timeout(120_000);
  let fixture: InitializeFixture;

  before(async () => {
    fixture = await InitializeFixture.start();
  });

  after(() => fixture.close());

  const disk = async (made: Awaited<ReturnType<InitializeFixture['make']>>, machine: string, index: number) =>
    (await fixture.output(made.cluster, machine, index)).trim();

  it('unpacks a prebuilt environment on every machine, and starts the cluster on the first master alone', async () => {
    const environment = await fixture.prebuilt();
    const made = await fixture.make(
      'prebuilt',
      { 'dask-runner-environment': environment },
      { config: { workerConfig: { numInstances: 2 } }, after: [where] },
    );
    assert.equal(made.error, undefined, await fixture.output(made.cluster, 'prebuilt-m'));
    assert.deepEqual(steps(await fixture.output(made.cluster, 'prebuilt-w-1')), [
      'fetching dask_runner',
      'making the Python environment',
      'unpacking environment.tar.gz',
      'this machine is ready',
    ]);
    const master = await disk(made, 'prebuilt-m', 1);
    const worker = await disk(made, 'prebuilt-w-0', 1);
    assert.match(await readFile(join(worker, 'opt/dask-runner/env/bin/python'), 'utf8'), /exec/);
    assert.equal(await readFile(join(master, 'opt/dask-runner/cluster/spec.json'), 'utf8'), `${fixture.spec()}\n`);
    await assert.rejects(readFile(join(worker, 'opt/dask-runner/cluster/spec.json')), { code: 'ENOENT' });

    const ports = valueAt(made.cluster, 'config.endpointConfig.httpPorts') as Record<string, string>;
    const answer = await fetch(`${new URL(ports['YARN ResourceManager']!).origin}/gateway/default/dask/status?x=1`);
    assert.deepEqual(await answer.json(), { path: `/${secret}/status?x=1`, home: join(master, 'opt/dask-runner') });

    const job = {
      placement: { clusterName: 'prebuilt' },
      pysparkJob: {
        mainPythonFileUri: 'file:///opt/dask-runner/lib/cloud_job.py',
        pythonFileUris: [fixture.runnerPackage],
        args: ['gs://s/orders'],
        properties: { 'spark.pyspark.driver.python': '/opt/dask-runner/env/bin/python' },
      },
    };
    const { body } = await fixture.emulator.call('POST', '/v1/projects/p1/regions/us-central1/jobs:submit', {
      projectId: 'p1',
      job,
    });
    const ended = await fixture.emulator.ended(textOf(body['reference'] as Json, 'jobId'));
    const { text } = await fixture.emulator.output(ended);
    assert.match(text, new RegExp(`^job gs://s/orders ${master}/opt/dask-runner .*python`));

    const log = await fixture.emulator.call('POST', '/v2/entries:list', {
      resourceNames: ['projects/p1'],
      pageSize: 1000,
    });
    assert.doesNotMatch(JSON.stringify(log.body), new RegExp(secret));
  });

  it('keeps what is there when it runs again', async () => {
    const made = await fixture.make(
      'twice',
      { 'dask-runner-environment': await fixture.prebuilt() },
      { before: [await readFile('python/dask_runner/dataproc/initialize.sh', 'utf8')], after: [where] },
    );
    assert.equal(made.error, undefined);
    assert.ok(steps(await fixture.output(made.cluster, 'twice-m', 0)).includes('waiting for the scheduler'));
    const again = steps(await fixture.output(made.cluster, 'twice-m', 1));
    assert.deepEqual(
      again.filter((step) => /unpack|install|wait/.test(step)),
      [],
    );
    assert.equal(again.at(-1), 'this machine is ready');
    const folder = await disk(made, 'twice-m', 2);
    assert.equal(await readFile(join(folder, 'run/knox.starts'), 'utf8'), 'started\n');
    assert.equal(
      (await readFile(join(folder, 'opt/dask-runner/cluster/logs/cluster.log'), 'utf8')).split('\n').length,
      2,
    );
    const { starts } = { starts: await readFile(join(folder, 'etc/knox/conf/topologies/default.xml'), 'utf8') };
    assert.equal(starts.match(/<role>DASK<\/role>/g)?.length, 1);
    assert.match(starts, /<role>YARNUI<\/role>/);
  });

  it('starts the cluster process by itself where there is no systemd', async () => {
    const made = await fixture.make(
      'bare',
      { 'dask-runner-environment': await fixture.prebuilt() },
      { before: ['rmdir /run/systemd/system'], after: [where] },
    );
    assert.equal(made.error, undefined, await fixture.output(made.cluster, 'bare-m', 1));
    const state = join(await disk(made, 'bare-m', 2), 'opt/dask-runner/cluster/state.json');
    assert.equal(valueAt(JSON.parse(await readFile(state, 'utf8')), 'stage'), 'ready');
  });

  it('mounts shares once, with what mounts them installed where it is missing', async () => {
    const point = join(fixture.folder, 'data');
    const made = await fixture.make(
      'shares',
      { 'dask-runner-environment': await fixture.prebuilt(), 'dask-runner-nfs': `10.0.0.2:/share ${point}\n` },
      { before: [await readFile('python/dask_runner/dataproc/initialize.sh', 'utf8')], after: [where] },
    );
    assert.equal(made.error, undefined, await fixture.output(made.cluster, 'shares-m', 0));
    const folder = await disk(made, 'shares-m', 2);
    const line = `10.0.0.2:/share ${point} nfs defaults,_netdev,nofail 0 0\n`;
    assert.equal(await readFile(join(folder, 'etc/fstab'), 'utf8'), line);
    assert.equal(await readFile(join(folder, 'run/mounts'), 'utf8'), line);
  });

  describe('says at its end why it fails', () => {
    const cases: { name: string; metadata: () => Promise<Record<string, string>>; says: RegExp; before?: string[] }[] =
      [
        {
          name: 'package that is not there',
          metadata: async () => ({
            'dask-runner-package': 'gs://s/runner/none.zip',
            'dask-runner-environment': await fixture.prebuilt(),
          }),
          says: /^failed while fetching dask_runner: gs:\/\/s\/runner\/none\.zip could not be fetched: .*404/,
        },
        {
          name: 'package with another content',
          metadata: async () => ({
            'dask-runner-package': await fixture.emulator.upload('s', `runner/${'0'.repeat(64)}.zip`, 'other'),
            'dask-runner-environment': await fixture.prebuilt(),
          }),
          says: /^failed while fetching dask_runner: gs:.* is not what was uploaded/,
        },
        {
          name: 'neither requirements nor environment',
          metadata: () => Promise.resolve({}),
          says: /^failed while making the Python environment: the metadata has neither/,
        },
        {
          name: 'archive with nothing in it',
          metadata: async () => ({ 'dask-runner-environment': await fixture.archive('empty', { readme: 'none' }) }),
          says: /^failed while unpacking empty\.tar\.gz: empty\.tar\.gz holds neither bin\/python nor wheels$/,
        },
        {
          name: 'environment without Dask',
          metadata: async () => ({
            'dask-runner-environment': await fixture.archive('without', {
              'bin/python': `#!/bin/sh\nexec ${python} -I -S "$@"\n`,
            }),
          }),
          says: /^failed while unpacking without\.tar\.gz: the environment cannot import Dask: ModuleNotFoundError: No module named 'dask'$/,
        },
        {
          name: 'share that cannot be mounted',
          metadata: async () => ({
            'dask-runner-environment': await fixture.prebuilt(),
            'dask-runner-nfs': `nowhere.invalid:/share ${join(fixture.folder, 'nowhere')}`,
          }),
          says: /^failed while mounting nowhere\.invalid:\/share: .* could not be mounted at .*: mount\.nfs: Failed to resolve server/,
        },
        {
          name: 'cluster process that fails',
          metadata: async () => ({
            'dask-runner-environment': await fixture.prebuilt(),
            'dask-runner-spec': fixture.spec({ name: 'failing' }),
          }),
          says: /^failed while waiting for the scheduler: the cluster process has ended: YARN does not answer\.$/,
        },
        {
          name: 'cluster process that fails without systemd',
          metadata: async () => ({
            'dask-runner-environment': await fixture.prebuilt(),
            'dask-runner-spec': fixture.spec({ name: 'failing' }),
          }),
          before: ['rmdir /run/systemd/system'],
          says: /^failed while waiting for the scheduler: the cluster process has ended: YARN does not answer\.$/,
        },
        {
          name: 'command that nobody expected to fail',
          metadata: async () => ({ 'dask-runner-environment': await fixture.prebuilt() }),
          before: ['mkdir -p /opt/dask-runner', 'touch /opt/dask-runner/packages'],
          says: /^failed while fetching dask_runner: line \d+ ended with exit code \d+$/,
        },
      ];
    for (const [index, { name, metadata, before = [], says }] of cases.entries()) {
      it(name, async () => {
        const { error, cluster } = await fixture.make(`failing-${index}`, await metadata(), { before });
        const output = await fixture.output(cluster, `failing-${index}-m`, before.length);
        assert.match(error ?? '', /^Initialization action failed\. Failed action 'gs:\/\/s\/initialize\.sh'/, output);
        const last = output.trimEnd().split('\n').at(-1) ?? '';
        assert.match(last, /^dask-runner: /, output);
        assert.match(last.slice('dask-runner: '.length), says, output);
        assert.doesNotMatch(output, new RegExp(secret));
        await fixture.emulator.call('DELETE', `/v1/projects/p1/regions/us-central1/clusters/failing-${index}`);
      });
    }
  });
});
