import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { LocalFixture, never } from './fixture';

describe('deleting a local cluster that failed', () => {
  let fixture: LocalFixture;
  beforeEach(async () => {
    fixture = await LocalFixture.create();
  });
  afterEach(() => fixture.dispose());

  const write = async (id: string, spec: object, state: string): Promise<void> => {
    const folder = join(fixture.storage, 'clusters', id);
    await mkdir(folder, { recursive: true });
    const times = { createdAt: new Date().toISOString(), endedAt: new Date().toISOString() };
    await writeFile(join(folder, 'spec.json'), JSON.stringify({ version: 1, id, ...times, ...spec }));
    await writeFile(join(folder, 'state.json'), JSON.stringify({ version: 1, id, ...times, state }));
  };

  it('takes it off the list, and leaves what has logs that a run shows', async () => {
    await write('by-hand', { ephemeral: false }, 'failed');
    await write('of-a-run', { ephemeral: true, runId: 'of-a-run' }, 'failed');
    await write('ended-well', { ephemeral: false }, 'closed');
    const backend = fixture.backend();
    for (const id of ['by-hand', 'of-a-run', 'ended-well']) {
      await backend.deleteCluster({ backend: 'local', id }, 'You removed it.', never);
    }
    assert.deepEqual((await readdir(join(fixture.storage, 'clusters'))).sort(), ['ended-well', 'of-a-run']);
  });
});
