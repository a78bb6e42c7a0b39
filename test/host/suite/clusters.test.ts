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

  it('with wrong values has them marked in settings.json, in the same words and no others, until they are mended', async () => {
    const profiles = {
      odd: { backend: 'local', memoryLimit: 'lots', worker: 2 },
      cloud: { backend: 'dataproc', region: 'europe-west1' },
    };
    await setting('dask.profiles', profiles);
    await vscode.commands.executeCommand('workbench.action.openSettingsJson');
    const document = vscode.window.activeTextEditor?.document;
    assert.ok(document !== undefined && document.uri.path.endsWith('settings.json'));
    const marked = (): string[] =>
      vscode.languages
        .getDiagnostics(document.uri)
        .map(
          ({ range, message, source }) =>
            `${source ?? ''}: ${document.getText(range)}: ${message.split('. ')[0] ?? ''}`,
        )
        .sort();
    await until('three marks', () => marked().length === 3 || undefined);
    // VS Code reads the file, too, which takes it a while: it then explains a field.
    const explained = async (): Promise<true | undefined> => {
      const at = document.positionAt(document.getText().indexOf('"memoryLimit"') + 2);
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        at,
      );
      const texts = hovers.flatMap(({ contents }) => contents).map((one) => (one as vscode.MarkdownString).value);
      return texts.some((text) => text.includes('Memory of each worker')) || undefined;
    };
    await until('the explanation of a field', explained);
    assert.deepEqual(marked(), [
      'Dask: "cloud": Profile "cloud": "project" is missing',
      'Dask: "lots": Profile "odd": "memoryLimit" is "lots"',
      'Dask: 2: Profile "odd": "worker" (2) is not a field of the backend "local"',
    ]);
    await useProfiles();
    await until('no marks', () => marked().length === 0 || undefined);
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
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
