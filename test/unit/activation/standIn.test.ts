import { EditorStub } from '../commands/editorStub';
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { StandIn } from '../../../src/activation/standIn';
import { eventually } from '../../fakes/scene';

const editor = EditorStub.current;
const runId = '20261124-061133-123-5f0c9a1b';

describe('What stands in for the services', () => {
  let storage: string;
  let loads = 0;
  let standIn: StandIn | undefined;

  beforeEach(async () => {
    editor.reset();
    loads = 0;
    storage = await mkdtemp(path.join(tmpdir(), 'dask-stand-in-'));
  });

  afterEach(async () => {
    standIn?.dispose();
    await rm(storage, { recursive: true });
  });

  const start = (): void => {
    const made = new StandIn(storage, () => {
      loads += 1;
      made.dispose();
    });
    standIn = made;
  };
  const write = async (file: string, text = ''): Promise<void> => {
    await mkdir(path.dirname(path.join(storage, file)), { recursive: true });
    await writeFile(path.join(storage, file), text);
  };
  const looked = (): Promise<void> => eventually(() => editor.context.has('dask.hasClusters'));
  const configured = (): void =>
    editor.configured.forEach((listener) => listener({ affectsConfiguration: (id: string) => id === 'dask.profiles' }));

  it('needs them for nothing where nothing is there, and the palette offers nothing', async () => {
    start();
    await looked();
    assert.deepEqual(Object.fromEntries(editor.context), { 'dask.hasRuns': false, 'dask.hasClusters': false });
    assert.deepEqual(await readdir(storage), ['open']);
    assert.equal(loads, 0);
  });

  it('needs them for a run that is not over', async () => {
    await write(`open/${runId}`);
    start();
    await eventually(() => loads === 1);
  });

  it('needs them for profiles that one folder of several has', async () => {
    editor.folders = { '/one': {}, '/two': { 'dask.profiles': { big: {} } } };
    start();
    await eventually(() => loads === 1);
  });

  it('needs them for a run that another window begins', async () => {
    start();
    await looked();
    await write(`open/${runId}`);
    await eventually(() => loads === 1);
  });

  it('does not take other files for runs', async () => {
    await write('open/.nfs000000000000');
    await write('runs/.DS_Store');
    start();
    await looked();
    assert.equal(loads, 0);
    assert.equal(editor.context.get('dask.hasRuns'), false);
  });

  for (const profiles of [{ mine: {} }, [], 'local', 4]) {
    it(`needs them to check ${JSON.stringify(profiles)} as profiles`, async () => {
      editor.settings = { 'dask.profiles': profiles };
      start();
      await eventually(() => loads === 1);
      assert.deepEqual(await readdir(storage), []);
    });
  }

  it('needs them once there are profiles, and not for other settings', async () => {
    editor.settings = { 'dask.profiles': {} };
    start();
    await looked();
    configured();
    assert.equal(loads, 0);
    editor.settings = { 'dask.profiles': { mine: {} } };
    editor.configured.forEach((listener) => listener({ affectsConfiguration: () => false }));
    assert.equal(loads, 0);
    configured();
    assert.equal(loads, 1);
  });

  it('offers the history of runs', async () => {
    await write(`runs/${runId}/intent.json`);
    start();
    await looked();
    assert.equal(editor.context.get('dask.hasRuns'), true);
    assert.equal(loads, 0);
  });

  for (const [what, file, content, expected] of [
    ['a scheduler that is attached', 'attached/attached-1.json', {}, true],
    ['logs of one that was', 'attached/attached-1-logs/scheduler.log', {}, false],
    ['a cluster that runs', 'clusters/a/state.json', { state: 'running' }, true],
    ['one that failed', 'clusters/a/state.json', { state: 'failed' }, true],
    ['one that starts', 'clusters/a/spec.json', {}, true],
    ['one that was shut down', 'clusters/a/state.json', { state: 'closed' }, false],
    ['one in a cloud', 'dataproc/a/cluster.json', {}, true],
    ['one in a cloud that was deleted', 'dataproc/a/cluster.json', { endedAt: '2026-11-24T06:11:33Z' }, false],
    ['one in a cloud that failed', 'dataproc/a/cluster.json', { endedAt: '2026-11-24T06:11:33Z', error: {} }, true],
  ] as const) {
    it(`${expected ? 'offers' : 'does not offer'} what acts on ${what}`, async () => {
      await write(file, JSON.stringify(content));
      start();
      await looked();
      assert.equal(editor.context.get('dask.hasClusters'), expected);
      assert.equal(loads, 0);
    });
  }

  it('does nothing more once they are there', async () => {
    start();
    standIn?.dispose();
    await write(`open/${runId}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(loads, 0);
    assert.equal(editor.context.size, 0);
    assert.equal(editor.configured.size, 0);
  });

  it('leaves a folder that cannot be written to whoever runs something', async () => {
    await rm(storage, { recursive: true });
    await writeFile(storage, '');
    start();
    await looked();
    assert.equal(loads, 0);
  });
});
