import assert from 'node:assert/strict';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LogTiles, type LogActions } from '../../../src/panel/log/logTiles';
import type { ToWebview } from '../../../src/protocol/messages';
import { buildSearchWorker } from './searchWorker';
import { until, withFolder } from './tempFolder';

class Recorder implements LogActions {
  readonly copied: string[] = [];
  readonly opened: unknown[][] = [];
  readonly saved: unknown[][] = [];

  copy(text: string): Promise<void> {
    this.copied.push(text);
    return Promise.resolve();
  }

  openFile(...place: [string, number?, number?]): Promise<void> {
    this.opened.push(place);
    return Promise.resolve();
  }

  saveCopy(...file: [string, string]): Promise<void> {
    this.saved.push(file);
    return Promise.resolve();
  }
}

interface Fixture {
  folder: string;
  tiles: LogTiles;
  actions: Recorder;
  posted: ToWebview[];
  sources: Map<string, string>;
}

async function withTiles(work: (fixture: Fixture) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const posted: ToWebview[] = [];
    const sources = new Map<string, string>();
    const actions = new Recorder();
    const tiles = new LogTiles(
      (message) => posted.push(message),
      (source) => {
        const path = sources.get(source);
        const scripts = [join(folder, 'code', 'etl.py'), join(folder, 'code', 'gone.py')];
        return path === undefined
          ? undefined
          : { path, fileName: 'job.log', directories: [join(folder, 'code')], scripts };
      },
      actions,
      buildSearchWorker(folder),
    );
    try {
      await work({ folder, tiles, actions, posted, sources });
    } finally {
      tiles.dispose();
    }
  });
}

function lastStatus(posted: readonly ToWebview[]): Extract<ToWebview, { type: 'log.status' }> | undefined {
  return posted.findLast((message) => message.type === 'log.status');
}

