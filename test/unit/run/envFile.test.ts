import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { JobSpec } from '../../../src/core/job';
import { requestFor, type FakeWindow } from '../../fakes/fakeWindow';
import { Scene, untilState } from '../../fakes/scene';

const canary = 'canary-of-env-file';

describe('Variables of a .env file', () => {
  let scene: Scene;
  let envFile: string;

  beforeEach(async () => {
    scene = await Scene.make();
    envFile = join(scene.root, '.env');
    await writeFile(envFile, `TOKEN=${canary}\n`);
  });

  afterEach(() => scene.clear());

  const open = (): FakeWindow =>
    scene.window({
      userFolders: () => [dirname(scene.script)],
      envFile: (folder) => (folder === dirname(scene.script) ? envFile : undefined),
    });

  async function runIn(window: FakeWindow, path = scene.script): Promise<{ id: string; spec: JobSpec | undefined }> {
    const run = await window.service.start(requestFor(path, 'local', { environment: { OWN: '1' } }));
    await untilState(run, 'running');
    scene.world.finish(run.id);
    await run.ended;
    return { id: run.id, spec: scene.world.jobs.get(run.id)?.spec };
  }

  it('are read for each run, apart from those that win over them', async () => {
    const window = open();
    const first = await runIn(window);
    assert.deepEqual(first.spec?.fileEnvironment, { TOKEN: canary });
    assert.deepEqual(first.spec.environment, { OWN: '1' });
    await writeFile(envFile, 'TOKEN=new\n');
    const again = await window.service.rerun(first.id);
    await untilState(again, 'running');
    assert.deepEqual(scene.world.jobs.get(again.id)?.spec?.fileEnvironment, { TOKEN: 'new' });
  });

  it('are kept neither in the files of the run nor in the log', async () => {
    const window = open();
    const { id } = await runIn(window);
    for (const name of await readdir(scene.folder(id))) {
      assert.ok(!(await readFile(join(scene.folder(id), name), 'utf8')).includes(canary), name);
    }
    assert.ok(!window.logger.lines.join('\n').includes(canary));
  });

  it('are not for machines elsewhere', async () => {
    const window = open();
    Object.assign(window.backend, { interpreter: '/opt/python' });
    assert.equal((await runIn(window)).spec?.fileEnvironment, undefined);
  });

  it('are not for files of no folder, and a file that cannot be read keeps no run from starting', async () => {
    const window = scene.window({ userFolders: () => [], envFile: () => envFile });
    assert.equal((await runIn(window)).spec?.fileEnvironment, undefined);
    envFile = scene.root;
    const other = open();
    assert.deepEqual((await runIn(other)).spec?.environment, { OWN: '1' });
    assert.match(other.logger.lines.join('\n'), /goes without the variables of/);
  });
});
