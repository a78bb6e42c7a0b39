import { EditorStub } from '../commands/editorStub';

import { CommandBoundary } from '../../../src/host/commandBoundary';
import { RunDiagnostics } from '../../../src/host/runDiagnostics';
import { RunFollower, type RunPanels } from '../../../src/host/runFollower';
import { requestFor } from '../../fakes/fakeWindow';
import { eventually, Scene } from '../../fakes/scene';

const editor = EditorStub.current;
const panels: RunPanels = { open: () => undefined, isVisible: () => false };
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
});
