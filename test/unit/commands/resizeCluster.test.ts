import { EditorStub, type Shown } from './editorStub';
import assert from 'node:assert/strict';

import type { CommandParts } from '../../../src/commands/commandParts';
import { resizeCluster } from '../../../src/commands/resizeCluster';
import type { Cluster, ClusterMachines, MachineChange, WorkerRange } from '../../../src/core/cluster';
import { CancelledError } from '../../../src/core/errors';
import type { Backend } from '../../../src/core/ports';
import { cluster } from '../explorer/samples';

const editor = EditorStub.current;

describe('Resize Cluster', () => {
  let done: (WorkerRange | MachineChange)[];
  let machines: ClusterMachines;
  let told: string[];
  /** What the change of machines does until its signal is aborted. */
  let work: (onProgress: (text: string) => void, signal: AbortSignal) => Promise<void>;

  beforeEach(() => {
    editor.reset();
    [done, told] = [[], []];
    work = () => Promise.resolve();
    machines = {
      primary: { count: 4, lowest: 2, highest: 1000 },
      secondary: { count: 0, lowest: 0, highest: 1000 },
      policy: undefined,
    };
  });

  const resize = (only: Cluster): Promise<void> => {
    const entry = { cluster: only, jobs: [], snapshot: undefined, unreachable: undefined };
    const backend: Partial<Backend> = {
      resizeCluster: (_ref, workers) => Promise.resolve(void done.push(workers)),
      machines: () => Promise.resolve(machines),
      resizeMachines: (_ref, change, onProgress, signal) => {
        done.push(change);
        return work(onProgress, signal);
      },
    };
    const parts: Partial<CommandParts> = {
      clusters: { refresh: () => Promise.resolve(), entries: () => [entry], entry: () => entry },
      backend: () => backend as Backend,
      boundary: { run: () => Promise.resolve(undefined), show: (_kind, text) => Promise.resolve(void told.push(text)) },
    };
    return resizeCluster(parts as CommandParts)({ cluster: only });
  };

  /** Answers of one walk, in order; then the question, where there is one. */
  const answering = (...answers: string[]): void => {
    const left = [...answers];
    editor.answer = ({ kind }: Shown) => (kind === 'progress' ? undefined : left.shift());
  };

  const cloud = cluster({ backend: 'dataproc', name: 'cloud', machinesResizable: true });
  const others = cluster({
    ...{ backend: 'dataproc', name: 'nightly', owned: false, resizable: false, machinesResizable: true },
    ...{ owner: 'ann', place: { project: 'my-project', region: 'europe-west1' } },
  });

  it('asks for Dask workers alone where machines cannot be changed', async () => {
    answering('Fixed', '6');
    await resize(cluster({ name: 'kept' }));
    assert.deepEqual(done, [{ kind: 'fixed', count: 6 }]);
    assert.deepEqual(editor.shown[0], {
      ...{ kind: 'pick', text: 'Resize kept', placeholder: 'How the number of workers is set', step: '1/2' },
    });
  });

  it('asks what is to be resized where there are workers and machines', async () => {
    answering('Dask Workers', 'Adaptive', '1', '9');
    await resize(cloud);
    assert.deepEqual(done, [{ kind: 'adaptive', minimum: 1, maximum: 9 }]);
    answering('Secondary Machines', '3');
    await resize(cloud);
    assert.deepEqual(done[1], { kind: 'secondary', count: 3, graceSeconds: 120 });
    assert.deepEqual(editor.texts('modal'), []);
    answering('Primary Machines', '←', 'Secondary Machines', '5');
    await resize(cloud);
    assert.deepEqual(done[2], { kind: 'secondary', count: 5, graceSeconds: 120 });
  });

  it('asks for the time that machines have which go, and only then', async () => {
    answering('Primary Machines', '2', '10 min');
    await resize(cloud);
    answering('Primary Machines', '3', '0');
    await resize(cloud);
    assert.deepEqual(done, [
      { kind: 'primary', count: 2, graceSeconds: 600 },
      { kind: 'primary', count: 3, graceSeconds: 0 },
    ]);
    assert.deepEqual(
      editor.shown.filter(({ kind, text }) => kind === 'input' && text.startsWith('Time')).map(({ value }) => value),
      ['2 min', '2 min'],
    );
  });

  it('takes no number that Dataproc does not allow, nor the one that there is', async () => {
    for (const [number, problem] of [
      ['1', 'A whole number from 2 to 1000 is needed.'],
      ['two', 'A whole number from 2 to 1000 is needed.'],
      ['4', 'There are 4 now: another number is needed.'],
    ] as const) {
      answering('Primary Machines', number);
      await assert.rejects(resize(cloud), CancelledError);
      assert.equal(editor.details.at(-1), problem);
    }
    assert.deepEqual(done, []);
  });

  it('says that an autoscaling policy decides, within which limits, and goes on only after a question', async () => {
    machines = { ...machines, primary: { count: 4, lowest: 2, highest: 6 }, policy: 'nightly-scaling' };
    answering('Primary Machines', '7');
    await assert.rejects(resize(cloud), CancelledError);
    assert.match(
      editor.details.at(-1) ?? '',
      /from 2 to 6 is needed: the autoscaling policy nightly-scaling allows no other/,
    );
    answering('Primary Machines', '6');
    await assert.rejects(resize(cloud), CancelledError);
    assert.deepEqual(editor.texts('modal'), ['Change the number of machines of cloud?']);
    assert.deepEqual(done, []);
    answering('Primary Machines', '6', 'Change Machines');
    await resize(cloud);
    assert.deepEqual(done, [{ kind: 'primary', count: 6, graceSeconds: 120 }]);
  });

  it('refuses with the reason where a number is fixed', async () => {
    const fixed = 'The autoscaling policy p allows none of them.';
    machines = { ...machines, secondary: { count: 0, lowest: 0, highest: 0, fixed }, policy: 'p' };
    answering('Secondary Machines');
    await assert.rejects(resize(cloud), /secondary machines cannot be changed\. The autoscaling policy p allows none/);
    assert.deepEqual(done, []);
  });

  it('asks before it changes the machines of others, and names whose they are', async () => {
    answering('Primary Machines', '5');
    await assert.rejects(resize(others), CancelledError);
    assert.deepEqual(editor.labels, ['Primary Machines', 'Secondary Machines']);
    assert.deepEqual(editor.texts('modal'), [
      'Change the number of machines of nightly of ann in my-project, europe-west1?',
    ]);
    answering('Primary Machines', '5', 'Change Machines');
    await resize(others);
    assert.equal(done.length, 1);
  });

  it('says what goes on, and that it goes on when nobody waits', async () => {
    work = (onProgress, signal) =>
      new Promise((_resolve, reject) => {
        onProgress('4 → 5 primary');
        signal.addEventListener('abort', () => reject(new CancelledError()));
        editor.cancelProgress();
      });
    answering('Primary Machines', '5');
    await resize(cloud);
    assert.ok(editor.texts('progress').includes('Resizing cloud'));
    assert.deepEqual(editor.reported, ['4 → 5 primary']);
    assert.match(told[0] ?? '', /^Google goes on changing the machines of cloud\./);
  });

  it('says nothing of the kind where it had not begun', async () => {
    work = (_onProgress, signal) => {
      editor.cancelProgress();
      return signal.aborted ? Promise.reject(new CancelledError()) : Promise.resolve();
    };
    answering('Primary Machines', '5');
    await assert.rejects(resize(cloud), CancelledError);
    assert.deepEqual(told, []);
  });
});
