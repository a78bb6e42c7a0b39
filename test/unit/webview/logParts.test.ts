import assert from 'node:assert/strict';
import { newLogView, parseLogView } from '../../../src/protocol/logView';
import { findLinks } from '../../../webview/panel/log/links';
import { MatchList } from '../../../webview/panel/log/matchList';
import { noteText } from '../../../webview/panel/log/noteText';
import { duration, exitText } from '../../../webview/panel/log/runText';
import { ScrollScale } from '../../../webview/panel/log/scrollScale';
import { LogSelection, wordAt } from '../../../webview/panel/log/selection';
import { styleOf } from '../../../webview/panel/log/sgrStyle';
import { over, plotAddress } from '../../../webview/panel/plot/plotAddress';
import { processorSeconds } from '../../fakes/processorSeconds';

describe('Links in a log', () => {
  const cases: [text: string, links: [path: string, line: number, column?: number][]][] = [
    ['  File "/home/a b/etl.py", line 12, in main', [['/home/a b/etl.py', 12]]],
    ['  File "etl.py", line 3', [['etl.py', 3]]],
    ['  File "C:\\jobs\\etl.py", line 3', [['C:\\jobs\\etl.py', 3]]],
    ['File "<stdin>", line 1', []],
    ['File "<frozen runpy>", line 88', []],
    ['/srv/x/job.py:20: DeprecationWarning: old', [['/srv/x/job.py', 20]]],
    ['./src/a-b.pyx:7:3 error', [['./src/a-b.pyx', 7, 3]]],
    ['C:\\jobs\\etl.py:9', [['C:\\jobs\\etl.py', 9]]],
    [
      'two: a.py:1 and b.py:2',
      [
        ['a.py', 1],
        ['b.py', 2],
      ],
    ],
    ['http://127.0.0.1:8787/status', []],
    ['tcp://host.example:8786 at 12:30:45', []],
    ['etl.py:0 is no line', []],
    ['etl.pyc:12', []],
  ];
  for (const [text, expected] of cases) {
    it(text, () => {
      const links = findLinks(text);
      assert.deepEqual(
        links.map(({ path, line, column }) => (column === undefined ? [path, line] : [path, line, column])),
        expected,
      );
      for (const { start, end, path } of links) {
        assert.ok(text.slice(start, end).includes(path));
      }
    });
  }

  it('are also those that the host has found', () => {
    const known = [{ start: 2, end: 31, path: '/home/ann/etl.py', line: 4 }];
    const links = findLinks('  File "<dynamic-code>", line 4, in load at a.py:3', known);
    assert.deepEqual(
      links.map(({ path, line }) => [path, line]),
      [
        ['/home/ann/etl.py', 4],
        ['a.py', 3],
      ],
    );
  });

  it('takes no time on long lines that look like the start of one', () => {
    const seconds = processorSeconds(() => {
      findLinks(`${'a.'.repeat(5_000)}:x`);
      findLinks(`File "${'x'.repeat(10_000)}`);
      findLinks('File "'.repeat(1_600));
    });
    assert.ok(seconds < 0.5, `${seconds} s`);
  });
});

describe('Colours of a log', () => {
  const cases: [sgr: string, style: Record<string, string>][] = [
    ['31', { color: 'var(--vscode-terminal-ansiRed)' }],
    ['92', { color: 'var(--vscode-terminal-ansiBrightGreen)' }],
    ['1;44', { 'background-color': 'var(--vscode-terminal-ansiBlue)', 'font-weight': 'bold' }],
    ['103', { 'background-color': 'var(--vscode-terminal-ansiBrightYellow)' }],
    ['38;5;9', { color: 'var(--vscode-terminal-ansiBrightRed)' }],
    ['38;5;208', { color: 'rgb(255, 135, 0)' }],
    ['48;5;240', { 'background-color': 'rgb(88, 88, 88)' }],
    ['38;2;1;2;3', { color: 'rgb(1, 2, 3)' }],
    ['4;9', { 'text-decoration': 'underline line-through' }],
    ['7;31', { color: 'var(--vscode-editor-background)', 'background-color': 'var(--vscode-terminal-ansiRed)' }],
  ];
  for (const [sgr, style] of cases) {
    it(sgr, () => assert.deepEqual(styleOf(sgr), style));
  }
});

describe('The matches of a search', () => {
  it('are found by place, and dropped from a line on', () => {
    const list = new MatchList();
    list.add(0, [0, 1, 2, 0, 5, 6, 3, 0, 4, 9, 2, 3]);
    assert.equal(list.count, 4);
    assert.deepEqual(list.at(2), { line: 3, start: 0, end: 4 });
    assert.equal(list.at(4), undefined);
    assert.deepEqual(
      [list.firstFrom(0, 2), list.firstFrom(1, 0), list.firstFrom(9, 2), list.firstFrom(9, 3)],
      [1, 2, 3, 4],
    );
    list.add(3, [4, 0, 1]);
    assert.deepEqual([list.count, list.at(2)], [3, { line: 4, start: 0, end: 1 }]);
  });

  it('may be many', () => {
    const list = new MatchList();
    for (let line = 0; line < 100_000; line += 1_000) {
      list.add(line, Array.from({ length: 1_000 }, (_, at) => [line + at, 0, 1]).flat());
    }
    assert.equal(list.count, 100_000);
    assert.equal(list.firstFrom(54_321, 0), 54_321);
  });
});

