import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { valueAt, textOf } from '../../emulator/json';
import { clusters, EmulatorFixture, jobs, python, region, type Job } from './fixture';

describe('emulated jobs', () => {
  let fixture: EmulatorFixture;
  let folder: string;
  /** A driver may wait for this file. */
  let gate: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emulated-jobs-'));
    gate = join(folder, 'gate');
    fixture = await EmulatorFixture.start({ chunkBytes: 1000 });
    await fixture.running('c');
  });

  after(async () => {
    await fixture.close();
    await rm(folder, { recursive: true });
  });

  const idOf = ({ body }: { body: object }) => valueAt(body, 'reference.jobId') as string;

  it('runs the driver, whose output comes in chunks that end with an empty one', async () => {
    const script = `
import os, sys
print("arguments", sys.argv[1:])
for n in range(300):
    print("line ü", n, file=sys.stderr if n % 2 else sys.stdout)
print(open("data.txt").read(), os.environ["DATAPROC_JOB_ID"])
`;
    const file = await fixture.upload('code', 'data.txt', 'from a file');
    const main = await fixture.upload('code', 'main.py', script);
    const properties = { 'spark.pyspark.driver.python': process.env['DASK_TEST_PYTHON'] ?? 'python3' };
    const pysparkJob = { mainPythonFileUri: main, args: ['a', 'b c'], fileUris: [file], properties };
    const job = { reference: { jobId: 'chunks' }, placement: { clusterName: 'c' }, pysparkJob };
    const submitted = await fixture.call('POST', `${jobs}:submit`, { job });
    assert.equal(valueAt(submitted.body, 'status.state'), 'PENDING');
    const ended = await fixture.ended('chunks');
    assert.equal(ended.status.state, 'DONE');
    // As in a real job's answer.
    assert.deepEqual(
      ended.statusHistory.map(({ state }) => state),
      ['PENDING', 'SETUP_DONE', 'RUNNING'],
    );
    assert.equal(ended.statusHistory[2]?.details, 'Agent reported job success');
    assert.match(
      ended.driverOutputResourceUri,
      /\/google-cloud-dataproc-metainfo\/[0-9a-f-]{36}\/jobs\/chunks\/driveroutput$/,
    );
    const { text, sizes } = await fixture.output(ended);
    const lines = Array.from({ length: 300 }, (_, n) => `line ü ${n}\n`).join('');
    assert.equal(text, `arguments ['a', 'b c']\n${lines}from a file chunks\n`);
    assert.ok(sizes.length > 3 && sizes.slice(0, -2).every((size) => size === 1000), String(sizes));
  });

  it('grows the last chunk in place while the driver runs', async () => {
    const script = `
import os, time
print("first")
while not os.path.exists("${gate}"):
    time.sleep(0.01)
print("second")
time.sleep(600)
`;
    const id = idOf(await fixture.submit('c', script));
    const uri = await fixture.until(
      async () => (await fixture.get<Job>(`${jobs}/${id}`)).driverOutputResourceUri as string | undefined,
      (value) => value !== undefined,
    );
    const [, bucket = '', prefix = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri ?? '') ?? [];
    const path = `/storage/v1/b/${bucket}/o/${encodeURIComponent(`${prefix}.000000000`)}`;
    const first = await fixture.until(
      () => fixture.call('GET', path),
      ({ status }) => status === 200,
    );
    assert.equal(first.body['size'], '6');
    await writeFile(gate, '');
    const second = await fixture.until(
      () => fixture.get(path),
      ({ size }) => size !== '6',
    );
    assert.equal(second['size'], '13');
    assert.notEqual(second['generation'], first.body['generation']);
    await fixture.call('POST', `${jobs}/${id}:cancel`, {});
    assert.equal((await fixture.ended(id)).status.state, 'CANCELLED');
  });

  it('fails as the agent words it when the driver fails', async () => {
    const failed = await fixture.ended(idOf(await fixture.submit('c', 'raise ValueError("no")')));
    assert.equal(failed.status.state, 'ERROR');
    assert.match(
      failed.status.details ?? '',
      /^Google Cloud Dataproc Agent reports job failure\. If logs are available/,
    );
    assert.match(failed.status.details ?? '', /\ngs:\/\/.+\/driveroutput\.\*$/);
    assert.match((await fixture.output(failed)).text, /ValueError: no/);
    const killed = await fixture.ended(idOf(await fixture.submit('c', 'import os; os.kill(os.getpid(), 9)')));
    assert.match(killed.status.details ?? '', /^Driver received SIGTERM\/SIGKILL signal and exited with 137 code/);
    const missing = { placement: { clusterName: 'c' }, pysparkJob: { mainPythonFileUri: 'gs://no/such.py' } };
    const gone = await fixture.ended(idOf(await fixture.call('POST', `${jobs}:submit`, { job: missing })));
    assert.match(gone.status.details ?? '', /File not found: gs:\/\/no\/such\.py/);
  });

  it('cancels the driver and all that it has started', async () => {
    const script = `
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid)
time.sleep(600)
`;
    const id = idOf(await fixture.submit('c', script));
    await fixture.until(
      () => fixture.get<Job>(`${jobs}/${id}`),
      ({ status }) => status.state === 'RUNNING',
    );
    const { driverOutputResourceUri: uri } = await fixture.get<Job>(`${jobs}/${id}`);
    const [, bucket = '', prefix = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
    const object = await fixture.until(
      () => fixture.emulator.store.object(bucket, `${prefix}.000000000`),
      (found) => found !== undefined,
    );
    const pid = Number((await fixture.emulator.store.read(object!)).toString());
    const cancelled = await fixture.call('POST', `${jobs}/${id}:cancel`, {});
    assert.equal(valueAt(cancelled.body, 'status.state'), 'CANCEL_PENDING');
    const ended = await fixture.ended(id);
    assert.deepEqual(ended.statusHistory.map(({ state }) => state).slice(-2), ['CANCEL_PENDING', 'CANCEL_STARTED']);
    // Who has no parent to look at it may stay as a zombie, without a command line.
    assert.equal(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''), '');
    // A second time is harmless.
    assert.equal((await fixture.call('POST', `${jobs}/${id}:cancel`, {})).status, 200);
  });

  it('runs one job for one request id', async () => {
    const more = { reference: { jobId: 'once' } };
    const first = await fixture.submit('c', 'print(1)', more, '');
    assert.equal(first.status, 200);
    const again = await fixture.submit('c', 'print(1)', more);
    assert.deepEqual(
      [again.status, valueAt(again.body, 'error.message')],
      [409, `Already exists: Failed to submit job: Job ${region}/jobs/once`],
    );
    const main = await fixture.upload('code', 'n.py', 'print(2)');
    const request = {
      requestId: 'r7',
      job: { placement: { clusterName: 'c' }, pysparkJob: { mainPythonFileUri: main, properties: python } },
    };
    const one = await fixture.call('POST', `${jobs}:submit`, request);
    const two = await fixture.call('POST', `${jobs}:submit`, request);
    assert.equal(idOf(one), idOf(two));
    await fixture.ended(idOf(one));
  });

  it('tries again as often as it may, with output of its own for each attempt', async () => {
    const job = await fixture.ended(
      idOf(
        await fixture.submit('c', 'print("attempt"); raise SystemExit(3)', { scheduling: { maxFailuresPerHour: 1 } }),
      ),
    );
    assert.equal(job.status.state, 'ERROR');
    assert.equal(job.statusHistory.filter(({ state }) => state === 'ATTEMPT_FAILURE').length, 1);
    assert.match(job.driverOutputResourceUri, /attempt-2\/driveroutput$/);
    assert.equal((await fixture.output(job)).text, 'attempt\n');
  });

  it('lists newest first, page by page and by state', async () => {
    await fixture.running('listed');
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) {
      ids.unshift(idOf(await fixture.submit('listed', `print(${index})`, { labels: { n: String(index) } })));
    }
    await Promise.all(ids.map((id) => fixture.ended(id)));
    const names = (body: object) => ((valueAt(body, 'jobs') ?? []) as Job[]).map(({ reference }) => reference.jobId);
    const first = await fixture.get(`${jobs}?clusterName=listed&pageSize=2`);
    const token = first['nextPageToken'] as string;
    const second = await fixture.get(`${jobs}?clusterName=listed&pageSize=2&pageToken=${token}`);
    assert.deepEqual([...names(first), ...names(second)], ids);
    assert.deepEqual(names(await fixture.get(`${jobs}?filter=labels.n%3D1%20AND%20status.state%3DNON_ACTIVE`)), [
      ids[1],
    ]);
    assert.deepEqual(names(await fixture.get(`${jobs}?clusterName=listed&jobStateMatcher=ACTIVE`)), []);
  });

  it('refuses what no job can be', async () => {
    const pysparkJob = { mainPythonFileUri: 'gs://b/x.py' };
    const placement = { clusterName: 'c' };
    const wrong: [object, RegExp][] = [
      [{ placement }, /Job type must be specified/],
      [{ placement, pysparkJob, sparkJob: {} }, /oneof field 'type_job' is already set/],
      [{ pysparkJob }, /Required field 'job\.placement' is missing/],
      [{ placement, pysparkJob: {} }, /Required field 'job\.pyspark_job\.main_python_file_uri' is missing/],
      [{ placement, pysparkJob: { mainPythonFileUri: 'gs://b/x.jar' } }, /must be a \.py file/],
      [{ placement, pysparkJob, reference: { jobId: 'a b' } }, /Invalid job id 'a b'/],
      [{ placement, pysparkJob, scheduling: { maxFailuresPerHour: 11 } }, /between 0 and 10/],
      [
        { placement: { clusterName: 'none' }, pysparkJob },
        /Not found: Cluster projects\/p1\/regions\/us-central1\/clusters\/none/,
      ],
    ];
    for (const [job, message] of wrong) {
      assert.match(
        String(valueAt((await fixture.call('POST', `${jobs}:submit`, { job })).body, 'error.message')),
        message,
      );
    }
  });

  it('is deleted only when it has ended, and ends with its cluster', async () => {
    await fixture.running('ending');
    const id = idOf(await fixture.submit('ending', 'import time; time.sleep(600)'));
    assert.equal(valueAt((await fixture.call('DELETE', `${jobs}/${id}`)).body, 'error.status'), 'FAILED_PRECONDITION');
    await fixture.operation(await fixture.call('DELETE', `${clusters}/ending`));
    assert.equal((await fixture.get<Job>(`${jobs}/${id}`)).status.state, 'ERROR');
    assert.equal((await fixture.call('DELETE', `${jobs}/${id}`)).status, 200);
    assert.equal((await fixture.call('GET', `${jobs}/${id}`)).status, 404);
  });

  it('ends a submitted operation with its job', async () => {
    const main = await fixture.upload('code', 'o.py', 'print(3)');
    const job = { placement: { clusterName: 'c' }, pysparkJob: { mainPythonFileUri: main, properties: python } };
    const operation = await fixture.operation(await fixture.call('POST', `${jobs}:submitAsOperation`, { job }));
    assert.equal(valueAt(operation.response, 'status.state'), 'DONE');
  });

  it('runs a workflow on a cluster of its own, which is deleted at the end', async () => {
    const main = await fixture.upload('code', 'w.py', 'import sys; sys.exit(int(sys.argv[1]))');
    const step = (stepId: string, code: string, before: string[]) => ({
      stepId,
      pysparkJob: { mainPythonFileUri: main, args: [code], properties: python },
      prerequisiteStepIds: before,
    });
    const run = async (codes: string[]) => {
      const template = {
        placement: { managedCluster: { clusterName: 'flow', config: {} } },
        jobs: [step('second', codes[1]!, ['first']), step('first', codes[0]!, [])],
      };
      const reply = await fixture.call('POST', `/v1/${region}/workflowTemplates:instantiateInline`, template);
      const operation = await fixture.operation(reply);
      const nodes = valueAt(operation.metadata, 'graph.nodes') as { state: string }[];
      const name = textOf(operation.metadata, 'clusterName');
      assert.match(name, /^flow-/);
      assert.equal((await fixture.call('GET', `${clusters}/${name}`)).status, 404);
      return { operation, states: nodes.map(({ state }) => state) };
    };
    const good = await run(['0', '0']);
    assert.deepEqual([good.states, good.operation.error], [['COMPLETED', 'COMPLETED'], undefined]);
    const bad = await run(['1', '0']);
    assert.deepEqual(bad.states, ['BLOCKED', 'FAILED']);
    assert.match(bad.operation.error?.message ?? '', /Agent reports job failure/);
  });
});
