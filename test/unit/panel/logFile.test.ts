import assert from 'node:assert/strict';
import { appendFile, open, readdir, readlink, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LogFile } from '../../../src/panel/log/logFile';
import type { LogLine } from '../../../src/protocol/logLine';
import { mostCharacters } from '../../../src/panel/log/rawLine';
import { naiveLines, randomOutput } from './naiveLog';
import { randomFrom, until, withFolder } from './tempFolder';

const quick = { poll: 20, notify: 1 };

async function withLog(content: string | Buffer, work: (log: LogFile, path: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const path = join(folder, 'output.log');
    await writeFile(path, content);
    const log = new LogFile(path, quick);
    try {
      await log.refresh();
      await work(log, path);
    } finally {
      log.dispose();
      await log.closed();
    }
  });
}

/** How often this process has a file open. */
async function timesOpen(path: string): Promise<number> {
  const ours = await readdir('/proc/self/fd');
  const targets = await Promise.all(ours.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter((target) => target === path).length;
}

async function texts(log: LogFile, first = 0, count = 1_000): Promise<string[]> {
  return (await log.lines(first, count)).lines.map(({ text }) => text);
}

/** Stretches of the same colours that touch are one. */
function joined(styles: NonNullable<LogLine['styles']>): unknown[] {
  const all: [number, number, string][] = [];
  for (const [start, end, sgr] of styles) {
    const last = all.at(-1);
    if (last?.[1] === start && last[2] === sgr) {
      last[1] = end;
    } else {
      all.push([start, end, sgr]);
    }
  }
  return all;
}

describe('A log on disk', () => {
  it('has no lines when it is empty, and one that has no end yet', async () => {
    await withLog('', async (log, path) => {
      assert.equal(log.lineCount, 0);
      await appendFile(path, 'a');
      await log.refresh();
      assert.deepEqual([log.lineCount, await texts(log)], [1, ['a']]);
      await appendFile(path, 'b\n');
      await log.refresh();
      assert.deepEqual([log.lineCount, await texts(log)], [1, ['ab']]);
    });
  });

  for (let seed = 1; seed <= 24; seed += 1) {
    const moves = [0, 0, 0.0005, 0.004, 0.1, 0.3][seed % 6] as number;
    it(`reads every window as the whole file would be read (seed ${seed}, ${moves * 100}% moves)`, async () => {
      const random = randomFrom(seed);
      const content = randomOutput(random, 20_000 + Math.floor(random() * 600_000), moves);
      const expected = naiveLines(content);
      await withLog('', async (log, path) => {
        // It grows in pieces that end anywhere, also within a character or an escape sequence.
        for (let at = 0; at < content.length;) {
          const next = Math.min(content.length, at + 1 + Math.floor(random() * 90_000));
          await appendFile(path, content.subarray(at, next));
          await log.refresh();
          at = next;
        }
        assert.equal(log.lineCount, expected.length);
        for (let round = 0; round < 60; round += 1) {
          const first = Math.floor(random() * expected.length);
          const count = 1 + Math.floor(random() * 150);
          const { lines } = await log.lines(first, count);
          assert.equal(lines.length, Math.min(count, expected.length - first));
          for (const [at, line] of lines.entries()) {
            const whole = expected[first + at]!;
            assert.equal(line.text, whole.text.slice(0, line.text.length));
            assert.equal(line.hidden === undefined, whole.text.length <= mostCharacters);
            if (!line.hidden) {
              assert.deepEqual(joined(line.styles ?? []), whole.styles);
            }
          }
        }
      });
    });
  }

  it('shows bytes that are no UTF-8 as U+FFFD, and a character that two writes share as itself', async () => {
    await withLog(Buffer.from([0x61, 0xff, 0x62, 0x0a, 0xe6, 0x9d]), async (log, path) => {
      assert.deepEqual(await texts(log), ['a\ufffdb', '\ufffd']);
      await appendFile(path, Buffer.from([0xb1, 0x0a]));
      await log.refresh();
      assert.deepEqual(await texts(log), ['a\ufffdb', '東']);
    });
  });

  it('cuts a long line and says how much is left out', async () => {
    await withLog(`${'x'.repeat(mostCharacters + 1_234)}\nnext\n`, async (log) => {
      const { lines } = await log.lines(0, 5);
      assert.equal(lines[0]?.text.length, mostCharacters);
      assert.deepEqual(lines[0].hidden, { count: 1_234, unit: 'characters' });
      assert.equal(lines[1]?.text, 'next');
    });
  });

  it('does not cut a pair of surrogates in two', async () => {
    await withLog(`${'x'.repeat(mostCharacters - 1)}🎉🎉\n`, async (log) => {
      const { lines } = await log.lines(0, 1);
      assert.equal(lines[0]?.text, 'x'.repeat(mostCharacters - 1));
      assert.deepEqual(lines[0].hidden, { count: 4, unit: 'characters' });
    });
  });

  it('shows the last state of a progress bar of any length', async () => {
    const bar = Array.from({ length: 30_000 }, (_, step) => `\r${String(step).padStart(6)}/30000 it`).join('');
    await withLog(`before\n${bar}`, async (log, path) => {
      assert.deepEqual(await texts(log), ['before', ' 29999/30000 it']);
      await appendFile(path, '\r 30000/30000 it\nafter\n');
      await log.refresh();
      assert.deepEqual(await texts(log), ['before', ' 30000/30000 it', 'after']);
    });
  });

  it('shows two bars that move in two rows, as tqdm draws them', async () => {
    const step = (done: number): string => `\r a: ${done}%\n\r b: ${done}%\x1b[A`;
    const steps = Array.from({ length: 101 }, (_, done) => step(done));
    await withLog('before\n', async (log, path) => {
      for (const [done, drawn] of steps.entries()) {
        await appendFile(path, drawn);
        if (done % 10 === 0) {
          await log.refresh();
          assert.deepEqual(await texts(log), ['before', ` a: ${done}%`, ` b: ${done}%`]);
        }
      }
      await appendFile(path, '\n\ndone\n');
      await log.refresh();
      assert.deepEqual(await texts(log), ['before', ' a: 100%', ' b: 100%', 'done']);
      await appendFile(path, 'line\n'.repeat(2_000));
      await log.refresh();
      assert.equal(log.lineCount, 2_004);
      assert.deepEqual(await texts(log, 1, 4), [' a: 100%', ' b: 100%', 'done', 'line']);
    });
  });

  it('shows the same after each byte as when it is read at once', async () => {
    const content = Buffer.from(
      'a: 0%\r\n\r b: 0%\x1b[A\r\x1b[31ma: 5%\x1b[0m żó\n東\n\x1b[2Ftop\x1b[K\n\x1b[J🎉\n\x1b[3A\rX\n\n\n\nend\n',
    );
    await withLog('', async (log, path) => {
      for (let at = 0; at < content.length; at += 1) {
        await appendFile(path, content.subarray(at, at + 1));
        await log.refresh();
        const seen = content.subarray(0, at + 1);
        // What is cut is text of some kind until the rest of it comes.
        // eslint-disable-next-line no-control-regex
        if (!/\x1b\[?\d*$/.test(seen.toString('latin1')) && !seen.toString('utf8').endsWith('\ufffd')) {
          const { lines } = await log.lines(0, 100);
          assert.deepEqual(
            lines.map(({ text, styles = [] }) => ({ text, styles: joined(styles) })),
            naiveLines(seen),
            seen.toString('utf8'),
          );
        }
      }
    });
  });

  it('finds each of many lines that were written above two bars', async function () {
    this.timeout(120_000);
    const lines = 200_000;
    await withLog('', async (log, path) => {
      const file = await open(path, 'a');
      for (let from = 0; from < lines; from += 10_000) {
        const some = Array.from({ length: 10_000 }, (_, at) => from + at);
        await file.write(
          some.map((at) => `\r      \n\r      \x1b[A\rline ${at}\n\r a ${at}\n\r b ${at}\x1b[A`).join(''),
        );
      }
      await file.close();
      const before = process.memoryUsage().heapUsed;
      await log.refresh();
      assert.equal(log.lineCount, lines + 2);
      assert.ok(process.memoryUsage().heapUsed - before < 60_000_000);
      for (const line of [0, 1, 49, 50, 51, 12_345, lines - 60, lines - 1]) {
        assert.match((await texts(log, line, 1))[0] ?? '', new RegExp(`^line ${line}\\b`));
      }
      assert.deepEqual(await texts(log, lines, 5), [` a ${lines - 1}`, ` b ${lines - 1}`]);
    });
  });

  it('keeps a colour that was set far above', async () => {
    await withLog(`\x1b[35m${'line\n'.repeat(20_000)}\x1b[0mend\n`, async (log) => {
      assert.deepEqual((await log.lines(15_000, 1)).lines[0]?.styles, [[0, 4, '35']]);
      assert.equal((await log.lines(20_000, 1)).lines[0]?.styles, undefined);
    });
  });

  it('reads 200 MB in one line without holding it', async function () {
    this.timeout(60_000);
    await withLog('first\n', async (log, path) => {
      const file = await open(path, 'a');
      const piece = Buffer.alloc(4 * 1024 * 1024, 0x7a);
      for (let written = 0; written < 200 * 1024 * 1024; written += piece.length) {
        await file.write(piece);
      }
      await file.write('\nlast\n');
      await file.close();
      const before = process.memoryUsage();
      await log.refresh();
      const { lines } = await log.lines(0, 100);
      const after = process.memoryUsage();
      assert.equal(log.lineCount, 3);
      assert.deepEqual(
        lines.map(({ text }) => text.slice(0, 5)),
        ['first', 'zzzzz', 'last'],
      );
      assert.deepEqual(lines[1]?.hidden, { count: 200 * 1024 * 1024 - mostCharacters, unit: 'bytes' });
      const grown = after.heapUsed + after.external - before.heapUsed - before.external;
      assert.ok(grown < 20_000_000, `${grown} bytes more`);
    });
  });

  it('keeps an index of under 1 MB for a million lines, and finds each of them', async function () {
    this.timeout(60_000);
    const lines = 1_000_000;
    let content = '';
    await withLog('', async (log, path) => {
      const file = await open(path, 'a');
      for (let line = 0; line < lines; line += 1) {
        content += `line ${line} of the output of a job that prints a lot, about so much\n`;
        if (content.length > 1_000_000) {
          await file.write(content);
          content = '';
        }
      }
      await file.write(content);
      await file.close();
      await log.refresh();
      assert.equal(log.lineCount, lines);
      // Two numbers of 8 bytes and a reference for each checkpoint.
      assert.ok(log.index.checkpointCount * 24 < 1_000_000, `${log.index.checkpointCount} checkpoints`);
      for (const line of [0, 1, 511, 512, 513, 123_456, 999_999]) {
        assert.match((await texts(log, line, 1))[0] ?? '', new RegExp(`^line ${line} of`));
      }
      assert.deepEqual(await texts(log, lines, 5), []);
    });
  });

  it('starts again when the file is truncated, rewritten or replaced', async () => {
    await withLog('one\ntwo\nthree\n', async (log, path) => {
      const { generation } = log;
      await truncate(path, 4);
      await log.refresh();
      assert.deepEqual([log.generation, await texts(log)], [generation + 1, ['one']]);

      await writeFile(path, 'ONE\nanother text\n');
      await log.refresh();
      assert.deepEqual([log.generation, await texts(log)], [generation + 2, ['ONE', 'another text']]);

      await writeFile(`${path}.new`, 'rotated, and longer than before\nsecond\n');
      await rename(`${path}.new`, path);
      await log.refresh();
      assert.deepEqual([log.generation, (await texts(log))[1]], [generation + 3, 'second']);
    });
  });

  it('says that a file is missing, keeps its lines while it is open, and finds it when it comes', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'output.log');
      const log = new LogFile(path, quick);
      let changes = 0;
      log.onDidChange(() => (changes += 1));
      log.watch();
      await until('missing', () => log.state === 'missing');
      await writeFile(path, 'here\n');
      await until('the line', () => log.lineCount === 1);
      await rm(path);
      await until('missing again', () => log.state === 'missing');
      assert.deepEqual(await texts(log), ['here']);
      assert.ok(changes > 0);
      log.dispose();
      await log.closed();
    });
  });

  it('is told of growth while it is watched, and not after', async () => {
    await withLog('', async (log, path) => {
      let changes = 0;
      log.onDidChange(() => (changes += 1));
      log.watch();
      await appendFile(path, 'a\n');
      await until('growth', () => log.lineCount === 1 && changes > 0);
      log.unwatch();
      await log.closed();
      const before = changes;
      await appendFile(path, 'b\n');
      log.watch();
      log.unwatch();
      await log.closed();
      assert.equal(changes, before);
      log.watch();
      await until('what was missed', () => log.lineCount === 2);
    });
  });

  it('is open only while it is watched or read', async function () {
    if (process.platform !== 'linux') {
      this.skip(); // The other systems do not show what a process has open.
    }
    await withLog('a\nb\n', async (log, path) => {
      log.watch();
      await until('both lines', () => log.lineCount === 2);
      assert.equal(await timesOpen(path), 1);
      // A page that is hidden may still have asked for lines.
      log.unwatch();
      assert.deepEqual(await Promise.all([texts(log), texts(log, 1)]), [['a', 'b'], ['b']]);
      await log.closed();
      assert.equal(await timesOpen(path), 0);
      assert.deepEqual(await texts(log), ['a', 'b']);
      await log.closed();
      assert.equal(await timesOpen(path), 0);
    });
  });

  it('tells at most so often, however fast the file grows', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'output.log');
      await writeFile(path, '');
      const log = new LogFile(path, { poll: 20, notify: 100 });
      const times: number[] = [];
      log.onDidChange(() => times.push(Date.now()));
      log.watch();
      const file = await open(path, 'a');
      for (let round = 0; round < 300; round += 1) {
        await file.write('some output\n'.repeat(50));
      }
      await file.close();
      await until('all lines', () => log.lineCount === 15_000);
      await until('the last event', () => times.length > 0);
      for (const [at, time] of times.entries()) {
        // Timers may fire a little early.
        assert.ok(at === 0 || time - (times[at - 1] as number) >= 95);
      }
      log.dispose();
      await log.closed();
    });
  });
});
