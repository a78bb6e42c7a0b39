import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newRunId } from '../../../src/run/runId';
import { RunStore } from '../../../src/run/runStore';
import { RecordingLogger } from '../../fakes/recordingLogger';
import { requestFor } from '../../fakes/fakeWindow';
import { eventually } from '../../fakes/scene';

describe('The store of runs', () => {
  let storage: string;
  let store: RunStore;
  let time = Date.parse('2026-11-24T06:11:33.123Z');

  beforeEach(async () => {
    storage = await mkdtemp(join(tmpdir(), 'dask-store-'));
    store = new RunStore(storage, new RecordingLogger());
  });

  afterEach(async () => {
    store.dispose();
    await rm(storage, { recursive: true });
  });

  async function write(files: Record<string, string>): Promise<string> {
    const id = newRunId(time++);
    await mkdir(join(storage, 'runs', id), { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(storage, 'runs', id, name), text.replaceAll('ID', id));
    }
    return id;
  }

  const at = '2026-11-24T06:11:34.000Z';
  const intent = JSON.stringify({ version: 1, id: 'ID', createdAt: at, name: 'x.py', request: requestFor('/x.py') });
  const line = (entry: object): string => `${JSON.stringify({ at, ...entry })}\n`;
  const cluster = { backend: 'local', id: 'c' };
  const ended =
    line({ act: 'submit', cluster, name: 'local', reused: false, interpreter: '/p', release: true }) +
    line({ act: 'submitted' }) +
    line({ act: 'ended', state: 'failed', endedAt: 5, exitCode: 2, error: { code: 'x', message: 'No.' } }) +
    line({ act: 'released', clusterEndReason: 'The run ended.', report: 'performance-report.html' });

  it('is empty where there is nothing', async () => {
    assert.deepEqual(await store.ids(), []);
    assert.deepEqual(await store.page(0, 10), []);
    assert.equal(await store.get('20261124-061133-123-00000000'), undefined);
    assert.equal(await store.get('../../etc'), undefined);
  });

  it('makes ids that sort by time', () => {
    const ids = [5, 1_000, 60_000, 86_400_000, Date.now()].map(newRunId);
    assert.deepEqual([...ids].sort(), ids);
    assert.match(newRunId(Date.parse(at)), /^20261124-061134-000-[0-9a-f]{8}$/);
  });

  it('reads a run from its intent and its journal', async () => {
    const id = await write({ 'intent.json': intent, 'journal.jsonl': ended });
    const record = await store.get(id);
    assert.equal(record?.state, 'failed');
    assert.equal(record.exitCode, 2);
    assert.equal(record.released, true);
    assert.deepEqual(record.error, { code: 'x', message: 'No.' });
    assert.deepEqual(record.cluster, { ...cluster, name: 'local', reused: false });
    assert.equal(record.report, join(storage, 'runs', id, 'performance-report.html'));
    assert.equal(await store.get(id), record, 'a run that is over is read once');
  });

  it('does not let a report lead out of the folder', async () => {
    const id = await write({
      'intent.json': intent,
      'journal.jsonl': ended.replace('performance-report.html', '../../../secret'),
    });
    assert.equal((await store.get(id))?.report, join(storage, 'runs', id, 'secret'));
  });

  const garbage: Record<string, Record<string, string>> = {
    'no file': {},
    'an empty intent': { 'intent.json': '' },
    'half an intent': { 'intent.json': intent.slice(0, 80) },
    'an intent of another run': { 'intent.json': intent.replace('ID', 'other') },
    'an intent of a later version': { 'intent.json': intent.replace('"version":1', '"version":2') },
    'an intent without a target': { 'intent.json': intent.replace('"target"', '"aim"') },
    'an array': { 'intent.json': '[1]' },
    binary: { 'intent.json': '\u0000\u0001\ufffd' },
  };
  for (const [what, files] of Object.entries(garbage)) {
    it(`passes over a folder with ${what}`, async () => {
      const id = await write(files);
      const good = await write({ 'intent.json': intent });
      assert.deepEqual(await store.ids(), [good, id]);
      assert.deepEqual(
        (await store.page(0, 10)).map((record) => record.id),
        [good],
      );
    });
  }

  it('reads what it can of a journal', async () => {
    const lines = [
      'no json',
      '{"at":"x","act":"submit"}',
      '[]',
      'null',
      line({ act: 'submit' }),
      line({ act: 'fly' }),
      line({ act: 'ended', state: 'odd', exitCode: 'three' }).slice(0, 40),
    ].join('\n');
    const id = await write({ 'intent.json': intent, 'journal.jsonl': lines });
    assert.equal((await store.get(id))?.state, 'planned');
    const whole = await write({ 'intent.json': intent, 'journal.jsonl': `${lines}\n${ended}` });
    assert.equal((await store.get(whole))?.state, 'failed');
  });

  it('passes over other things beside the runs', async () => {
    const id = await write({ 'intent.json': intent });
    await mkdir(join(storage, 'runs', 'notes'));
    await writeFile(join(storage, 'runs', '.DS_Store'), '');
    assert.deepEqual(await store.ids(), [id]);
  });

  it('tells of changes by others while somebody listens', async () => {
    await mkdir(join(storage, 'open'), { recursive: true });
    const id = await write({ 'intent.json': intent });
    await writeFile(join(storage, 'open', id), '');
    const seen: (string | undefined)[] = [];
    const listener = store.onDidChange((changed) => seen.push(changed));
    await eventually(async () => {
      await writeFile(join(storage, 'runs', id, 'journal.jsonl'), ended);
      return seen.includes(id);
    });
    const late = await write({ 'intent.json': intent });
    await eventually(() => seen.includes(undefined));
    assert.ok(late);
    listener.dispose();
  });

  it('lists and pages 10,000 runs fast', async function () {
    this.timeout(60_000);
    const runs = join(storage, 'runs');
    const ids = Array.from({ length: 10_000 }, (_, index) => newRunId(time + index));
    await mkdir(runs);
    for (const id of ids) {
      await mkdir(join(runs, id));
    }
    for (const id of ids.slice(-100)) {
      await writeFile(join(runs, id, 'intent.json'), intent.replaceAll('ID', id));
      await writeFile(join(runs, id, 'journal.jsonl'), ended);
    }
    // Reads a page, not the history: the other 9,900 could not be read at all.
    const page = await store.page(0, 100);
    assert.deepEqual(
      page.map((record) => record.id),
      ids.slice(-100).reverse(),
    );
  });
});
