import assert from 'node:assert/strict';
import { explainFailure } from '../../../src/core/failure';
import { localCodePath } from '../../../src/core/remoteCode';
import { parseTraceback } from '../../../src/core/traceback';
import { processorSeconds } from '../../fakes/processorSeconds';

const main = '/home/ann/etl.py';
const folders = ['/home/ann'];

/** What Python 3.11 printed, with the paths replaced. */
const raised = `started
Traceback (most recent call last):
  File "${main}", line 9, in <module>
    main()
  File "${main}", line 6, in main
    load(3)
  File "/home/ann/lib/load.py", line 2, in load
    return numpy.ones(-1)
           ^^^^^^^^^^^^^^
  File "/usr/lib/python3/site-packages/numpy/core.py", line 191, in ones
    a = empty(shape)
ValueError: negative dimensions are not allowed
`;
const chained = `Traceback (most recent call last):
  File "${main}", line 3, in f
    input()
EOFError: EOF when reading a line

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "${main}", line 6, in <module>
    f()
  File "${main}", line 5, in f
    raise RuntimeError("wrapped\\nsecond line") from e
RuntimeError: wrapped
second line
`;
const syntax = `  File "${main}", line 2
    print(2
         ^
SyntaxError: '(' was never closed
`;
const group = `  + Exception Group Traceback (most recent call last):
  |   File "${main}", line 3, in <module>
  |     raise ExceptionGroup('eg', [ValueError(1), TypeError(2)])
  | ExceptionGroup: eg (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: 1
    +---------------- 2 ----------------
    | TypeError: 2
    +------------------------------------
`;

function explain(text: string | Uint8Array, more: object = {}): ReturnType<typeof explainFailure> {
  const tail = typeof text === 'string' ? Buffer.from(text) : text;
  return explainFailure({ tail, exitCode: 1, mainFile: main, folders, interpreter: '/venv/bin/python', ...more });
}

const oneFrame = (exception: string): string =>
  `Traceback (most recent call last):\n  File "${main}", line 4, in <module>\n    x()\n${exception}\n`;

describe('A traceback', () => {
  it('is read with its frames, outermost first', () => {
    const traceback = parseTraceback(raised);
    assert.equal(traceback?.type, 'ValueError');
    assert.equal(traceback.message, 'negative dimensions are not allowed');
    assert.deepEqual(
      traceback.frames.map(({ line, name }) => [line, name]),
      [
        [9, '<module>'],
        [6, 'main'],
        [2, 'load'],
        [191, 'ones'],
      ],
    );
  });

  it('is the last one of a chain, with all lines of its message', () => {
    const traceback = parseTraceback(chained);
    assert.equal(traceback?.type, 'RuntimeError');
    assert.equal(traceback.message, 'wrapped\nsecond line');
    assert.equal(traceback.frames.at(-1)?.line, 5);
  });

  it('may be a syntax error', () => {
    const traceback = parseTraceback(syntax);
    assert.equal(traceback?.type, 'SyntaxError');
    assert.deepEqual(traceback.frames, [{ file: main, line: 2, name: '' }]);
  });

  it('may be of an exception group', () => {
    const traceback = parseTraceback(group);
    assert.equal(traceback?.type, 'ExceptionGroup');
    assert.deepEqual(traceback.frames, [{ file: main, line: 3, name: '<module>' }]);
  });

  it('may be coloured, have Windows line ends, and stand behind a progress bar', () => {
    const windows = raised.replaceAll('\n', '\r\n').replace('ValueError', '\u001b[1;35mValueError\u001b[0m');
    const text = `10%\r50%\r100%\r\n${windows.replace('File "', 'File \u001b[35m"').replace('py",', 'py"\u001b[0m,')}`;
    assert.deepEqual(parseTraceback(text), parseTraceback(raised));
  });

  it('may be cut anywhere: the frames that are left are read, and nothing throws', () => {
    const bytes = Buffer.from(raised.replace('started', 'stärted 😀'));
    for (let cut = 0; cut < bytes.length; cut++) {
      const traceback = parseTraceback(bytes.subarray(cut));
      if (traceback) {
        assert.equal(traceback.type, 'ValueError');
      }
    }
    const middle = raised.slice(raised.indexOf('    main()'));
    assert.equal(parseTraceback(middle)?.frames.length, 3);
  });

  it('is found before what libraries print when they are closed', () => {
    const text = `${raised}2026-11-24 06:11:33,123 - distributed.client - ERROR - closed\n`;
    assert.equal(parseTraceback(text)?.message, 'negative dimensions are not allowed');
  });

  it('is not seen where there is none', () => {
    for (const text of [
      '',
      'done\n',
      'Error: no\n',
      '  File "x.py", line 3, in f\nlater\n',
      '\u0000\u0001',
      'Traceback (most recent call last):\n',
    ]) {
      assert.equal(parseTraceback(text), undefined, JSON.stringify(text));
    }
  });

  it('does not take long for the end of any output', () => {
    const seconds = processorSeconds(() => {
      parseTraceback('x'.repeat(65_536));
      parseTraceback('  File "a", line 1\n'.repeat(3000));
      parseTraceback(`  File "${'"'.repeat(60_000)}`);
    });
    assert.ok(seconds < 2, `${seconds} s`);
  });
});

