import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTraceback } from '../../../src/core/traceback';

/** What each Python really printed: `SCRIPT-VERSION.txt`, with the paths of nobody. */
const folder = join(process.cwd(), 'test/unit/core/tracebacks');

const bad = { type: 'ValueError', message: 'bad column' };
const two = { ...bad, message: 'bad column\nsecond line' };

/** Exception, and line and function of the deepest frame outside of libraries. */
const scripts: Record<string, { type: string; message: string; place: [line: number, name: string] }> = {
  bar: { ...bad, place: [3, 'load'] },
  deleted: { ...bad, place: [7, '<module>'] },
  futures: { ...bad, place: [3, 'load'] },
  group: { type: 'ExceptionGroup', message: 'loads (2 sub-exceptions): ValueError: bad column', place: [5, 'load'] },
  hook: { ...bad, place: [6, 'load'] },
  ipython: { ...two, place: [9, 'load'] },
  ipythonPlain: { ...two, place: [9, 'load'] },
  joblib: { ...bad, place: [3, 'load'] },
  logging: { ...bad, place: [4, 'load'] },
  loguru: { ...bad, place: [4, 'load'] },
  multiprocessing: { ...bad, place: [3, 'load'] },
  noise: { ...bad, place: [33, 'load'] },
  notes: { ...bad, message: 'bad column\na note\nof two lines', place: [4, 'load'] },
  pytest: { ...two, place: [3, ''] },
  pytestShort: { ...two, place: [3, 'load'] },
  recursion: { type: 'RecursionError', message: 'maximum recursion depth exceeded', place: [2, 'load'] },
  rich: { ...bad, place: [5, 'load'] },
  richChain: {
    ...bad,
    message: `bad column ${'that is told of in many words '.repeat(6).trim()} \nsecond line`,
    place: [7, 'load'],
  },
  richLog: { ...bad, message: 'x', place: [5, 'f'] },
  richTask: { ...bad, place: [5, 'load'] },
  syntax: { type: 'SyntaxError', message: "'(' was never closed", place: [2, ''] },
  task: {
    type: 'json.decoder.JSONDecodeError',
    message: 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)',
    place: [4, 'load'],
  },
  taskGroup: {
    type: 'ExceptionGroup',
    message: 'unhandled errors in a TaskGroup (1 sub-exception): ValueError: bad column',
    place: [3, 'load'],
  },
  typer: { ...bad, place: [4, 'load'] },
};

describe('A traceback that was really printed', () => {
  const files = readdirSync(folder);

  it('is there for each script', () => {
    assert.deepEqual([...new Set(files.map(scriptOf))].sort(), Object.keys(scripts).sort());
  });

  for (const file of files) {
    it(`is understood: ${file}`, () => {
      const text = readFileSync(join(folder, file), 'utf8');
      const expected = scripts[scriptOf(file)]!;
      const found = parseTraceback(text);
      const own = found?.frames.filter((frame) => !/\/lib\/python3|site-packages/.test(frame.file)).at(-1);
      assert.equal(found?.type.replace(/^exceptiongroup\./, ''), expected.type);
      assert.equal(found.message, expected.message);
      assert.deepEqual([own?.line, own?.name], expected.place);
      assert.ok(found.frames.every((frame) => frame.line > 0 && !frame.file.includes('\n')));
    });
  }
});

function scriptOf(file: string): string {
  return file.slice(0, file.indexOf('-'));
}