describe('Scrolling a log that is longer than a browser can make it', () => {
  it('reaches each line, and both ends exactly', () => {
    const scale = new ScrollScale();
    scale.set(18_000_000, 800);
    assert.equal(scale.scaled, true);
    assert.equal(scale.height, 10_000_000);
    assert.equal(scale.toScrollTop(0), 0);
    assert.equal(scale.toScrollTop(scale.end), 10_000_000 - 800);
    assert.equal(scale.toPlace(10_000_000 - 800), scale.end);
    for (const place of [1, 12_345, 9_000_000, 17_999_000]) {
      assert.ok(Math.abs(scale.toPlace(scale.toScrollTop(place)) - place) < 0.01);
    }
  });

  it('leaves shorter ones to the browser', () => {
    const scale = new ScrollScale();
    scale.set(9_000, 800);
    assert.deepEqual(
      [scale.scaled, scale.height, scale.toScrollTop(500), scale.toPlace(500)],
      [false, 9_000, 500, 500],
    );
    assert.equal(scale.clamp(9_000), 8_200);
    scale.set(100, 800);
    assert.equal(scale.clamp(50), 0);
  });
});

describe('Selecting in a log', () => {
  it('goes over lines in both directions', () => {
    const selection = new LogSelection();
    selection.start({ line: 5, column: 3 });
    assert.equal(selection.empty, true);
    selection.extend({ line: 2, column: 7 });
    assert.deepEqual(selection.range, { from: { line: 2, column: 7 }, to: { line: 5, column: 3 } });
    assert.deepEqual(selection.onLine(2), { start: 7, end: Infinity });
    assert.deepEqual(selection.onLine(3), { start: 0, end: Infinity });
    assert.deepEqual(selection.onLine(5), { start: 0, end: 3 });
    assert.equal(selection.onLine(6), undefined);
  });

  it('takes words', () => {
    assert.deepEqual(wordAt('a żółć_1 b', 4), { start: 2, end: 8 });
    assert.deepEqual(wordAt('a (b', 2), { start: 2, end: 3 });
    assert.deepEqual(wordAt('abc', 3), { start: 0, end: 3 });
  });
});

describe('Texts about a run', () => {
  it('say durations', () => {
    assert.deepEqual([0, 1_250, 9_940, 12_400, 59_700, 200_000, 7_500_000].map(duration), [
      '0.0 s',
      '1.3 s',
      '9.9 s',
      '12 s',
      '1 min 0 s',
      '3 min 20 s',
      '2 h 5 min',
    ]);
  });

  it('say how it ended', () => {
    assert.equal(exitText({ exitCode: 3 }), ' with exit code 3');
    assert.equal(exitText({ signal: 'SIGKILL' }), ' by SIGKILL');
    assert.equal(exitText({}), '');
  });
});

describe('The colours of a plot', () => {
  it('are laid over what is under them', () => {
    assert.deepEqual(over('rgb(10, 20, 30)', [0, 0, 0]), [10, 20, 30]);
    assert.deepEqual(over('rgba(255, 255, 255, 0.5)', [0, 0, 0]), [128, 128, 128]);
    assert.deepEqual(over('color(srgb 1 0.5 0)', [0, 0, 0]), [255, 128, 0]);
  });

  it('go into its address', () => {
    const colours = { theme: 'dark', fg: 'cccccc', bg: '1f1f1f', grid: '3e3e3e' } as const;
    assert.equal(
      plotAddress('http://127.0.0.1:5/S/', 'individual-cpu', colours),
      'http://127.0.0.1:5/S/individual-cpu?theme=dark&fg=cccccc&bg=1f1f1f&grid=3e3e3e',
    );
  });
});

describe('How a panel was left', () => {
  it('comes back as it was', () => {
    const find = { ...newLogView.find, open: true, text: 'x+', regex: true, at: { line: 80, start: 2 } };
    const view = { source: 'run:1', line: 77, left: 5, follow: false, lineNumbers: true, find };
    assert.deepEqual(parseLogView(JSON.parse(JSON.stringify(view))), view);
  });

  it('is new where it cannot be read', () => {
    assert.deepEqual(parseLogView(undefined), newLogView);
    assert.deepEqual(parseLogView({ line: -1, find: 3 }), newLogView);
    assert.deepEqual(parseLogView({ find: { at: { line: 1 } } }), newLogView);
  });
});

describe('What stands in for an empty log', () => {
  const source = { id: 'run:1', label: 'etl.py', kind: 'run', runId: '1' } as const;
  const status = { generation: 1, lineCount: 0, state: 'present' } as const;

  it('says why there is nothing', () => {
    assert.equal(noteText(status, undefined, false), 'No log yet.');
    assert.equal(noteText(status, source, false), 'No output yet.');
    assert.equal(noteText({ ...status, state: 'missing' }, source, true), 'The run printed nothing.');
    const cluster = { id: 'scheduler', label: 'Scheduler', kind: 'cluster' } as const;
    assert.equal(noteText({ ...status, state: 'missing' }, cluster, false), 'This log is not there.');
    const failed = { ...status, state: 'failed', failure: 'EACCES' } as const;
    assert.equal(noteText(failed, source, false), 'The log cannot be read: EACCES');
  });

  it('says nothing while it is not known, or where there is text', () => {
    assert.equal(noteText({ ...status, state: 'unread' }, source, false), '');
    assert.equal(noteText({ ...status, lineCount: 1 }, source, true), '');
  });
});
