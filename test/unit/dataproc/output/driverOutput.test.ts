import assert from 'node:assert/strict';
import { DriverOutput } from '../../../../src/dataproc/output/driverOutput';
import { followOutput } from '../../../../src/dataproc/output/followOutput';
import { seededRandom } from '../../../fakes/seededRandom';
import { GrowingBucket } from './growingBucket';

const prefix = 'google-cloud-dataproc-metainfo/uuid/jobs/job/driveroutput';
const signal = new AbortController().signal;

/** What is on this machine: bytes written at places, as to a file. */
class Disk {
  bytes = Buffer.alloc(0);
  /** Times that the disk is full in the middle of a write. */
  full = 0;

  write = async (bytes: Uint8Array, at: number): Promise<void> => {
    assert.ok(at <= this.bytes.length, 'no hole');
    const taken = this.full > 0 ? Math.floor(bytes.length / 2) : bytes.length;
    this.bytes = Buffer.concat([this.bytes.subarray(0, at), bytes.subarray(0, taken)]);
    if (taken < bytes.length) {
      this.full -= 1;
      throw new Error('No space is left');
    }
    return Promise.resolve();
  };
}

function outputOf(store: GrowingBucket, disk: Disk): DriverOutput {
  return new DriverOutput({ store, prefix, kept: disk.bytes.length, write: disk.write });
}

function bucket(objectBytes = 1000, seed = 1): GrowingBucket {
  return new GrowingBucket(prefix, objectBytes, seededRandom(seed));
}

describe('The output of a Dataproc job', () => {
  it('is nothing until there is an object, and ends with an empty one', async () => {
    const [store, disk] = [bucket(), new Disk()];
    const output = outputOf(store, disk);
    assert.equal(await output.poll(signal), 'open');
    store.write(Buffer.from('one\n'));
    assert.equal(await output.poll(signal), 'open');
    store.write(Buffer.from('two\n'));
    assert.equal(await output.poll(signal), 'open');
    store.close();
    assert.equal(await output.poll(signal), 'ended');
    assert.equal(disk.bytes.toString(), 'one\ntwo\n');
  });

  it('takes one call while nothing comes, and does not read again what it has', async () => {
    const [store, disk] = [bucket(), new Disk()];
    const output = outputOf(store, disk);
    store.write(Buffer.alloc(2500, 'x'));
    await output.poll(signal);
    store.calls = { list: 0, size: 0, read: 0 };
    await output.poll(signal);
    assert.deepEqual(store.calls, { list: 1, size: 0, read: 0 });
  });

  /** Calls for each poll while a job prints in this rhythm, `true` where it has before a poll. */
  async function callsFor(rhythm: (poll: number) => boolean, objectBytes = 100_000): Promise<number> {
    const [store, disk] = [bucket(objectBytes), new Disk()];
    const output = outputOf(store, disk);
    const polls = 240;
    let written = 0;
    for (let poll = 0; poll < polls; poll += 1) {
      if (rhythm(poll)) {
        const line = Buffer.from(`line ${poll}\n`);
        store.write(line);
        written += line.length;
      }
      await output.poll(signal);
      // Late by one poll at most, and only where one object follows another.
      assert.ok(disk.bytes.length === written || store.objects.length > 1);
    }
    const { list, size, read } = store.calls;
    return (list + size + read) / polls;
  }

  it('takes about one call for each poll while a job prints all the time, or never', async () => {
    assert.ok((await callsFor(() => true)) < 1.05);
    assert.ok((await callsFor(() => false)) === 1);
    assert.ok((await callsFor((poll) => poll % 60 < 30)) < 1.1);
    assert.ok((await callsFor(() => true, 500)) < 1.2);
  });

  it('takes no more than a list and a read for each time that something comes, in any rhythm', async () => {
    assert.ok((await callsFor((poll) => poll % 2 === 0)) <= 1.5);
    assert.ok((await callsFor((poll) => poll % 3 === 0)) <= 1.34);
    assert.ok((await callsFor((poll) => poll % 3 !== 0)) <= 2);
  });

  it('looks for the next object before one is full, once it knows how long they are', async () => {
    const [store, disk] = [bucket(100), new Disk()];
    const output = outputOf(store, disk);
    let late = 0;
    for (let poll = 0; poll < 200; poll += 1) {
      store.write(Buffer.from(`line ${String(poll).padStart(3, '0')}\n`));
      await output.poll(signal);
      late += disk.bytes.length < (poll + 1) * 9 ? 1 : 0;
    }
    assert.ok(late <= 1, `${late} polls brought less than there was`);
  });

  it('goes on in the middle of an object after what an earlier window kept', async () => {
    const store = bucket();
    const text = Buffer.from(Array.from({ length: 700 }, (_, number) => `line ${number}\n`).join(''));
    store.write(text);
    for (const kept of [0, 1, 999, 1000, 1001, 3333, text.length]) {
      const disk = new Disk();
      disk.bytes = text.subarray(0, kept);
      const output = outputOf(store, disk);
      await output.poll(signal);
      assert.deepEqual(disk.bytes, text, `after ${kept} bytes`);
    }
  });

  it('is whole where an object grew between what a listing saw of it and of the next', async () => {
    const [store, disk] = [bucket(10), new Disk()];
    const output = outputOf(store, disk);
    store.write(Buffer.from('12345'));
    store.whileListing = () => {
      store.whileListing = () => undefined;
      store.write(Buffer.from('67890abc'));
    };
    await output.poll(signal);
    await output.poll(signal);
    assert.equal(disk.bytes.toString(), '1234567890abc');
  });

  it('says so where it became shorter than what was read', async () => {
    const [store, disk] = [bucket(), new Disk()];
    const output = outputOf(store, disk);
    store.write(Buffer.from('12345'));
    await output.poll(signal);
    store.objects[0] = Buffer.from('123');
    await assert.rejects(output.poll(signal), /driveroutput\.000000000 holds 3 bytes, fewer than the 5/);
    assert.equal(disk.bytes.toString(), '12345');
  });

  it('stops in the middle of a read when it is told to, with what it has kept', async () => {
    const [store, disk] = [bucket(100_000), new Disk()];
    store.write(Buffer.alloc(50_000, 'é'));
    const stop = new AbortController();
    const output = new DriverOutput({
      store,
      prefix,
      kept: 0,
      write: async (bytes, at) => {
        await disk.write(bytes, at);
        stop.abort();
      },
    });
    await assert.rejects(output.poll(stop.signal), { name: 'AbortError' });
    assert.equal(output.kept, disk.bytes.length);
    await outputOf(store, disk).poll(signal);
    assert.deepEqual(disk.bytes, Buffer.alloc(50_000, 'é'));
  });

  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    it(`comes once, byte by byte, through lost connections, full disks and restarts (${seed})`, async () => {
      const random = seededRandom(seed);
      const store = bucket(1 + Math.floor(random() * 3000), seed + 100);
      const [disk, written] = [new Disk(), [] as Buffer[]];
      let output = outputOf(store, disk);
      store.faults = 0.2;
      for (let round = 0; round < 400; round += 1) {
        if (random() < 0.6) {
          // Multi-byte characters, at borders of objects and of reads.
          const bytes = Buffer.from('añ🙂\n'.repeat(1 + Math.floor(random() * 200)));
          written.push(bytes);
          store.write(bytes);
        }
        disk.full = random() < 0.1 ? 1 : 0;
        await output.poll(signal).catch((error: unknown) => assert.match(String(error), /lost|space/));
        if (random() < 0.1) {
          output = outputOf(store, disk);
        }
      }
      store.close();
      [store.faults, disk.full] = [0, 0];
      // A disk that was full may hold the beginning of a write: it is written over.
      while ((await output.poll(signal)) !== 'ended');
      assert.deepEqual(disk.bytes, Buffer.concat(written));
    });
  }
});

