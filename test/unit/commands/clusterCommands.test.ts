import { EditorStub } from './editorStub';
import assert from 'node:assert/strict';

import type { CommandParts } from '../../../src/commands/commandParts';
import { deleteCluster } from '../../../src/commands/deleteCluster';
import { detachCluster } from '../../../src/commands/detachCluster';
import { openDashboard } from '../../../src/commands/openDashboard';
import { createCluster } from '../../../src/commands/createCluster';
import { removeCluster } from '../../../src/commands/removeCluster';
import { restartWorkers } from '../../../src/commands/restartWorkers';
import { stopCluster } from '../../../src/commands/switchCluster';
import type { Cluster } from '../../../src/core/cluster';
import { CancelledError } from '../../../src/core/errors';
import type { Backend } from '../../../src/core/ports';
import { ReceiptPrompt } from '../../../src/host/receiptPrompt';
import { cloudProfile } from '../../fakes/stubJob';
import { cluster, job } from '../explorer/samples';

const editor = EditorStub.current;

describe('commands of clusters', () => {
  let done: string[];
  beforeEach(() => {
    editor.reset();
    done = [];
  });

  const noted =
    (what: string) =>
    ({ id }: { id: string }): Promise<void> => {
      done.push(`${what} ${id}`);
      return Promise.resolve();
    };
  const parts = (only: Cluster, running = false): CommandParts => {
    const entry = { cluster: only, jobs: [job({ name: 'train.py' })], snapshot: undefined, unreachable: undefined };
    const backend: Partial<Backend> = {
      deleteCluster: noted('delete'),
      restartWorkers: noted('restart'),
      stopCluster: noted('stop'),
      async *jobs() {
        await Promise.resolve();
        if (running) {
          yield job();
        }
      },
    };
    const known: Partial<CommandParts> = {
      clusters: { refresh: () => Promise.resolve(), entries: () => [entry], entry: () => entry },
      backend: () => backend as Backend,
      attachments: { attach: () => Promise.reject(new Error()), detach: noted('detach') },
      panels: () => ({ open: (ref) => void noted('open')(ref) }),
    };
    return known as CommandParts;
  };
  const attached = cluster({ backend: 'address', owned: false, ephemeral: false });

  for (const [name, command, one, what] of [
    ['Shut Down Cluster', deleteCluster, cluster(), 'delete c1'],
    ['Detach from Scheduler', detachCluster, attached, 'detach c1'],
    ['Restart Workers', restartWorkers, cluster(), 'restart c1'],
    ['Remove Cluster from List', removeCluster, cluster({ state: 'failed', ephemeral: false }), 'delete c1'],
  ] as const) {
    it(`${name} from the palette asks also where there is one cluster only`, async () => {
      await assert.rejects(command(parts(one))(), CancelledError);
      assert.deepEqual(editor.texts('pick'), [name]);
      assert.deepEqual(done, []);
      editor.answer = () => one.name;
      await command(parts(one))();
      assert.deepEqual(done, [what]);
    });
  }

  it('names the file that each cluster was made for', async () => {
    await assert.rejects(deleteCluster(parts(cluster({ name: 'local' })))(), CancelledError);
    assert.deepEqual(editor.items, ['local train.py · running · local']);
  });

  it('what changes nothing takes the only cluster unasked', async () => {
    await openDashboard(parts(cluster()))();
    assert.deepEqual(done, ['open c1']);
    assert.deepEqual(editor.shown, []);
  });

  it('asks before it restarts the workers of others, although nothing of ours runs there', async () => {
    await assert.rejects(restartWorkers(parts(attached))({ cluster: attached }), CancelledError);
    assert.deepEqual(editor.texts('modal'), ['Restart the workers of etl.py?']);
    assert.deepEqual(done, []);
    editor.answer = () => 'Restart Workers';
    await restartWorkers(parts(attached))({ cluster: attached });
    assert.deepEqual(done, ['restart c1']);
  });

  it('asks before it restarts workers of our own only where something runs', async () => {
    await restartWorkers(parts(cluster()))({ cluster: cluster() });
    assert.deepEqual(editor.texts('modal'), []);
    await assert.rejects(restartWorkers(parts(cluster(), true))({ cluster: cluster() }), CancelledError);
    assert.deepEqual(done, ['restart c1']);
  });

  it('deletes a cluster of others only after a question that names it, its place and its owner', async () => {
    const others = cluster({
      ...{ backend: 'dataproc', name: 'nightly', owned: false, ephemeral: false },
      ...{ owner: 'ann', place: { project: 'my-project', region: 'europe-west1' } },
    });
    await assert.rejects(deleteCluster(parts(others))({ cluster: others }), CancelledError);
    assert.deepEqual(editor.texts('modal'), ['Delete the cluster nightly of ann in my-project, europe-west1?']);
    assert.deepEqual(done, []);
    editor.answer = () => 'Delete Cluster';
    await deleteCluster(parts(others))({ cluster: others });
    assert.deepEqual(done, ['delete c1']);
  });

  const ours = cluster({ backend: 'dataproc', name: 'nightly' });
  for (const [question, command, button, what] of [
    ['Shut down nightly?', deleteCluster, 'Shut Down', 'delete c1'],
    ['Stop the machines of nightly?', stopCluster, 'Stop', 'stop c1'],
  ] as const) {
    it(`asks “${question}” of machines that cost, also where nothing runs`, async () => {
      await assert.rejects(command(parts(ours))({ cluster: ours }), CancelledError);
      assert.deepEqual([editor.texts('modal'), done], [[question], []]);
      editor.answer = () => button;
      await command(parts(ours))({ cluster: ours });
      assert.deepEqual(done, [what]);
    });
  }

  it('shuts down a cluster on this machine unasked where nothing runs on it', async () => {
    await deleteCluster(parts(cluster()))({ cluster: cluster() });
    assert.deepEqual([editor.texts('modal'), done], [[], ['delete c1']]);
  });

  it('creates no cluster that costs before its receipt is agreed to', async () => {
    const profile = cloudProfile({ askFirst: true });
    const receipt = {
      place: 'Project p1.',
      upload: undefined,
      notUploaded: [],
      notes: [],
      machines: ['Creates 1.'],
      end: [],
    };
    const asked: (string | undefined)[] = [];
    const backend: Partial<Backend> = {
      interpreter: '/opt/python',
      receipt: ({ target, reused }) => {
        asked.push(target?.kind, reused);
        return Promise.resolve(receipt);
      },
      createCluster: (spec) => {
        done.push(`create ${spec.name}`);
        return Promise.resolve(cluster());
      },
    };
    const known = {
      ...parts(cluster()),
      backend: () => backend as Backend,
      settings: {
        profile: () => profile,
        profiles: () => ({ profiles: new Map([[profile.name, profile]]) }),
        defaultProfile: () => profile.name,
      },
      receipts: new ReceiptPrompt({ never: () => Promise.reject(new Error('never asked')) }),
    } as unknown as CommandParts;
    editor.answer = ({ kind }) => (kind === 'pick' ? profile.name : undefined);
    await assert.rejects(createCluster(known)(), CancelledError);
    assert.deepEqual([asked, done], [[undefined, undefined], []]);
    assert.match(editor.texts('modal').join(), /^Create a cluster of the profile .* on Google Cloud\?/);
    editor.answer = ({ kind }) => (kind === 'pick' ? profile.name : 'Create Cluster');
    await createCluster(known)();
    assert.deepEqual(done, [`create ${profile.name}`]);
  });

  it('offers no cluster that failed to be shut down', async () => {
    await assert.rejects(deleteCluster(parts(cluster({ state: 'failed' })))(), /There is no cluster to shut down/);
  });
});