describe('A failed script', () => {
  it('is placed at the deepest line of the file that was run', () => {
    const record = explain(raised);
    assert.deepEqual(record.location, { file: main, line: 6 });
    assert.equal(record.message, 'ValueError: negative dimensions are not allowed. See the end of the log.');
    assert.equal(record.code, 'scriptRaised');
  });

  it('is placed in a module of the user, where the file itself is not in it', () => {
    const text = raised.replaceAll(main, '/opt/tool.py');
    assert.deepEqual(explain(text).location, { file: '/home/ann/lib/load.py', line: 2 });
    assert.equal(explain(text, { folders: ['/home/an'] }).location, undefined);
  });

  it('is not placed in a library within the folder of the user', () => {
    const text = oneFrame('ValueError: x').replace(main, '/home/ann/.venv/lib/python3.11/site-packages/a/b.py');
    assert.equal(explain(text).location, undefined);
  });

  it('is placed on Windows, whatever the drive letter', () => {
    const text = oneFrame('ValueError: x').replace(main, 'c:\\Users\\Ann\\etl.py');
    assert.equal(explain(text, { mainFile: 'C:\\Users\\Ann\\etl.py' }).location?.line, 4);
  });

  it('is placed at a syntax error', () => {
    assert.deepEqual(explain(syntax).location, { file: main, line: 2 });
    assert.match(explain(syntax).message, /never closed\. Correct the file and run it again\.$/);
  });

  const hints: [exception: string, hint: RegExp][] = [
    [
      'EOFError: EOF when reading a line',
      /reads from standard input, which a run does not have\. Pass values as arguments, by “Run on Dask with Options”\.$/,
    ],
    [
      "ValueError: Unexpected keyword arguments: ['n_workers']",
      /already has a cluster: call Client\(\) without arguments/,
    ],
    [
      "ModuleNotFoundError: No module named 'sklearn.linear'",
      /Install sklearn into \/venv\/bin\/python, or choose another/,
    ],
    [
      "distributed.scheduler.KilledWorker: Attempted to run task 'f-1' on 4 different workers",
      /over the memory limit.*"memoryLimit"/,
    ],
    ['MemoryError', /^MemoryError\. There was not enough memory/],
    ['numpy._core._exceptions._ArrayMemoryError: Unable to allocate 7 TiB', /smaller partitions or chunks/],
    ['distributed.comm.core.CommClosedError: in <TCP>: Stream is closed', /connection to the cluster was lost/],
    ['OSError: Timed out trying to connect to tcp://127.0.0.1:1 after 30 s', /connection to the cluster was lost/],
    ['distributed.VersionMismatchWarning: Mismatched versions found', /different versions of a package/],
    ['ValueError: something else', /something else\. See the end of the log\.$/],
  ];
  it('names the packages of the profile where the Python is that of a cluster', () => {
    const { message } = explain(oneFrame("ModuleNotFoundError: No module named 'sklearn.linear'"), {
      interpreter: undefined,
      packagesField: 'packages',
    });
    assert.match(message, /The machines of the cluster do not have sklearn\. Add it to "packages" in the profile/);
  });
  it('names what a scheduler of somebody else does not have', () => {
    const missing = oneFrame("ModuleNotFoundError: No module named 'helper.deep'");
    const own = explain(missing, { attached: true }).message;
    assert.match(
      own,
      /If the script itself imports helper, install it into \/venv\/bin\/python\. If a task does: modules/,
    );
    const chain = `${missing}\n\nThe above exception was the direct cause of the following exception:\n\n`;
    const said = 'RuntimeError: Error during deserialization of the task graph. This frequently occurs if they differ.';
    const graph = chain + oneFrame(said);
    assert.match(explain(graph, { attached: true }).message, /do not have helper: .*"localModules" in the profile/);
    assert.doesNotMatch(explain(graph).message, /localModules/);
  });
  for (const [exception, hint] of hints) {
    it(`is explained for ${exception}`, () => {
      assert.match(explain(oneFrame(exception)).message, hint);
    });
  }

  it('is what the supervisor says, with the place from the traceback', () => {
    const error = { code: 'diskFull', message: 'There is no space left.' };
    assert.deepEqual(explain(raised, { error }), { ...error, location: { file: main, line: 6 } });
  });

  it('has its place on this machine where its code was on another one', () => {
    const remote = raised.replaceAll(main, `/opt/dask-runner/jobs/r1/code/${main.split('/').at(-1)}`);
    const local = (path: string): string | undefined => localCodePath(path, 'r1', main.slice(0, main.lastIndexOf('/')));
    assert.notEqual(explain(remote).location?.file, main);
    assert.deepEqual(explain(remote, { local }).location, { file: main, line: 6 });
  });

  it('is worded by its exit code or signal where it printed no traceback', () => {
    assert.equal(explain('', { exitCode: 3 }).message, 'The script ended with exit code 3. See the end of the log.');
    assert.match(explain('', { exitCode: undefined, signal: 'SIGHUP' }).message, /ended by SIGHUP\. See the end/);
    assert.match(explain('', { exitCode: undefined, signal: 'SIGSEGV' }).message, /Compiled code of a package crashed/);
    assert.match(explain('', { exitCode: undefined }).message, /left no exit code/);
  });

  const lastLines: [name: string, text: string, line: string][] = [
    ['its last line', 'start\nbye\n\n', 'bye'],
    [
      'what argparse says',
      'usage: etl.py [-h]\netl.py: error: unrecognized arguments: --x\n',
      'etl.py: error: unrecognized arguments: --x',
    ],
    [
      'what Typer draws',
      '╭─ Error ────────────╮\n│ No such option: -x │\n╰────────────────────╯\n',
      'No such option: -x',
    ],
    ['what is before a warning', 'no data\nsys:1: ResourceWarning: unclosed file <x>\n', 'no data'],
    ['what is before a warning with its code', 'no data\n/a/b.py:3: UserWarning: old\n  warn("old")\n', 'no data'],
    ['what is before logs of Dask', 'no data\n2026-11-24 06:11:33,123 - distributed.worker - INFO - bye\n', 'no data'],
    [
      'what is before an ignored exception',
      'no data\nException ignored in: <function C.__del__ at 0x7f>\nTraceback (most recent call last):\n  File "/a.py", line 7, in __del__\nTypeError: x\n',
      'no data',
    ],
    [
      'a line of a log where there is nothing else',
      '2026-11-24 06:11:33,123 - etl - ERROR - no data\n',
      '2026-11-24 06:11:33,123 - etl - ERROR - no data',
    ],
  ];
  for (const [name, text, line] of lastLines) {
    it(`says ${name} where it printed no traceback`, () => {
      assert.equal(
        explain(text).message,
        `The script ended with exit code 1. Its last line is “${line}”. See the end of the log.`,
      );
    });
  }

  const sent = `import dask


def load(text):
    return json.loads(text)


def outer():
    def nested(x):
        return [
            1 / v for v in x
        ]
    return nested


halve = lambda x: (
    x / 0
)


class Model:
    def fit(self, x):
        text = '''
def other(): the text of a string
'''
        raise ValueError(x)
`;
  const places: [place: string, name: string, line: number, there: boolean][] = [
    ['a function', 'load', 5, true],
    ['a nested function', 'nested', 11, true],
    ['a comprehension', '<listcomp>', 11, true],
    ['a lambda', '<lambda>', 17, true],
    ['a method', 'fit', 26, true],
    ['a function of another file', 'load', 11, false],
    ['one of the same name elsewhere', 'outer', 5, false],
    ['an inner line of another one', 'outer', 11, false],
    ['a line that is none of a lambda', '<lambda>', 5, false],
    ['a line between functions', 'load', 7, false],
    ['a text', 'other', 25, false],
    ['a line after the end', 'fit', 27, false],
  ];
  for (const [place, name, line, there] of places) {
    it(`is ${there ? '' : 'not '}placed at ${place} that was sent to a worker`, () => {
      const text = oneFrame('ValueError: x').replace(
        'ValueError',
        `  File "<dynamic-code>", line ${line}, in ${name}\nValueError`,
      );
      assert.deepEqual(explain(text, { script: sent }).location, { file: main, line: there ? line : 4 });
    });
  }

  it('is placed by a path that pytest and IPython have shortened', () => {
    const short = (path: string): string => oneFrame('ValueError: x').replace(main, path);
    assert.deepEqual(explain(short('etl.py')).location, { file: main, line: 4 });
    assert.deepEqual(explain(short('lib/load.py')).location, { file: '/home/ann/lib/load.py', line: 4 });
    assert.deepEqual(
      explain(short('~/lib/load.py'), { folders: ['/home/ann/lib'] }).location?.file,
      '/home/ann/lib/load.py',
    );
  });
});
