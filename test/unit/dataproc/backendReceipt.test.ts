import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataprocProfile } from '../../../src/core/dataprocProfile';
import { UserError } from '../../../src/core/errors';
import type { Receipt } from '../../../src/core/receipt';
import { cloudProfile } from '../../fakes/stubJob';
import { BackendFixture } from './backendFixture';
import { rejection } from './google/fixture';
import { writeFiles, type Files } from './packaging/project';

describe('The receipt of a run on Dataproc', () => {
  let fixture: BackendFixture;
  let folders = 0;

  before(async () => {
    fixture = await BackendFixture.start();
  });

  after(() => fixture.close());

  const workspace = async (files: Files): Promise<string> => {
    folders += 1;
    const folder = join(fixture.storage, `workspace${folders}`);
    await mkdir(folder, { recursive: true });
    await writeFiles(folder, files);
    return folder;
  };

  const requirements = async (name: string, text: string): Promise<Partial<DataprocProfile>> => {
    const folder = await workspace({});
    await writeFile(join(folder, name), text);
    return { environmentSource: { kind: 'requirements', files: [join(folder, name)] } };
  };

  const receipt = async (more: Partial<DataprocProfile>, files: Files = {}, reused?: string): Promise<Receipt> => {
    const workspaceFolder = await workspace({ 'main.py': '', ...files });
    const target = { kind: 'file' as const, path: join(workspaceFolder, 'main.py') };
    return fixture.window().receipt({ target, workspaceFolder, profile: cloudProfile(more), reused }, fixture.signal);
  };

  it('is refused with file and line where the machines cannot have the packages, before any call', async () => {
    const more = await requirements('requirements.txt', 'humanize\n-e .\n');
    const calls = fixture.counting();
    const error = await rejection(receipt(more));
    assert.ok(error instanceof UserError && error.code === 'requirementsNotInstallable', String(error));
    assert.match(error.message, /requirements\.txt, line 2: "-e \."/);
    const id = fixture.id();
    const again = await rejection(fixture.create(fixture.window(), id, more));
    assert.ok(again instanceof UserError && again.code === error.code, String(again));
    assert.deepEqual([calls(), fixture.there(id)], [{}, []]);
  });

  it('says where packages of a lock come from, in the log too', async () => {
    const lock =
      '[[packages]]\nname = "acme"\nvcs = { type = "git", url = "https://git.example/a.git", commit-id = "0" }\n';
    const more = await requirements('pylock.toml', lock);
    const said = 'Installs from where pylock.toml says: acme from https://git.example/a.git.';
    assert.deepEqual((await receipt(more)).notes, [said]);
    assert.ok(JSON.stringify(fixture.log).includes(said));
    // A cluster that is there has its packages.
    assert.deepEqual((await receipt(more, {}, 'warm')).notes, []);
  });

  it('names files that the script names and that are not uploaded', async () => {
    const files = { 'main.py': 'print(open("config.yaml").read())', 'config.yaml': 'a: 1' };
    assert.deepEqual((await receipt({}, files)).notes, [
      'Does not upload files that the code names: config.yaml (main.py, line 1): add what the run needs to "include" in the profile.',
    ]);
    assert.deepEqual((await receipt({ include: ['config.yaml'] }, files, 'warm')).notes, []);
  });

  it('of a cluster that is made by hand tells its machines and when they go, and uploads nothing', async () => {
    const wanted = { target: undefined, workspaceFolder: undefined, profile: cloudProfile({}), reused: undefined };
    const { place, upload, notUploaded, machines, end } = await fixture.window().receipt(wanted, fixture.signal);
    assert.match(place, /^Project p1 in us-central1/);
    assert.deepEqual([upload, notUploaded], [undefined, []]);
    assert.match(machines.join(), /^Creates 1 master /);
    assert.equal(end[0], 'The cluster stays until you shut it down.');
    assert.match(end[1] ?? '', /^In any case Google deletes it after .* without work, and .* after its start\.$/);
  });
});
