import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Cluster } from '../../../src/core/cluster';
import type { Job, JobSpec } from '../../../src/core/job';
import type { LocalBackend } from '../../../src/local/localBackend';
import { pidStartOf } from '../../../src/machine/processes';
import { LocalFixture, never, profile, python, until } from './fixture';

const usesCluster = `
import os, sys
from distributed import Client
with Client() as client:
    print("sum", sum(client.gather(client.map(lambda x: x * 2, range(4)))), os.environ["FROM_PROFILE"], os.environ["FROM_RUN"], sys.argv[1:])
`;
const tellsEnvironment = `
import os, shutil
from distributed import Client
def here():
    names = "FROM_FILE", "FROM_PROFILE", "FROM_RUN"
    return shutil.which("python"), os.environ.get("VIRTUAL_ENV"), [os.environ.get(name) for name in names]
with Client() as client:
    print(here() == client.submit(here).result())
    print(*here(), sep="\\n")
`;
const waits = 'import time\nprint("begun", flush=True)\nwhile True:\n    time.sleep(0.05)\n';

describe('LocalBackend jobs', function () {
  this.timeout(120_000);
  let fixture: LocalFixture;
  let backend: LocalBackend;
  let cluster: Cluster;

  beforeEach(async () => {
    fixture = await LocalFixture.create();
    backend = fixture.backend();
    cluster = await backend.createCluster(fixture.spec(), 'cluster', () => undefined, never);
  });

  afterEach(() => fixture.dispose());

  const status = async (spec: JobSpec): Promise<Record<string, unknown>> =>
    JSON.parse(await readFile(join(spec.folder, 'status.json'), 'utf8')) as Record<string, unknown>;

  const outputOf = async (job: Job, spec: JobSpec): Promise<string> => {
    let text = '';
    for await (const { offset, bytes } of backend.output(job, spec.folder, 0, never)) {
      assert.equal(offset, Buffer.byteLength(text));
      text += Buffer.from(bytes).toString();
    }
    return text;
  };

  const lastOf = async (job: Job, spec: JobSpec): Promise<Job> => {
    let last = job;
    for await (const seen of backend.watchJob(job, spec.folder, never)) {
      last = seen;
    }
    return last;
  };

  it('runs a script on the cluster forked from the zygote, with its arguments and variables', async () => {
    const spec = await fixture.job('run-1', usesCluster, { args: ['a b', '"c"'], environment: { FROM_RUN: 'too' } });
    const job = await backend.submitJob(cluster, spec, 'run-1', never);
    assert.deepEqual([job.id, job.name, job.cluster.id], ['run-1', 'run-1.py', 'cluster']);
    assert.equal(await outputOf(job, spec), `sum 12 yes too ['a b', '"c"']\n`);
    const last = await lastOf(job, spec);
    assert.deepEqual([last.state, last.exitCode, last.released], ['succeeded', 0, true]);
    if (process.platform === 'linux') {
      assert.equal((await status(spec))['mode'], 'fork');
    }
    const jobs: Job[] = [];
    for await (const listed of backend.jobs(cluster, never)) {
      jobs.push(listed);
    }
    assert.deepEqual(jobs, [last]);
  });

  it('has the environment of its Python activated in driver and tasks, and the variables of .env below the others', async () => {
    const fileEnvironment = { FROM_FILE: 'file', FROM_PROFILE: 'file', FROM_RUN: 'file' };
    const spec = await fixture.job('run-1', tellsEnvironment, { environment: { FROM_RUN: 'run' }, fileEnvironment });
    const job = await backend.submitJob(cluster, spec, 'run-1', never);
    const bin = dirname(python);
    const said = ['True', join(bin, 'python'), dirname(bin), "['file', 'yes', 'run']", ''].join('\n');
    assert.equal(await outputOf(job, spec), said);
    await lastOf(job, spec);
    if (process.platform === 'linux') {
      assert.equal((await status(spec))['mode'], 'fork');
    }
  });

  it('has it activated also in workers that were there before the run', async () => {
    const shared = fixture.spec({ profile: { ...profile, sharedWorkers: true } });
    const other = await backend.createCluster(shared, 'shared', () => undefined, never);
    const spec = await fixture.job('run-1', tellsEnvironment);
    const job = await backend.submitJob(other, spec, 'run-1', never);
    assert.match(await outputOf(job, spec), /^True\n/);
    await lastOf(job, spec);
  });

  it('submits once under one id, also from two windows at the same moment', async () => {
    const spec = await fixture.job('run-1', 'print("once")\n');
    const other = fixture.backend();
    await Promise.all([
      backend.submitJob(cluster, spec, 'run-1', never),
      other.submitJob(cluster, spec, 'run-1', never),
    ]);
    const job = await backend.submitJob(cluster, spec, 'run-1', never);
    assert.equal(await outputOf(job, spec), 'once\n');
    await lastOf(job, spec);
    const again = await backend.submitJob(cluster, spec, 'run-1', never);
    assert.equal(again.state, 'succeeded');
    assert.equal(await outputOf(again, spec), 'once\n');
  });

  it('starts a process for another interpreter, and releases the cluster at the end', async () => {
    const wrapper = join(fixture.storage, 'other-python');
    await writeFile(wrapper, `#!/bin/sh\nexec '${process.env['DASK_TEST_PYTHON'] ?? 'python3'}' "$@"\n`, {
      mode: 0o755,
    });
    const spec = await fixture.job('run-1', 'import sys\nprint("here")\nsys.exit(3)\n', {
      interpreter: wrapper,
      releaseCluster: true,
    });
    const job = await backend.submitJob(cluster, spec, 'run-1', never);
    assert.equal(await outputOf(job, spec), 'here\n');
    const last = await lastOf(job, spec);
    assert.deepEqual([last.state, last.exitCode, last.released], ['failed', 3, true]);
    assert.equal((await status(spec))['mode'], 'process');
    await until(async () => (await backend.cluster(cluster, never))?.state === 'closed');
  });

  it('cancels', async () => {
    const spec = await fixture.job('run-1', waits);
    const job = await backend.submitJob(cluster, spec, 'run-1', never);
    await until(async () =>
      (await readFile(join(spec.folder, 'output.log'), 'utf8').catch(() => '')).includes('begun'),
    );
    await backend.cancelJob(job, spec.folder, never);
    const last = await lastOf(job, spec);
    assert.equal(last.state, 'cancelled');
    assert.equal(await pidStartOf((await status(spec))['driverPid'] as number), undefined);
  });

  it('ends a run whose supervisor was killed, and its driver, with a reason', async () => {
    const spec = await fixture.job('run-1', waits);
    const job = await backend.submitJob(cluster, spec, 'run-1', never);
    await until(async () => (await status(spec).catch(() => ({ state: '' })))['state'] === 'running');
    const { pid, driverPid } = (await status(spec)) as { pid: number; driverPid: number };
    process.kill(pid, 'SIGKILL');
    const last = await lastOf(job, spec);
    assert.deepEqual([last.state, last.error?.code], ['failed', 'supervisorLost']);
    await until(async () => (await pidStartOf(driverPid)) === undefined);
  });

  it('ends a run whose supervisor and interpreter are gone', async () => {
    const wrapper = join(fixture.storage, 'other-python');
    const script = `#!/bin/sh\nexec '${process.env['DASK_TEST_PYTHON'] ?? 'python3'}' "$@"\n`;
    await writeFile(wrapper, script, { mode: 0o755 });
    const spec = await fixture.job('run-1', waits, { interpreter: wrapper });
    // A zygote would end it.
    const job = await fixture.backend(undefined, false).submitJob(cluster, spec, 'run-1', never);
    const { pid, driverPid } = (await status(spec)) as { pid: number; driverPid: number };
    await writeFile(wrapper, 'gone', { mode: 0o644 });
    process.kill(pid, 'SIGKILL');
    const last = await lastOf(job, spec);
    assert.deepEqual([last.state, last.error?.code, last.released], ['failed', 'supervisorLost', false]);
    await until(async () => (await pidStartOf(driverPid)) === undefined);
  });

  it('starts a run while the scheduler of its cluster starts, and nothing else', async () => {
    const { spec: slow, gate } = await fixture.slow();
    const own = await backend.createCluster(
      { ...slow, runId: 'run-1', ephemeral: true },
      'slow',
      () => undefined,
      never,
    );
    assert.equal(own.state, 'starting');
    await assert.rejects(backend.resizeCluster(own, { kind: 'fixed', count: 2 }, never), { code: 'clusterNotReady' });
    const spec = await fixture.job('run-1', usesCluster, {
      environment: { FROM_RUN: 'too' },
      releaseCluster: true,
    });
    const job = await backend.submitJob(own, spec, 'run-1', never);
    await until(async () => (await status(spec).catch(() => undefined))?.['state'] === 'running');
    assert.equal((await backend.cluster(own, never))?.state, 'starting');
    await writeFile(gate, '');
    assert.equal(await outputOf(job, spec), 'sum 12 yes too []\n');
    assert.equal((await lastOf(job, spec)).state, 'succeeded');
    await until(async () => (await backend.cluster(own, never))?.state === 'closed');
  });

  it('refuses a job for a cluster that has ended', async () => {
    await backend.deleteCluster(cluster, 'Gone.', never);
    const spec = await fixture.job('run-1', 'print(1)\n');
    await assert.rejects(backend.submitJob(cluster, spec, 'run-1', never), { code: 'clusterEnded' });
  });
});
