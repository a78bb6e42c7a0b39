import { EditorStub } from '../commands/editorStub';
import assert from 'node:assert/strict';

import { CommandBoundary } from '../../../src/host/commandBoundary';
import { RunDiagnostics } from '../../../src/host/runDiagnostics';
import { followTakenUp, RunFollower, type RunPanels } from '../../../src/host/runFollower';
import { requestFor } from '../../fakes/fakeWindow';
import { eventually, Scene, untilState } from '../../fakes/scene';

const editor = EditorStub.current;
const panels: RunPanels = { open: () => undefined, isSeen: () => Promise.resolve(false) };
const nowhere = { debug: () => undefined, error: () => undefined } as unknown as ConstructorParameters<
  typeof CommandBoundary
>[0];

describe('Following runs', () => {
  let scene: Scene;
  let diagnostics: RunDiagnostics;

  beforeEach(async () => {
    editor.reset();
    scene = await Scene.make();
    diagnostics = new RunDiagnostics();
  });
  afterEach(async () => {
    diagnostics.dispose();
    await scene.clear();
  });

  const follower = (): RunFollower =>
    new RunFollower(() => panels, diagnostics, new CommandBoundary(nowhere, () => Promise.resolve()));

  it('says so when the cancel of a start does not work', async () => {
    const window = scene.window();
    const gate = window.backend.hold('createCluster');
    const run = await window.service.start(requestFor(scene.script));
    run.cancel = () => Promise.reject(new Error('the disk is gone'));
    follower().follow(run, { show: true });
    await gate.reached;
    await eventually(() => editor.texts('progress').length > 0);
    editor.cancelProgress();
    await eventually(() => editor.texts('message').some((text) => text.includes('the disk is gone')));
    gate.open();
  });

  it('tells the end of a run whose window has gone once, whatever folder its file is in', async () => {
    const first = scene.window();
    const run = await first.service.start(requestFor(scene.script));
    await untilState(run, 'running');
    const others = [scene.window(), scene.window(), scene.window()];
    for (const { service } of others) {
      followTakenUp(service, follower());
      await service.reconcile();
    }
    first.crash();
    await eventually(() => others.some(({ backend }) => backend.calls.includes('watchJob')));
    scene.world.finish(run.id);
    await Promise.all(others.map(async ({ service }) => (await service.get(run.id))?.ended));
    await eventually(() => editor.texts('message').length > 0);
    assert.equal(editor.texts('message').length, 1);
    assert.match(editor.texts('message')[0] ?? '', /^etl\.py succeeded/);
  });
});
