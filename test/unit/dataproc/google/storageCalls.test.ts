import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Crc32c } from '../../../../src/dataproc/google/crc32c';
import { RestGoogleApi } from '../../../../src/dataproc/google/restGoogleApi';
import { seededRandom } from '../../../fakes/seededRandom';
import { RecordingLogger } from '../../../fakes/recordingLogger';
import { googleError, GoogleFixture, ListedAccess, place, rejection, until, whileSilent } from './fixture';

const large = 9 * 1024 * 1024;

describe('dataproc: Storage over REST', () => {
  let google: GoogleFixture;
  let folder: string;
  before(async () => {
    google = await GoogleFixture.start();
    google.emulator.store.addBucket('b', 'p1', 'us-central1');
    folder = await mkdtemp(join(tmpdir(), 'dask-upload-'));
  });
  afterEach(() => {
    google.emulator.faults.clear();
  });
  after(async () => {
    await google.close();
    await rm(folder, { recursive: true });
  });

  const put = (name: string, content: Uint8Array | { path: string }, signal = google.signal): Promise<void> =>
    google.api.storage.put('b', name, content, 'application/octet-stream', signal);
  const get = async (name: string): Promise<string | undefined> => {
    const bytes = await google.api.storage.get('b', name, google.signal);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString('latin1');
  };
  /** Blocks that differ by their numbers, so that one in another's place is seen. */
  const random = (size: number, seed = 1): Buffer => {
    const next = seededRandom(seed);
    const bytes = Buffer.alloc(size, Buffer.from(Uint8Array.from({ length: 4096 }, () => next() * 256)));
    for (let at = 0; at + 4 <= size; at += 4096) {
      bytes.writeUInt32LE(at, at);
    }
    return bytes;
  };

  it('makes a bucket where it is missing, in the region, and says so', async () => {
    const { storage } = google.api;
    equal(await storage.ensureBucket(place, 'made', {}, google.signal), true);
    equal(google.emulator.store.bucket('made')?.location.toLowerCase(), 'us-central1');
    const inserts = google.counting('storage.buckets.insert');
    equal(await storage.ensureBucket(place, 'made', {}, google.signal), false);
    equal(inserts(), 0);
    google.faults({ method: 'storage.buckets.insert', lose: 'response' });
    await storage.ensureBucket(place, 'made-lost', {}, google.signal);
    ok(google.emulator.store.bucket('made-lost') !== undefined);
    const error = await googleError(storage.ensureBucket(place, 'NO', {}, google.signal));
    deepEqual([error.status, error.code], [400, undefined]);
    match(error.message, /Invalid bucket name/);
  });

  it('puts bytes in one call, and reads them', async () => {
    const inserts = google.counting('storage.objects.insert');
    const content = random(100_000);
    await put('dask-runner/a b/ü%.bin', content);
    equal(inserts(), 1);
    equal(await get('dask-runner/a b/ü%.bin'), content.toString('latin1'));
    equal(await google.api.storage.size('b', 'dask-runner/a b/ü%.bin', google.signal), content.length);
    await put('empty', new Uint8Array());
    equal(await get('empty'), '');
  });

  it('leaves what is there, and tells other content from the same', async () => {
    await put('once', Buffer.from('one'));
    const generation = google.emulator.store.object('b', 'once')?.generation;
    const inserts = google.counting('storage.objects.insert');
    await put('once', Buffer.from('one'));
    equal(inserts(), 1);
    equal(google.emulator.store.object('b', 'once')?.generation, generation);
    const error = await googleError(put('once', Buffer.from('two')));
    deepEqual([error.status, error.code], [412, 'ALREADY_EXISTS']);
    equal(await get('once'), 'one');
  });

  it('puts an object once where the answer is lost', async () => {
    google.faults({ method: 'storage.objects.insert', lose: 'response' });
    await put('lost', Buffer.from('lost and found'));
    equal(await get('lost'), 'lost and found');
  });

  it('sends a large file in two calls', async () => {
    const content = random(large);
    const path = join(folder, 'large.bin');
    await writeFile(path, content);
    const inserts = google.counting('storage.objects.insert');
    await put('large', { path });
    equal(inserts(), 2);
    equal(await get('large'), content.toString('latin1'));
    await put('large', { path });
    equal(google.emulator.store.object('b', 'large')?.size, large);
  });

  it('goes on where a large upload broke off', async () => {
    const content = random(large, 2);
    for (const [name, ...rules] of [
      ['broken-start', { skip: 1, lose: 'request' }],
      ['broken-end', { skip: 1, lose: 'response' }],
      ['broken-service', { skip: 1, error: { status: 'UNAVAILABLE' } }],
      ['broken-twice', { skip: 1, lose: 'request', times: 3 }],
    ] as const) {
      google.faults(...rules.map((rule) => ({ method: 'storage.objects.insert', ...rule })));
      await put(name, content);
      equal(await get(name), content.toString('latin1'), name);
      google.emulator.faults.clear();
    }
    google.faults({ method: 'storage.objects.insert', skip: 1, lose: 'request', times: 0 });
    equal((await googleError(put('never', content))).code, 'UNAVAILABLE');
    google.emulator.faults.clear();
    equal(await get('never'), undefined);
  });

  it('sends only what was not kept, after a break in the middle', async () => {
    const content = random(large, 3);
    const keeps = 4 * 1024 * 1024;
    const received = Buffer.alloc(large);
    const ranges: string[] = [];
    const server = createServer((request, response) => {
      const range = request.headers['content-range'];
      if (range === undefined) {
        request.resume().on('end', () => response.writeHead(200, { Location: `${endpoint}/session` }).end());
        return;
      }
      ranges.push(range);
      if (range.startsWith('bytes */')) {
        request.resume().on('end', () => response.writeHead(308, { Range: `bytes=0-${keeps - 1}` }).end());
        return;
      }
      let at = Number(/^bytes (\d+)-/.exec(range)?.[1]);
      request
        .on('error', () => undefined)
        .on('data', (part: Buffer) => {
          at += part.copy(received, at);
          if (ranges.length === 1 && at >= keeps) {
            request.destroy();
          }
        });
      request.on('end', () => {
        const object = JSON.stringify({ crc32c: new Crc32c().update(received).digest() });
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(object);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const api = new RestGoogleApi({ endpoint, access: new ListedAccess(), logger: new RecordingLogger() });
    await api.storage.put('b', 'o', content, 'application/octet-stream', google.signal);
    ok(received.equals(content));
    const last = large - 1;
    deepEqual(ranges, [`bytes 0-${last}/${large}`, `bytes */${large}`, `bytes ${keeps}-${last}/${large}`]);
    server.close();
  });

  it('sends again what the service refuses for its checksum, and says so where it is always', async () => {
    const { store } = google.emulator;
    const original = store.put.bind(store);
    let broken = 1;
    // The last byte is another one when it arrives.
    store.put = async (bucket, name, content, options) => {
      const bytes = Buffer.isBuffer(content) ? Buffer.from(content) : await buffer(Readable.from(content));
      if (broken > 0) {
        broken -= 1;
        bytes[bytes.length - 1]! ^= 1;
      }
      return original(bucket, name, bytes, options);
    };
    try {
      await put('again', Buffer.from('as it was'));
      equal((await get('again'))?.toString(), 'as it was');
      broken = 10;
      match((await googleError(put('never', Buffer.from('as it was')))).message, /damaged on its way, 3 times/);
      equal(broken, 7);
    } finally {
      store.put = original;
    }
    equal(await get('never'), undefined);
  });

  it('deletes an object that was damaged on its way', async () => {
    const other = Buffer.from('damaged');
    const store = google.emulator.store;
    const original = store.put.bind(store);
    store.put = (bucket, name, content, options) =>
      // After what the service itself checks.
      original(bucket, name, ...(name === 'damaged' ? ([other, {}] as const) : ([content, options] as const)));
    try {
      const error = await googleError(put('damaged', Buffer.from('as it was')));
      match(error.message, /damaged/);
    } finally {
      store.put = original;
    }
    equal(await get('damaged'), undefined);
  });

  it('does not take what was damaged on the way here', async () => {
    await put('sound', Buffer.from('sound'));
    const object = google.emulator.store.object('b', 'sound');
    await writeFile(object?.file ?? '', 'SOUND');
    match((await googleError(google.api.storage.get('b', 'sound', google.signal))).message, /damaged/);
  });

  it('answers undefined for what is not there, and deletes what may be gone', async () => {
    equal(await get('nothing'), undefined);
    equal(await google.api.storage.size('b', 'nothing', google.signal), undefined);
    await put('gone', Buffer.from('x'));
    await google.api.storage.delete('b', 'gone', google.signal);
    await google.api.storage.delete('b', 'gone', google.signal);
    equal(await get('gone'), undefined);
    google.faults({ method: 'storage.objects.delete', error: { status: 'PERMISSION_DENIED', message: 'No.' } });
    const error = await googleError(google.api.storage.delete('b', 'gone', google.signal));
    deepEqual([error.status, error.message], [403, 'No.']);
  });

  it('reads the output of a job from any byte, each call once', async () => {
    const output = google.api.storage.output('b');
    for (const index of [0, 1, 2]) {
      await put(`job/driveroutput.00000000${index}`, Buffer.from(`chunk ${index}`));
    }
    deepEqual(await output.list('job/driveroutput.', 'job/driveroutput.000000001', google.signal), [
      { name: 'job/driveroutput.000000001', size: 7 },
      { name: 'job/driveroutput.000000002', size: 7 },
    ]);
    equal(await output.size('job/driveroutput.000000000', google.signal), 7);
    equal(await output.size('job/driveroutput.000000009', google.signal), undefined);
    const read = async (from: number, to: number): Promise<string> => {
      const parts: Uint8Array[] = [];
      for await (const part of output.read('job/driveroutput.000000002', from, to, google.signal)) {
        parts.push(part);
      }
      return Buffer.concat(parts).toString();
    };
    equal(await read(2, 6), 'unk ');
    equal(await read(0, 100), 'chunk 2');
    equal(await read(7, 9), '');
    google.faults({ method: 'storage.objects.*', lose: 'request', times: 0 });
    const [lists, downloads] = [google.counting('storage.objects.list'), google.counting('storage.objects.download')];
    equal((await googleError(output.list('job/', '', google.signal))).code, 'UNAVAILABLE');
    equal((await googleError(read(0, 1))).code, 'UNAVAILABLE');
    deepEqual([lists(), downloads()], [1, 1]);
  });

  it('keeps what came of a read that breaks off', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(206, { 'Content-Length': '10' });
      response.write('12345', () => setTimeout(() => response.destroy(), 20));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const api = new RestGoogleApi({ endpoint, access: new ListedAccess(), logger: new RecordingLogger() });
    let text = '';
    const reading = (async () => {
      for await (const part of api.storage.output('b').read('o', 0, 10, google.signal)) {
        text += Buffer.from(part).toString();
      }
    })();
    equal((await googleError(reading)).code, 'UNAVAILABLE');
    equal(text, '12345');
    server.close();
  });

  it('ends uploads and downloads at once when they are cancelled', async () => {
    await put('slow', Buffer.from('slow'));
    for (const [method, call] of [
      ['storage.objects.insert', (signal: AbortSignal) => put('cancelled', random(large), signal)],
      ['storage.objects.download', (signal: AbortSignal) => google.api.storage.get('b', 'slow', signal)],
      ['storage.objects.list', (signal: AbortSignal) => google.api.storage.output('b').list('', '', signal)],
    ] as const) {
      google.faults({ method, latencyMilliseconds: 30_000, times: 0 });
      const count = google.counting(method);
      const stop = new AbortController();
      const ended = rejection(call(stop.signal));
      await until(count, (value) => value === 1);
      const begun = Date.now();
      stop.abort();
      equal((await ended).name, 'CancelledError');
      ok(Date.now() - begun < whileSilent);
    }
  });

  it('sends its token to no other host, whatever the service names', async () => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(200, { Location: 'http://localhost:9/elsewhere' }).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const api = new RestGoogleApi({ endpoint, access: new ListedAccess(), logger: new RecordingLogger() });
    const error = await googleError(api.storage.put('b', 'o', random(large), 'text/plain', google.signal));
    match(error.message, /no place/);
    server.close();
  });

  it('has shown neither a token nor the place of an upload', () => {
    const lines = google.log.lines.join('\n');
    ok(lines.includes('/upload/storage/v1/b/b/o'));
    ok(!lines.includes('canary') && !lines.includes('upload_id'));
  });
});
