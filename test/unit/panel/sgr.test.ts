import assert from 'node:assert/strict';
import { applySgr } from '../../../src/panel/log/sgr';

describe('SGR state', () => {
  const cases: [before: string, parameters: string, after: string][] = [
    ['', '31', '31'],
    ['31', '1', '1;31'],
    ['1;31', '39', '1'],
    ['1;2;31', '22', '31'],
    ['1;31;42', '0', ''],
    ['1;31;42', '', ''],
    ['31', '0;32', '32'],
    ['', '1;4;38;5;208;48;2;1;2;3', '1;4;38;5;208;48;2;1;2;3'],
    ['38;5;208', '31', '31'],
    ['', '38:2::10:20:30', '38;2;10;20;30'],
    ['', '38:5:7', '38;5;7'],
    ['', '4:3', '4'],
    ['4', '4:0', ''],
    ['', '97;107', '97;107'],
    ['31', '38;5;999', '31'],
    ['31', '999', '31'],
    ['', '38;2;1;2', ''],
    ['', '38', ''],
  ];
  for (const [before, parameters, after] of cases) {
    it(`${before === '' ? 'plain' : before}, then ${parameters === '' ? 'nothing' : parameters}`, () =>
      assert.equal(applySgr(before, parameters), after));
  }

  it('is its own parameters: applied to plain text, a state gives itself', () => {
    const state = applySgr('', '1;3;9;38;2;9;8;7;48;5;100');
    assert.equal(applySgr('', state), state);
  });
});
