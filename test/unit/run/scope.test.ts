import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import type { JobTarget } from '../../../src/core/job';
import { builtInProfile } from '../../../src/core/profileValidation';
import { requestFor } from '../../fakes/fakeWindow';
import { Scene, untilState } from '../../fakes/scene';

describe('What a run is of', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await Scene.make();
  });

  afterEach(() => scene.clear());

  it('goes by its file, or by the folder of its function, for profile and interpreter', async () => {
    const asked: string[] = [];
    const window = scene.window({
      profiles: {
        find: (_name, scope) => {
          asked.push(`profile of ${scope}`);
          return builtInProfile;
        },
      },
      interpreters: {
        resolve: (_profile, _onProgress, _signal, scope) => {
          asked.push(`Python of ${String(scope)}`);
          return Promise.resolve('/usr/bin/python3');
        },
      },
    });
    const directory = dirname(scene.script);
    const targets: [JobTarget, string][] = [
      [{ kind: 'file', path: scene.script }, scene.script],
      [{ kind: 'function', module: 'etl', function: 'run', directory }, directory],
    ];
    for (const [target, scope] of targets) {
      const run = await window.service.start(requestFor('', 'local', { target }));
      await untilState(run, 'running');
      assert.deepEqual(asked.splice(0), [`profile of ${scope}`, `Python of ${scope}`]);
    }
  });
});
