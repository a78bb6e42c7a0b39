import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as vscode from 'vscode';
import { freePort } from '../support/freePort';
import { daskApi, runToEnd, script, setting, testPython, until, useProfiles } from './product';

const whoAmI = `
from dask.distributed import Client
if __name__ == "__main__":
    with Client() as client:
        print(client.scheduler_info()["id"], client.submit(lambda: 40 + 2).result())
`;

describe('a cluster', () => {
  before(() => useProfiles());

  it('that is kept is used by the next run of its profile, until it is shut down', async () => {
    const file = script('who.py', whoAmI);
    const first = await runToEnd(file, { profile: 'kept' });
    const second = await runToEnd(file, { profile: 'kept' });
    assert.equal(first.result.exitCode, 0, first.text);
    assert.equal(second.run.clusterId, first.run.clusterId);
    assert.equal(second.text, first.text);
    const api = await daskApi();
    const cluster = (await api.clusters()).find(({ id }) => id === first.run.clusterId);
    assert.equal(cluster?.state, 'running');

    await vscode.commands.executeCommand('dask.cluster.delete', { cluster: { backend: 'local', id: cluster.id } });
    await until('the cluster to close', async () => {
      const now = (await api.clusters()).find(({ id }) => id === cluster.id);
      return now === undefined || now.state === 'closed' ? true : undefined;
    });
  });
});

describe('a scheduler of somebody else', () => {
  const processes: ChildProcess[] = [];
  let address = '';

  before(async () => {
    const [port, dashboard] = [await freePort(), await freePort()];
    address = `tcp://127.0.0.1:${port}`;
    const dask = (...args: string[]): void => {
      processes.push(spawn(testPython(), ['-m', 'dask', ...args], { stdio: 'ignore', detached: true }));
    };
    dask('scheduler', '--host', '127.0.0.1', '--port', String(port), '--dashboard-address', `127.0.0.1:${dashboard}`);
    dask('worker', address, '--nworkers', '1', '--nthreads', '1', '--no-dashboard');
    await useProfiles({ theirs: { backend: 'address', address } });
  });

  after(async () => {
    for (const child of processes.filter(({ exitCode }) => exitCode === null)) {
      const exit = once(child, 'exit');
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      await exit;
    }
    await useProfiles();
  });

  it('runs files, and is still there afterwards', async () => {
    const file = script('who.py', whoAmI);
    const first = await runToEnd(file, { profile: 'theirs' });
    assert.match(first.text, /^Scheduler-.* 42\n$/);
    const second = await runToEnd(file, { profile: 'theirs' });
    assert.equal(second.text, first.text);
    assert.ok(processes.every(({ exitCode }) => exitCode === null));
  });
});

describe('a profile', () => {
  afterEach(() => useProfiles());

  it('with a wrong value names itself, the field, the value and the range', async () => {
    await setting('dask.profiles', { bad: { backend: 'local', workers: 4096 } });
    const api = await daskApi();
    await assert.rejects(api.runFile(script('x.py', ''), { profile: 'bad' }), (error: Error) => {
      for (const part of ['bad', 'workers', '4096', '1024']) {
        assert.ok(error.message.includes(part), `“${error.message}” does not say ${part}`);
      }
      return true;
    });
  });

  it('that does not exist is named', async () => {
    const api = await daskApi();
    await assert.rejects(api.runFile(script('x.py', ''), { profile: 'nowhere' }), /nowhere/);
  });

  it('whose interpreter does not exist is told so, with the path', async () => {
    const profile = { backend: 'local', workers: 1, interpreter: '/no/such/python' };
    await useProfiles({ missing: profile });
    const api = await daskApi();
    const message = await api
      .runFile(script('x.py', ''), { profile: 'missing' })
      .then((run) => run.completed)
      .then(
        (result) => result.error?.message ?? '',
        (error: unknown) => (error as Error).message,
      );
    assert.match(message, /\/no\/such\/python/);
  });
});
