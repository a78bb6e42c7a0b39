import assert from 'node:assert/strict';
import { appendFile, stat, writeFile } from 'node:fs/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogSearch } from '../../../src/panel/log/logSearch';
import type { SearchQuery } from '../../../src/protocol/logLine';
import { naiveMatches, randomOutput } from './naiveLog';
import { buildSearchWorker } from './searchWorker';
import { randomFrom, until, withFolder } from './tempFolder';

const plain: SearchQuery = { text: '', matchCase: false, wholeWord: false, regex: false };

/** A search that runs, and all that it has found so far. */
class Search {
  matches: number[] = [];
  done = false;
  capped = false;
  failure: string | undefined;
  readonly running: LogSearch;

  constructor(worker: string, path: string, query: SearchQuery, budget?: number) {
    this.running = new LogSearch(
      worker,
      path,
      query,
      {
        batch: ({ dropFrom, matches, done, capped }) => {
          const kept: number[] = [];
          for (let at = 0; at < this.matches.length && (this.matches[at] as number) < dropFrom; at += 3) {
            kept.push(...this.matches.slice(at, at + 3));
          }
          this.matches = [...kept, ...matches];
          this.done = done;
          this.capped = capped;
        },
        failed: (message) => (this.failure = message),
      },
      budget,
    );
  }

  async reach(size: number): Promise<void> {
    this.done = false;
    this.running.extend(size);
    await until('the end of the search', () => this.done || this.failure !== undefined);
  }
}

describe('Searching a log', () => {
  let folder: string;
  let worker: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dask-search-'));
    worker = buildSearchWorker(folder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function find(content: string | Buffer, query: SearchQuery): Promise<Search> {
    return withFolder(async (own) => {
      const path = join(own, 'output.log');
      await writeFile(path, content);
      const search = new Search(worker, path, query);
      await search.reach((await stat(path)).size);
      search.running.dispose();
      return search;
    });
  }

  const queries: [name: string, query: SearchQuery, matches: number[]][] = [
    ['ignores case', { ...plain, text: 'ERROR' }, [0, 0, 5, 1, 4, 9, 2, 0, 5]],
    ['matches case', { ...plain, text: 'error', matchCase: true }, [1, 4, 9, 2, 0, 5]],
    ['matches whole words', { ...plain, text: 'error', wholeWord: true }, [0, 0, 5, 1, 4, 9]],
    ['takes a pattern', { ...plain, text: 'e(r+)o', regex: true }, [0, 0, 4, 1, 4, 8, 2, 0, 4]],
    ['takes text as text', { ...plain, text: '(x.*)' }, [3, 0, 5]],
    ['ignores empty matches', { ...plain, text: 'z*', regex: true }, []],
  ];
  for (const [name, query, matches] of queries) {
    it(name, async () => {
      const search = await find('Error one\nthe error\nerrors\n(x.*) \n', query);
      assert.deepEqual(search.matches, matches);
    });
  }

  for (let seed = 21; seed <= 30; seed += 1) {
    const moves = seed <= 24 ? 0 : ([0.0003, 0.002, 0.1][seed % 3] as number);
    it(`finds what reading the whole file finds, also as it grows (seed ${seed}, ${moves * 100}% moves)`, async function () {
      this.timeout(20_000);
      const random = randomFrom(seed);
      const content = randomOutput(random, 2_500_000, moves);
      const query = { ...plain, text: ['words', '[0-9]+', '京|🎉', 'x{60}', 'y+'][seed % 5] as string, regex: true };
      await withFolder(async (own) => {
        const path = join(own, 'output.log');
        await writeFile(path, '');
        const search = new Search(worker, path, query);
        for (let at = 0; at < content.length;) {
          const next = Math.min(content.length, at + 200_000 + Math.floor(random() * 900_000));
          await appendFile(path, content.subarray(at, next));
          await search.reach(next);
          at = next;
        }
        search.running.dispose();
        assert.equal(search.capped, false);
        assert.deepEqual(search.matches, naiveMatches(content, query));
      });
    });
  }

  it('finds the last state of rows that are written over', async () => {
    const bars = Array.from({ length: 60 }, (_, done) => `\r a: ${done}%\n\r b: ${done}%\x1b[A`).join('');
    const search = await find(`100%\n${bars}`, { ...plain, text: '\\d+%', regex: true });
    assert.deepEqual(search.matches, [0, 0, 4, 1, 4, 7, 2, 4, 7]);
  });

  it('stops at 100,000 matches and says that there are more', async () => {
    const search = await find('aaaa aaaa\n'.repeat(20_000), { ...plain, text: 'a' });
    assert.deepEqual([search.matches.length / 3, search.capped], [100_000, true]);
  });

  it('finds in the part of a long line that is shown', async () => {
    const search = await find(`${'-'.repeat(9_990)}needle${'-'.repeat(60_000)}needle\nneedle\n`, {
      ...plain,
      text: 'needle',
    });
    assert.deepEqual(search.matches, [0, 9_990, 9_996, 1, 0, 6]);
  });

  it('ends a pattern that explodes, and says so', async () => {
    await withFolder(async (own) => {
      const path = join(own, 'output.log');
      await writeFile(path, `fine\n${'a'.repeat(60)}!\n`);
      const search = new Search(worker, path, { ...plain, text: '(a+)+$', regex: true }, 300);
      await search.reach((await stat(path)).size);
      assert.match(search.failure ?? '', /takes too long/);
    });
  });

  it('says why a file cannot be searched', async () => {
    const search = new Search(worker, join(folder, 'not there'), { ...plain, text: 'x' });
    await search.reach(1);
    assert.match(search.failure ?? '', /The search failed: ENOENT/);
  });
});
