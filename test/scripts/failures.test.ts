import assert from 'node:assert/strict';
import { failuresIn } from '../../scripts/levels/failures.mjs';

/** A whole run prints thousands of lines, and may be kept only in part: what failed is told once more at its end. */
describe('what failed in a level', () => {
  it('is what mocha tells of each failed test, without the tests of the next suite', () => {
    const output = [
      '  a run',
      '    \u001b[32m✔\u001b[39m passes (3ms)',
      '    1) fails',
      '',
      '  1 passing (2s)',
      '  1 failing',
      '',
      '  1) a run',
      '       fails:',
      '     AssertionError: 1 == 2',
      'The tests left 1 runs and 0 clusters behind.',
      '',
      '  two windows',
      '    ✔ pass too',
      '  3 passing (1s)',
      'host: the end',
    ].join('\n');
    const found = failuresIn(output);
    assert.deepEqual(found.slice(0, 6), [
      '  1 failing',
      '',
      '  1) a run',
      '       fails:',
      '     AssertionError: 1 == 2',
      'The tests left 1 runs and 0 clusters behind.',
    ]);
    assert.ok(!found.some((line) => /pass too|passing|the end/.test(line)));
  });

  it('is what pytest tells after its dots, and each check that is not clean', () => {
    const output = [
      'ruff check: not clean',
      'mypy: clean',
      '..F. [100%]',
      '=================== FAILURES ===================',
      '______ test_one ______',
      'E   assert 1 == 2',
      '=========== short test summary info ============',
      'FAILED tests/test_one.py::test_one - assert 1 == 2',
    ].join('\n');
    assert.deepEqual(failuresIn(output), [
      'ruff check: not clean',
      ...output.split('\n').slice(3), //
    ]);
  });

  it('is the end of the output where no test says that it failed', () => {
    const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`);
    assert.deepEqual(failuresIn(`${lines.join('\n')}\n`), lines.slice(40));
  });
});