describe('Following the output of a Dataproc job', () => {
  class World {
    time = 0;
    over = false;
    polls: number[] = [];
    troubles: unknown[] = [];
    answers: (() => 'open' | 'ended')[] = [];

    follow(): Promise<'whole' | 'cut'> {
      return followOutput(
        {
          output: {
            kept: 0,
            poll: () => {
              this.polls.push(this.time);
              return Promise.resolve().then(this.answers.shift() ?? (() => 'open'));
            },
          },
          over: () => this.over,
          onTrouble: (error) => this.troubles.push(error),
          now: () => this.time,
          wait: (milliseconds) => {
            this.time += milliseconds;
            return Promise.resolve();
          },
        },
        signal,
      );
    }
  }

  it('looks once a second, and is whole when the service has closed it', async () => {
    const world = new World();
    world.answers = [() => 'open', () => 'open', () => 'ended'];
    assert.equal(await world.follow(), 'whole');
    assert.deepEqual(world.polls, [0, 1000, 2000]);
  });

  it('waits ten seconds more for the end of a job that is over', async () => {
    const world = new World();
    world.over = true;
    assert.equal(await world.follow(), 'cut');
    assert.equal(world.polls.at(-1), 10_000);
  });

  it('goes on through errors, more and more slowly, and tells of them once', async () => {
    const world = new World();
    const lost = (): never => {
      throw new Error('No network');
    };
    world.over = true;
    world.answers = [lost, lost, lost, lost, lost, lost, () => 'open', () => 'ended'];
    assert.equal(await world.follow(), 'whole');
    assert.deepEqual(world.polls, [0, 1000, 3000, 7000, 15_000, 25_000, 35_000, 36_000]);
    assert.deepEqual(
      world.troubles.map((error) => error instanceof Error && error.message),
      ['No network', false],
    );
  });

  it('ends with an output that has become shorter', async () => {
    const world = new World();
    world.answers = [
      () => {
        throw new RangeError('shorter');
      },
    ];
    await assert.rejects(world.follow(), /shorter/);
  });
});
