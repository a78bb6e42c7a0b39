import assert from 'node:assert/strict';

import {
  formatEnvironment,
  joinArguments,
  parseEnvironment,
  problemOf,
  splitArguments,
} from '../../../src/commands/argumentText';

describe('splitArguments', () => {
  const cases: [text: string, parts: string[]][] = [
    ['', []],
    ['   ', []],
    ['--year 2026  input.csv', ['--year', '2026', 'input.csv']],
    ['"two words" \'and three more\'', ['two words', 'and three more']],
    ['--name="Zoë O\'Hara"', ["--name=Zoë O'Hara"]],
    ['a\\ b', ['a b']],
    ['""', ['']],
    ['"a \\"quoted\\" word"', ['a "quoted" word']],
    ["'no \\ escape'", ['no \\ escape']],
    ['C:\\data\\new.csv "D:\\my data\\x.csv"', ['C:\\data\\new.csv', 'D:\\my data\\x.csv']],
    ['$HOME *.csv', ['$HOME', '*.csv']],
  ];
  for (const [text, parts] of cases) {
    it(`splits ${JSON.stringify(text)}`, () => assert.deepEqual(splitArguments(text), parts));
  }

  it('says which quote is not closed', () => {
    assert.equal(
      problemOf(() => splitArguments('a "b')),
      'The quote " is not closed.',
    );
    assert.equal(
      problemOf(() => splitArguments('a "b"')),
      undefined,
    );
  });
});

describe('joinArguments', () => {
  it('is undone by splitArguments', () => {
    for (const parts of [
      ['plain', 'two words', '', "it's", 'say "hi"', `both ' and "`, 'back\\slash', 'C:\\new dir\\', 'tab\there'],
      ['--a=b c', '\\', '\\\\', "\\'"],
    ]) {
      assert.deepEqual(splitArguments(joinArguments(parts)), parts);
    }
  });
});

describe('parseEnvironment', () => {
  it('reads names and values', () => {
    assert.deepEqual(parseEnvironment('A=1 B="two words" C= D=x=y'), { A: '1', B: 'two words', C: '', D: 'x=y' });
  });

  it('names the part that is not of the form', () => {
    assert.equal(
      problemOf(() => parseEnvironment('A=1 oops')),
      '"oops" is not of the form NAME=VALUE.',
    );
    assert.equal(
      problemOf(() => parseEnvironment('1A=1')),
      '"1A=1" is not of the form NAME=VALUE.',
    );
  });

  it('is undone by formatEnvironment', () => {
    const environment = { A: '1', B: 'two words', C: '', D: `"quoted" and 'quoted'` };
    assert.deepEqual(parseEnvironment(formatEnvironment(environment)), environment);
  });
});