describe('The log tiles of a panel, host side', () => {
  it('opens a log, reports its lines, and hands out windows of them', async () => {
    await withTiles(async ({ folder, tiles, posted, sources }) => {
      sources.set('run:1', join(folder, 'output.log'));
      await writeFile(join(folder, 'output.log'), 'one\ntwo\n');
      await tiles.handle({ type: 'log.open', tile: 'log', source: 'run:1' });
      await tiles.handle({ type: 'log.open', tile: 'log-2', source: 'run:2' });
      assert.deepEqual(tiles.sources, ['run:1', 'run:2'], 'also one that is waited for');
      await tiles.handle({ type: 'log.close', tile: 'log-2' });
      assert.deepEqual(tiles.sources, ['run:1']);
      await until('two lines', () => lastStatus(posted)?.status.lineCount === 2);
      await tiles.handle({ type: 'log.lines', tile: 'log', request: 7, first: 1, count: 5 });
      const lines = posted.findLast((message) => message.type === 'log.lines');
      assert.deepEqual(lines, {
        type: 'log.lines',
        tile: 'log',
        request: 7,
        generation: lastStatus(posted)?.status.generation,
        first: 1,
        lines: [{ text: 'two' }],
      });
    });
  });

  it('waits for a source that is not known yet', async () => {
    await withTiles(async ({ folder, tiles, posted, sources }) => {
      await tiles.handle({ type: 'log.open', tile: 'log', source: 'worker-0' });
      assert.deepEqual(posted, []);
      await writeFile(join(folder, 'w.log'), 'up\n');
      sources.set('worker-0', join(folder, 'w.log'));
      tiles.sourcesChanged();
      await until('its line', () => lastStatus(posted)?.status.lineCount === 1);
    });
  });

  it('says nothing after it was paused, and everything when it is opened again', async () => {
    await withTiles(async ({ folder, tiles, posted, sources }) => {
      const path = join(folder, 'output.log');
      sources.set('run:1', path);
      await writeFile(path, 'one\n');
      await tiles.handle({ type: 'log.open', tile: 'log', source: 'run:1' });
      await until('one line', () => lastStatus(posted)?.status.lineCount === 1);
      tiles.pause();
      posted.length = 0;
      await appendFile(path, 'two\n');
      await tiles.handle({ type: 'log.lines', tile: 'log', request: 1, first: 0, count: 5 });
      assert.deepEqual(posted, []);
      await tiles.handle({ type: 'log.open', tile: 'log', source: 'run:1' });
      await tiles.handle({ type: 'log.open', tile: 'log-2', source: 'run:2' });
      assert.deepEqual(tiles.sources, ['run:1', 'run:2'], 'also one that is waited for');
      await tiles.handle({ type: 'log.close', tile: 'log-2' });
      assert.deepEqual(tiles.sources, ['run:1']);
      await until('two lines', () => lastStatus(posted)?.status.lineCount === 2);
    });
  });

  it('copies the exact text between two places', async () => {
    await withTiles(async ({ folder, tiles, actions, sources }) => {
      sources.set('run:1', join(folder, 'output.log'));
      await writeFile(join(folder, 'output.log'), 'first\n\x1b[31msecond\x1b[0m\nthird\n');
      await tiles.handle({ type: 'log.open', tile: 'log', source: 'run:1' });
      const copy = (from: [number, number], to: [number, number]): Promise<void> =>
        tiles.handle({
          type: 'log.copy',
          tile: 'log',
          from: { line: from[0], column: from[1] },
          to: { line: to[0], column: to[1] },
        });
      await copy([0, 2], [2, 3]);
      await copy([1, 1], [1, 4]);
      await copy([0, 0], [99, 1_000_000]);
      assert.deepEqual(actions.copied, ['rst\nsecond\nthi', 'eco', 'first\nsecond\nthird']);
    });
  });

  it('refuses to copy what is too long, and says what to do', async () => {
    await withTiles(async ({ folder, tiles, actions, posted, sources }) => {
      sources.set('run:1', join(folder, 'output.log'));
      await writeFile(join(folder, 'output.log'), `${'x'.repeat(999)}\n`.repeat(10_100));
      await tiles.handle({ type: 'log.open', tile: 'log', source: 'run:1' });
      await tiles.handle({
        type: 'log.copy',
        tile: 'log',
        from: { line: 0, column: 0 },
        to: { line: 10_099, column: 999 },
      });
      assert.deepEqual(actions.copied, []);
      const notice = posted.find((message) => message.type === 'notice');
      assert.match(notice?.message ?? '', /longer than 10 million characters.*Save output as/);
    });
  });

  it('opens a file that a log names, relative to the code, and says when it is not there', async () => {
    await withTiles(async ({ folder, tiles, actions, posted, sources }) => {
      await mkdir(join(folder, 'code'));
      await writeFile(join(folder, 'code', 'etl.py'), '');
      await writeFile(join(folder, 'output.log'), '');
      sources.set('run:1', join(folder, 'output.log'));
      await tiles.handle({ type: 'log.open', tile: 'log', source: 'run:1' });
      const link = (path: string): Promise<void> => tiles.handle({ type: 'log.link', tile: 'log', path, line: 12 });
      await link('etl.py');
      await link(join(folder, 'code', 'etl.py'));
      await link('/nowhere/x.py');
      const expected = join(folder, 'code', 'etl.py');
      assert.deepEqual(actions.opened, [
        [expected, 12, undefined],
        [expected, 12, undefined],
      ]);
      const notice = posted.find((message) => message.type === 'notice');
      assert.equal(notice?.message, '/nowhere/x.py is not on this machine.');
    });
  });

  it('searches, goes on as the log grows, and explains a pattern that is none', async () => {
    await withTiles(async ({ folder, tiles, posted, sources }) => {
      const path = join(folder, 'output.log');
      sources.set('run:1', path);
      await writeFile(path, 'needle\nhay\n');
      await tiles.handle({ type: 'log.open', tile: 'log', source: 'run:1' });
      await tiles.handle({ type: 'log.open', tile: 'log-2', source: 'run:2' });
      assert.deepEqual(tiles.sources, ['run:1', 'run:2'], 'also one that is waited for');
      await tiles.handle({ type: 'log.close', tile: 'log-2' });
      assert.deepEqual(tiles.sources, ['run:1']);
      await until('two lines', () => lastStatus(posted)?.status.lineCount === 2);
      const query = { text: 'needle', matchCase: false, wholeWord: false, regex: false };
      await tiles.handle({ type: 'log.search', tile: 'log', search: 1, query });
      const found = (): number[] =>
        posted.flatMap((message) => (message.type === 'log.matches' ? [...message.matches] : []));
      await until('the first match', () => found().length === 3);
      await appendFile(path, 'a needle\n');
      await until('the second match', () => found().length === 6);
      assert.deepEqual(found(), [0, 0, 6, 2, 2, 8]);

      await tiles.handle({ type: 'log.search', tile: 'log', search: 2, query: { ...query, text: '(', regex: true } });
      const failed = posted.find((message) => message.type === 'log.searchFailed');
      assert.equal(failed?.message, 'This is not a regular expression: Unterminated group');
    });
  });

  it('starts a search anew when the log was replaced', async () => {
    await withTiles(async ({ folder, tiles, posted, sources }) => {
      const path = join(folder, 'output.log');
      sources.set('run:1', path);
      await writeFile(path, 'hay\nhay\nhay\nneedle\n');
      await tiles.handle({ type: 'log.open', tile: 'log', source: 'run:1' });
      await until('four lines', () => lastStatus(posted)?.status.lineCount === 4);
      const query = { text: 'needle', matchCase: false, wholeWord: false, regex: false };
      await tiles.handle({ type: 'log.search', tile: 'log', search: 1, query });
      const found = (generation: number): number[] =>
        posted.flatMap((message) =>
          message.type === 'log.matches' && message.generation === generation ? [...message.matches] : [],
        );
      const first = lastStatus(posted)!.status.generation;
      await until('the match', () => found(first).length > 0);
      assert.deepEqual(found(first), [3, 0, 6]);
      await writeFile(path, 'needle\n');
      await until('another generation', () => lastStatus(posted)!.status.generation > first);
      await until('the new match', () => found(lastStatus(posted)!.status.generation).length > 0);
      assert.deepEqual(found(lastStatus(posted)!.status.generation), [0, 0, 6]);
    });
  });

  it('links code that was sent to workers to the script where a function of that name has that line', async () => {
    await withTiles(async ({ folder, tiles, posted, sources }) => {
      const script = join(folder, 'code', 'etl.py');
      await mkdir(join(folder, 'code'));
      await writeFile(script, 'def load(x):\n    return 1 / x\n');
      sources.set('run:1', join(folder, 'output.log'));
      const frame = (line: number, name: string): string => `  File "<dynamic-code>", line ${line}, in ${name}\n`;
      await writeFile(join(folder, 'output.log'), frame(2, 'load') + frame(2, 'other') + frame(3, 'load'));
      await tiles.handle({ type: 'log.open', tile: 'log', source: 'run:1' });
      await until('three lines', () => lastStatus(posted)?.status.lineCount === 3);
      await tiles.handle({ type: 'log.lines', tile: 'log', request: 1, first: 0, count: 3 });
      const answer = posted.findLast((message) => message.type === 'log.lines');
      assert.deepEqual(
        answer?.lines.map(({ text, links = [] }) => links.map((link) => [text.slice(link.start, link.end), link.line])),
        [[['File "<dynamic-code>", line 2', 2]], [], []],
      );
      assert.equal(answer.lines[0]?.links?.[0]?.path, script);
    });
  });
});
