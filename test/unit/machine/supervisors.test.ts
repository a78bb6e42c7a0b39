import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RunnerPackage } from '../../../src/machine/runnerPackage';
import { Supervisors } from '../../../src/machine/supervisors';
import { RecordingLogger } from '../../fakes/recordingLogger';

const tellsSignals = `
  for (const name of ['SIGTERM', 'SIGWINCH']) process.on(name, () => console.log(name));
  console.log('ready');
  setInterval(() => {}, 1000);`;

describe('Supervisors', function () {
  this.timeout(20_000);
  let storage: string;
  let folder: string;

  beforeEach(async () => {
    storage = await mkdtemp(join(tmpdir(), 'dask-supervisors-'));
    folder = join(storage, 'runs', 'run');
    await mkdir(folder, { recursive: true });
  });

  afterEach(() => rm(storage, { recursive: true, force: true, maxRetries: 3 }));

  const write = (name: string, value: object): Promise<void> =>
    writeFile(join(folder, name), JSON.stringify({ version: 1, id: 'run', ...value }));

  it('sends no signal to a process that has the pid of a dead supervisor', async function () {
    if (process.platform === 'win32') {
      this.skip();
    }
    const stranger = spawn(process.execPath, ['-e', tellsSignals], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      stranger.stdout.setEncoding('utf8');
      let told = '';
      stranger.stdout.on('data', (text: string) => (told += text));
      await once(stranger.stdout, 'data');
      await write('job.json', { name: 'a.py', cluster: { backend: 'address', id: 'c' }, interpreter: '/bin/true' });
      await write('status.json', { state: 'running', pid: stranger.pid, pidStart: 'another', released: false });
      const supervisors = new Supervisors(
        new RunnerPackage(resolve('python/dask_runner'), storage),
        new RecordingLogger(),
      );
      await supervisors.cancel(folder);
      await access(join(folder, 'cancel'));
      // Signals that wait are delivered in the order of their numbers: an earlier SIGTERM would be told first.
      stranger.kill('SIGWINCH');
      while (!told.includes('SIGWINCH')) {
        await once(stranger.stdout, 'data');
      }
      assert.equal(told, 'ready\nSIGWINCH\n');
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  it('tells what the script had left running', async () => {
    await write('job.json', { name: 'a.py', cluster: { backend: 'local', id: 'c' }, interpreter: '/bin/true' });
    const look = async (leftOver: number): Promise<number | undefined> => {
      await write('status.json', { state: 'succeeded', pid: 1, pidStart: '1', released: true, leftOver });
      const supervisors = new Supervisors(
        new RunnerPackage(resolve('python/dask_runner'), storage),
        new RecordingLogger(),
      );
      return (await supervisors.read(folder))?.leftOver;
    };
    assert.deepEqual([await look(3), await look(0)], [3, undefined]);
  });

  it('tells why there is no report', async () => {
    await write('job.json', { name: 'a.py', cluster: { backend: 'local', id: 'c' }, interpreter: '/bin/true' });
    const reportMissing = 'There is no performance report: the cluster had ended before.';
    await write('status.json', { state: 'succeeded', pid: 1, pidStart: '1', released: true, reportMissing });
    const supervisors = new Supervisors(
      new RunnerPackage(resolve('python/dask_runner'), storage),
      new RecordingLogger(),
    );
    assert.equal((await supervisors.read(folder))?.reportMissing, reportMissing);
  });
});
