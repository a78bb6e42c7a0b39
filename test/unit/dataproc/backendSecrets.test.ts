import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findWarmCluster } from '../../../src/run/warmCluster';
import { quickness } from '../../fakes/quickTime';
import { cloudProfile } from '../../fakes/stubJob';
import { BackendFixture, ref } from './backendFixture';
import { canary, rejection } from './google/fixture';

/** In a `.env` beside the script. */
const envCanary = 'canary-of-a-dotenv-5e1f';

describe('the Dataproc backend', () => {
  let fixture: BackendFixture;

  before(async () => {
    fixture = await BackendFixture.start();
  });

  afterEach(() => fixture.clear());

  after(() => fixture.close());

  it('shows no token and no .env in logs, uploads, URLs and files, also where calls fail', async () => {
    const urls: string[] = [];
    const { server } = fixture.emulator as unknown as {
      server: { parts: { services: { route(request: { message: { url?: string } }): unknown }[] } };
    };
    const [first] = server.parts.services;
    const route = first?.route.bind(first);
    if (first && route) {
      first.route = (request) => {
        urls.push(request.message.url ?? '');
        return route(request);
      };
    }
    const workspace = join(fixture.storage, 'workspace');
    await mkdir(workspace, { recursive: true });
    for (const name of ['.env', '.env.local', 'settings.env']) {
      await writeFile(join(workspace, name), `PASSWORD=${envCanary}\n`);
    }
    const window = fixture.window();
    const id = fixture.id();
    fixture.faults(
      {
        method: 'ClusterController.GetCluster',
        times: 1,
        error: { status: 'PERMISSION_DENIED', message: `No: ${canary}` },
      },
      { method: 'JobController.GetJob', times: 2, error: { status: 'UNAUTHENTICATED', message: `Not ${canary}` } },
    );
    const error = await rejection(fixture.create(window, id));
    assert.doesNotMatch(error.message, new RegExp(canary));
    const second = fixture.id();
    await fixture.create(window, second);
    const spec = await fixture.spec(second, { lines: 3 });
    const packaging = { include: ['**/*'], maxPackageBytes: 1e8 };
    await rejection(window.submitJob(ref(second), { ...spec, packaging }, second, fixture.signal));
    await window.submitJob(ref(second), { ...spec, packaging }, second, fixture.signal);
    await fixture.follow(window, second, second);
    await window.deleteCluster(ref(second), 'x', fixture.signal);

    const { store } = fixture.emulator;
    const places: [name: string, content: Buffer][] = [
      ['log', Buffer.from(fixture.log.lines.join('\n'))],
      ['URLs', Buffer.from(urls.join('\n'))],
    ];
    for (const bucket of store.buckets()) {
      for (const object of store.objects(bucket.name)) {
        places.push([`${bucket.name}/${object.name}`, await store.read(object)]);
      }
    }
    for (const entry of await readdir(fixture.storage, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && entry.parentPath !== workspace) {
        places.push([join(entry.parentPath, entry.name), await readFile(join(entry.parentPath, entry.name))]);
      }
    }
    assert.ok(urls.length > 20 && fixture.log.lines.length > 2 && places.length > 15, 'there is something to look at');
    assert.ok(
      places.some(([name]) => name.includes('/code/')),
      'the code',
    );
    for (const [name, content] of places) {
      // Archives are compressed: their names are in clear.
      assert.ok(!content.includes(canary) && !content.includes(envCanary), name);
      assert.ok(!name.includes('/code/') || !content.includes('.env'), name);
    }
  });

  it('uses a kept cluster again after a restart, from its records, for the same settings alone', async () => {
    const id = fixture.id();
    const own = fixture.window();
    await fixture.create(own, id, { afterRun: 'keep' }, { ephemeral: false });
    const ephemeral = fixture.id();
    await fixture.create(own, ephemeral);
    const counts = fixture.counting();
    const later = fixture.window();
    const warm = (more: Parameters<typeof cloudProfile>[0]) =>
      findWarmCluster(later, cloudProfile(more), later.interpreter, fixture.signal);
    assert.equal((await warm({}))?.id, id);
    assert.equal((await warm({ maxAgeSeconds: 7200, labels: { a: 'b' } }))?.id, id);
    assert.equal(await warm({ memoryLimit: '1GiB' }), undefined);
    // Each answer is a look at that cluster and one at its jobs: nobody watches, so that no clusters are listed.
    assert.deepEqual(counts(), { 'ClusterController.GetCluster': 4, 'JobController.ListJobs': 2 });
    await own.deleteCluster(ref(id), 'x', fixture.signal);
    assert.equal(await warm({}), undefined);
  });

  it('follows a job after a restart with nothing but what is on disk', async () => {
    const id = fixture.id();
    await fixture.create(fixture.window(), id);
    await fixture.submit(fixture.window(), id, id, { lines: 4, exit: 2 });
    const { job } = await fixture.follow(fixture.window(), id, id);
    assert.equal(job.exitCode, 2);
    await fixture.window().deleteCluster(ref(id), 'x', fixture.signal);
    assert.deepEqual(fixture.there(id), []);
  });

  it('asks Google nothing while nobody looks', async () => {
    const id = fixture.id();
    const window = fixture.window();
    await fixture.create(window, id, {}, { ephemeral: false });
    window.onDidChange(() => undefined).dispose();
    const counts = fixture.counting();
    // Of the product's time 40 s.
    await new Promise((wake) => setTimeout(wake, 40_000));
    assert.deepEqual(counts(), {});
    const began = performance.now();
    const watching = window.onDidChange(() => void drain(window.clusters(fixture.signal)));
    await new Promise((wake) => setTimeout(wake, 25_000));
    watching.dispose();
    // A machine that is busy wakes late.
    const seconds = ((performance.now() - began) * quickness) / 1000;
    assert.deepEqual(Object.keys(counts()), ['ClusterController.ListClusters']);
    const seen = counts();
    assert.ok((seen['ClusterController.ListClusters'] ?? 0) <= 1 + seconds / 10, JSON.stringify([seen, seconds]));
    await new Promise((wake) => setTimeout(wake, 25_000));
    assert.deepEqual(counts(), seen);
  });
});

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) {
    assert.ok(item);
  }
}
