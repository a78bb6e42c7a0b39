import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thisHost } from '../../../src/machine/host';
import { hostProcesses } from '../../../src/run/hostProcesses';
import { Ownership } from '../../../src/run/ownership';
import { FakeMachine } from '../../fakes/fakeProcesses';

describe('Owning a run', () => {
  let folder: string;
  let machine: FakeMachine;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dask-owner-'));
    machine = new FakeMachine();
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('goes to exactly one of many who try at once', async () => {
    const owners = Array.from({ length: 20 }, () => new Ownership(machine.boot().table));
    const taken = await Promise.all(owners.map((owner) => owner.takeOver(folder)));
    assert.equal(taken.filter(Boolean).length, 1);
    assert.deepEqual(await readdir(folder), ['owner.0']);
  });

  it('stays with a process that lives, and goes on when it has died, to one', async () => {
    const first = machine.boot();
    assert.equal(await new Ownership(first.table).takeOver(folder), true);
    const others = Array.from({ length: 5 }, () => new Ownership(machine.boot().table));
    assert.deepEqual(await Promise.all(others.map((other) => other.takeOver(folder))), Array(5).fill(false));
    first.kill();
    const taken = await Promise.all(others.map((other) => other.takeOver(folder)));
    assert.equal(taken.filter(Boolean).length, 1);
    assert.equal(await others[taken.indexOf(true)]?.ownerOf(folder), 'self');
    assert.equal(await others[taken.indexOf(false)]?.ownerOf(folder), 'other');
  });

  it('can be given up by who has it, and by nobody else', async () => {
    const one = new Ownership(machine.boot().table);
    const two = new Ownership(machine.boot().table);
    await one.takeOver(folder);
    await two.giveUp(folder);
    assert.equal(await one.ownerOf(folder), 'self');
    await one.giveUp(folder);
    assert.equal(await two.takeOver(folder), true);
    assert.equal(await one.ownerOf(folder), 'other');
  });

  it('stays with its machine when it is given up', async () => {
    const { table } = machine.boot();
    const away = { ...table, self: async () => ({ ...(await table.self()), host: 'node-b' }) };
    const one = new Ownership(away);
    // Only here, where it is not node-b, that owner is elsewhere.
    await one.takeOver(folder);
    const two = new Ownership(machine.boot().table);
    assert.equal(await two.ownerOf(folder), 'elsewhere');
    const ours = await mkdtemp(join(tmpdir(), 'dask-owner-'));
    const here = new Ownership({ ...table, self: async () => ({ ...(await table.self()), host: thisHost }) });
    await here.takeOver(ours);
    await here.giveUp(ours);
    assert.equal((JSON.parse(await readFile(join(ours, 'owner.0'), 'utf8')) as { host: string }).host, thisHost);
    assert.equal(await two.takeOver(ours), true);
    await rm(ours, { recursive: true });
  });

  it('waits for a file that is being written, and not for garbage that is old', async () => {
    const path = join(folder, 'owner.0');
    await writeFile(path, '{"pid":');
    const owner = new Ownership(machine.boot().table);
    assert.equal(await owner.ownerOf(folder), 'other');
    const old = new Date(Date.now() - 60_000);
    await utimes(path, old, old);
    assert.equal(await owner.takeOver(folder), true);
  });

  it('counts in numbers, not in letters', async () => {
    const dead = machine.boot();
    await new Ownership(dead.table).takeOver(folder);
    dead.kill();
    const nobody = JSON.stringify({ pid: 0, pidStart: '' });
    await writeFile(join(folder, 'owner.9'), nobody);
    await writeFile(join(folder, 'owner.10'), nobody);
    await new Ownership(machine.boot().table).takeOver(folder);
    assert.ok((await readdir(folder)).includes('owner.11'));
  });

  it('knows real processes', async () => {
    const self = await hostProcesses.self();
    assert.equal(await hostProcesses.isAlive(self), true);
    assert.equal(await hostProcesses.isAlive({ ...self, pidStart: 'earlier' }), false);
    assert.equal(await hostProcesses.isAlive({ pid: 0, pidStart: '' }), false);
  });
});
