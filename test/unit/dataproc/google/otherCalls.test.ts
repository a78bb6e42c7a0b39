import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { RestGoogleApi } from '../../../../src/dataproc/google/restGoogleApi';
import { RecordingLogger } from '../../../fakes/recordingLogger';
import { canary, googleError, GoogleFixture, ListedAccess, place, rejection, whileSilent } from './fixture';

describe('dataproc: Logging, Compute and the network', () => {
  let google: GoogleFixture;
  before(async () => {
    google = await GoogleFixture.start();
  });
  afterEach(() => {
    google.emulator.faults.clear();
  });
  after(() => google.close());

  const apiAt = (endpoint: string): RestGoogleApi =>
    new RestGoogleApi({ endpoint, access: new ListedAccess(), logger: new RecordingLogger() });

  it('lists entries of a log, oldest first, with machine and text', async () => {
    await google.running('logged');
    google.emulator.store.addBucket('code', 'p1', 'us-central1');
    await google.emulator.store.put('code', 'init.sh', '#!/bin/bash\necho first; echo second\n');
    await google.running('with-init', { initializationActions: [{ executableFile: 'gs://code/init.sh' }] });
    const filter =
      'resource.type="cloud_dataproc_cluster" AND resource.labels.cluster_name="with-init" AND logName="projects/p1/logs/google.dataproc.startup"';
    const lists = google.counting('logging.entries.list');
    const entries = await google.api.logging.entries('p1', filter, 2, google.signal);
    equal(lists(), 1, 'one page');
    equal(entries.length, 2);
    const [one, two] = entries;
    deepEqual([one?.text, two?.text], ['first', 'second']);
    match(one?.machine ?? '', /^with-init-/);
    ok(one?.insertId !== two?.insertId && (one?.timestamp ?? '') <= (two?.timestamp ?? ''));
    google.faults({ method: 'logging.entries.list', error: { status: 'RESOURCE_EXHAUSTED' } });
    const refused = await googleError(google.api.logging.entries('p1', filter, 2, google.signal));
    deepEqual([refused.code, refused.status, lists()], ['RESOURCE_EXHAUSTED', 429, 2]);
  });

  it('reads places and machines of an account, one call each', async () => {
    const { compute } = google.api;
    const regions = await compute.regions('p1', google.signal);
    ok(regions.includes('us-central1') && regions.includes('europe-west1'));
    const zones = await compute.zones(place, google.signal);
    ok(zones.length > 1 && zones.every((zone) => zone.startsWith('us-central1-')));
    const types = await compute.machineTypes('p1', zones[0] ?? '', google.signal);
    deepEqual(
      types.find(({ name }) => name === 'n2-standard-4'),
      { name: 'n2-standard-4', cores: 4, memoryMb: 16_384 },
    );
    const subnetworks = await compute.subnetworks(place, google.signal);
    deepEqual(subnetworks, [
      { name: 'default', network: 'default', privateGoogleAccess: true },
      { name: 'no-google-access', network: 'no-google-access', privateGoogleAccess: false },
    ]);
    deepEqual(
      ['regions', 'zones', 'machineTypes', 'subnetworks'].map((kind) => google.calls(`compute.${kind}.list`)),
      [1, 1, 1, 1],
    );
    const error = await googleError(compute.machineTypes('p1', 'nowhere-z', google.signal));
    equal(error.status, 404);
    match(error.message, /nowhere-z/);
  });

  it('says that a host refuses or is not known at once, with the cause', async () => {
    const closed = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo;
        server.close(() => resolve(port));
      });
    });
    for (const [endpoint, code] of [
      [`http://127.0.0.1:${closed}`, 'ECONNREFUSED'],
      ['http://nobody.invalid', 'ENOTFOUND|EAI_AGAIN'],
    ] as const) {
      const begun = Date.now();
      const error = await googleError(apiAt(endpoint).compute.regions('p1', google.signal));
      deepEqual([error.code, error.status], ['UNAVAILABLE', undefined]);
      match((error.cause as NodeJS.ErrnoException).code ?? '', new RegExp(code));
      ok(code !== 'ECONNREFUSED' || Date.now() - begun < whileSilent);
    }
  });

  it('does not call a failure of certificates one that passes, and makes no second call', async () => {
    // What answers here is no TLS at all; node names certificates in the same way.
    let connections = 0;
    const server: Server = createServer((socket) => {
      connections += 1;
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const error = await googleError(
      apiAt(`https://127.0.0.1:${(server.address() as AddressInfo).port}`).compute.regions('p1', google.signal),
    );
    deepEqual([error.code, connections], [undefined, 1]);
    match((error.cause as NodeJS.ErrnoException).code ?? '', /EPROTO|SSL|TLS/);
    server.close();
  });

  it("hands out a token for others, and shows none of a service's own words that hold it", async () => {
    equal(await google.api.token(google.signal), canary);
    google.faults({ method: 'compute.regions.list', error: { status: 'INVALID_ARGUMENT', message: `Bad ${canary}` } });
    const error = await rejection(google.api.compute.regions('p1', google.signal));
    ok(!error.message.includes('canary'), error.message);
    ok(!google.log.lines.join().includes('canary'));
  });
});
