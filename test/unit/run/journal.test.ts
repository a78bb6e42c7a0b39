import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal, readJournal } from '../../../src/run/journal';
import type { Entry } from '../../../src/run/journal';

describe('The journal of a run', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dask-journal-'));
    path = join(folder, 'journal.jsonl');
  });

  afterEach(() => rm(folder, { recursive: true }));

  const cluster = { backend: 'local', id: 'c' } as const;
  const entries: Entry[] = [
    { act: 'createCluster', cluster, name: 'local', interpreter: '/p' },
    { act: 'submit', cluster, name: 'local', reused: true, interpreter: '/p', release: true },
    { act: 'submitted', startedAt: 7 },
    {
      act: 'ended',
      state: 'failed',
      startedAt: 7,
      endedAt: 9,
      exitCode: 3,
      signal: 'SIGINT',
      error: {
        code: 'x',
        message: 'No.',
        location: { file: '/x.py', line: 2 },
        buttons: [{ title: 'Show Log', action: { kind: 'showLog' } }],
      },
    },
    { act: 'released', clusterEndReason: 'The run ended.', report: 'r.html', reportMissing: 'No Bokeh.', leftOver: 3 },
  ];

  it('gives back what was written, with its time', async () => {
    const journal = new Journal(path, () => 1_000);
    for (const entry of entries) {
      await journal.append(entry);
    }
    assert.deepEqual(
      await readJournal(path),
      entries.map((entry) => ({ ...entry, at: 1_000 })),
    );
  });

  it('keeps the order of entries that are written at once', async () => {
    const journal = new Journal(path, Date.now);
    await Promise.all(entries.map((entry, index) => journal.append(entry, { flush: index % 2 === 0 })));
    assert.deepEqual(
      (await readJournal(path)).map(({ act }) => act),
      entries.map(({ act }) => act),
    );
  });

  it('does not join a line that a killed writer left half', async () => {
    await new Journal(path, Date.now).append({ act: 'submitted', startedAt: 1 });
    await appendFile(path, '{"at":"2026-11-24T06:11:33.123Z","act":"rele');
    await new Journal(path, Date.now).append({ act: 'submitted', startedAt: 2 });
    assert.deepEqual(
      (await readJournal(path)).map((entry) => entry.act === 'submitted' && entry.startedAt),
      [1, 2],
    );
  });

  it('tells when it cannot be written, and goes on when it can', async () => {
    const journal = new Journal(join(folder, 'later', 'journal.jsonl'), Date.now);
    await assert.rejects(journal.append({ act: 'submitted', startedAt: 1 }), { code: 'ENOENT' });
    const other = new Journal(path, Date.now);
    await other.append({ act: 'submitted', startedAt: 1 });
    assert.equal((await readJournal(path)).length, 1);
  });

  it('is for the user alone', async function () {
    if (process.platform === 'win32') {
      this.skip();
    }
    await new Journal(path, Date.now).append({ act: 'submitted', startedAt: 1 });
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });
});
