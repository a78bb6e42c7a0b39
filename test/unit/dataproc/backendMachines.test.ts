import assert from 'node:assert/strict';
import type { MachineKind } from '../../../src/core/cluster';
import type { DataprocProfile } from '../../../src/core/dataprocProfile';
import { isCancelled } from '../../../src/core/errors';
import type { DataprocBackend } from '../../../src/dataproc/dataprocBackend';
import { BackendFixture, ref } from './backendFixture';
import { all, rejection, until } from './google/fixture';

const update = 'ClusterController.UpdateCluster';

describe('machines of clusters of the Dataproc backend', () => {
  let fixture: BackendFixture;
  let window: DataprocBackend;
  let id: string;

  before(async () => {
    fixture = await BackendFixture.start();
  });

  beforeEach(() => {
    window = fixture.window();
    id = fixture.id();
  });

  afterEach(() => fixture.clear());

  after(() => fixture.close());

  const create = (more: Partial<DataprocProfile> = {}) =>
    fixture.create(window, id, { worker: workers(2), ...more }, { ephemeral: false });

  const resize = (
    kind: MachineKind,
    count: number,
    { graceSeconds = 120, signal = fixture.signal, onProgress = ignore } = {},
  ): Promise<void> => window.resizeMachines(ref(id), { kind, count, graceSeconds }, onProgress, signal);

  const sizes = (): (number | undefined)[] => {
    const { config } = fixture.there(id)[0]?.cluster ?? assert.fail();
    return [config.workerConfig?.numInstances, config.secondaryWorkerConfig?.numInstances];
  };

  it('are added and taken away by hand, each kind for itself, and seen', async () => {
    await create();
    assert.deepEqual(await window.machines(ref(id), fixture.signal), {
      primary: { count: 2, lowest: 2, highest: 1000 },
      secondary: { count: 0, lowest: 0, highest: 1000 },
      policy: undefined,
    });
    const said: string[] = [];
    await resize('primary', 4, { onProgress: (text) => said.push(text) });
    assert.deepEqual(sizes(), [4, undefined]);
    assert.match(said[0] ?? '', /^2 → 4 primary machines/);
    await resize('secondary', 3);
    await resize('primary', 3);
    assert.deepEqual(sizes(), [3, 3]);
    const { primary, secondary } = await window.machines(ref(id), fixture.signal);
    assert.deepEqual([primary.count, secondary.count], [3, 3]);
    assert.equal((await window.cluster(ref(id), fixture.signal))?.machines, 6);
  });

  it('are asked for once although the answer is lost, and have time for their work only where some go', async () => {
    await create();
    const asked: { updateMask: string; gracefulDecommissionTimeout?: string }[] = [];
    const { clusters } = fixture.emulator;
    const original = clusters.update.bind(clusters);
    clusters.update = (request) => {
      asked.push(request as unknown as (typeof asked)[number]);
      return original(request);
    };
    fixture.faults({ method: update, times: 1, lose: 'response' });
    await resize('primary', 4);
    await resize('primary', 2, { graceSeconds: 90 });
    assert.deepEqual(
      asked.map(({ updateMask, gracefulDecommissionTimeout }) => [updateMask, gracefulDecommissionTimeout]),
      [
        ['config.worker_config.num_instances', undefined],
        ['config.worker_config.num_instances', undefined],
        ['config.worker_config.num_instances', '90s'],
      ],
    );
    const history = fixture.there(id)[0]?.cluster.statusHistory.map(({ state }) => state) ?? [];
    assert.equal(history.filter((state) => state === 'UPDATING').length, 2);
  });

  it('cannot be fewer than Dataproc allows, nor of a kind that a single machine does not have', async () => {
    await create();
    const counts = fixture.counting();
    for (const count of [1, 0, -1, 2.5, 1001]) {
      const error = await rejection(resize('primary', count));
      assert.match(error.message, /Ask for a whole number from 2 to 1000/, String(count));
    }
    await resize('primary', 2);
    assert.equal(counts()[update] ?? 0, 0);
    await fixture.clear();
    id = fixture.id();
    await create({ worker: workers(0) });
    const alone = await rejection(resize('secondary', 2));
    assert.match(alone.message, /secondary machines cannot be changed. A cluster of one machine has no secondary ones/);
    assert.equal(counts()[update] ?? 0, 0);
  });

  it('stay within the limits of an autoscaling policy, which is named', async () => {
    await create({ scaling: limits });
    const machines = await window.machines(ref(id), fixture.signal);
    assert.deepEqual([machines.primary.lowest, machines.primary.highest], [2, 5]);
    assert.match(machines.policy ?? '', /^dask-[0-9a-f]{16}$/);
    const beyond = await rejection(resize('primary', 6));
    assert.match(beyond.message, /Ask for a whole number from 2 to 5/);
    const fixed = await rejection(resize('secondary', 1));
    assert.match(fixed.message, /The autoscaling policy dask-[0-9a-f]{16} allows none of them\. Change the policy/);
    await resize('primary', 5);
    assert.equal(sizes()[0], 5);
  });

  it('that are not as many in the end are told', async () => {
    await create();
    const record = fixture.there(id)[0] ?? assert.fail();
    const onProgress = (): void => {
      if (record.state === 'RUNNING') {
        record.resize('workerConfig', 7);
      }
    };
    const error = await rejection(resize('primary', 3, { onProgress }));
    assert.match(error.message, /has 7 primary machines, not 3\./);
  });

  it('go on when nobody waits for them any more', async () => {
    await create();
    const cancel = new AbortController();
    const counts = fixture.counting();
    const error = await rejection(resize('primary', 3, { signal: cancel.signal, onProgress: () => cancel.abort() }));
    assert.ok(isCancelled(error), String(error));
    assert.equal(counts()['Operations.GetOperation'] ?? 0, 0);
    await until(
      () => sizes()[0],
      (count) => count === 3,
    );
  });

  it('that cannot be had are explained', async () => {
    await create();
    fixture.faults({
      method: update,
      times: 1,
      error: {
        status: 'PERMISSION_DENIED',
        message: "Permission 'dataproc.clusters.update' denied on resource '//dataproc.googleapis.com/projects/p'",
      },
    });
    const denied = await rejection(resize('primary', 3));
    assert.match(
      denied.message,
      /of "cloud" could not be changed\. Your account lacks the permission dataproc\.clusters\.update/,
    );
    const zone = fixture.there(id)[0]?.cluster.config.gceClusterConfig?.zoneUri?.split('/').at(-1) ?? '';
    fixture.emulator.faults.add({ stockouts: [{ zone, family: 'n2' }] });
    const out = await rejection(resize('primary', 3));
    assert.match(out.message, /could not be changed\. The zone .* has no such machines free now/);
    assert.deepEqual(sizes(), [2, undefined]);
  });

  it('can be changed while the cluster runs, and not while it changes or is stopped', async () => {
    const changeable = async () => (await window.cluster(ref(id), fixture.signal))?.machinesResizable;
    await create();
    assert.equal(await changeable(), true);
    const record = fixture.there(id)[0] ?? assert.fail();
    record.setState('UPDATING');
    assert.equal(await changeable(), false);
    const busy = await rejection(resize('primary', 3));
    assert.match(busy.message, /The cluster is in the state UPDATING\. Try again when that is over/);
    record.setState('RUNNING');
    await window.stopCluster(ref(id), fixture.signal);
    assert.equal(await changeable(), false);
    const error = await rejection(resize('primary', 3));
    assert.match(error.message, /The cluster is in the state STOPPED\. Start it, then try again/);
  });

  it('are seen to stop and to start before they have', async () => {
    await create();
    const { machines } = fixture.emulator;
    const told = (): Promise<string | undefined> =>
      new Promise((resolve) => {
        const heard = window.onDidChange(() => {
          heard.dispose();
          resolve(fixture.there(id)[0]?.state);
        });
      });
    // The machines take until it is told that they do.
    const stopping = told();
    const stop = machines.stop.bind(machines);
    machines.stop = async (site) => {
      await stopping;
      await stop(site);
    };
    await window.stopCluster(ref(id), fixture.signal);
    assert.equal(await stopping, 'STOPPING');
    assert.equal((await window.cluster(ref(id), fixture.signal))?.state, 'stopped');
    const starting = told();
    const start = machines.start.bind(machines);
    machines.start = async (site, signal) => {
      await starting;
      await start(site, signal);
    };
    await window.startCluster(ref(id), fixture.signal);
    assert.equal(await starting, 'STARTING');
    assert.equal((await window.cluster(ref(id), fixture.signal))?.state, 'running');
  });

  it('of others can be changed as well', async () => {
    const theirs = { projectId: 'p1', region: 'us-central1', cluster: { clusterName: 'theirs', config: {} } };
    fixture.emulator.clusters.create(theirs);
    const watching = window.onDidChange(() => undefined);
    const find = async () => (await all(window.clusters(fixture.signal))).find(({ name }) => name === 'theirs');
    const found = await until(find, (cluster) => cluster?.machinesResizable === true);
    watching.dispose();
    assert.ok(found?.resizable === false && !found.owned);
    await window.resizeMachines(
      ref(found.id),
      { kind: 'primary', count: 3, graceSeconds: 0 },
      () => undefined,
      fixture.signal,
    );
    const { primary } = await window.machines(ref(found.id), fixture.signal);
    assert.equal(primary.count, 3);
  });
});

const limits: Extract<DataprocProfile['scaling'], { kind: 'limits' }> = {
  ...{ kind: 'limits', machines: 'primary', minimum: 2, maximum: 5 },
  ...{ scaleUpFactor: 1, scaleDownFactor: 1, scaleUpMinFraction: 0, scaleDownMinFraction: 0 },
  ...{ cooldownSeconds: 86_400, gracefulDecommissionSeconds: 60 },
};

const ignore: (text: string) => void = () => undefined;

function workers(count: number): DataprocProfile['worker'] {
  return { machineType: 'n2-standard-4', diskType: 'pd-balanced', diskSizeGb: 100, localSsds: 0, count };
}
