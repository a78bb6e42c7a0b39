import assert from 'node:assert/strict';
import { renderLine } from '../../../src/panel/log/lineText';

describe('A line of output as a terminal shows it', () => {
  const texts: [name: string, raw: string, text: string][] = [
    ['plain text is as it is', 'a\tb żółć 🎉', 'a\tb żółć 🎉'],
    ['a line of Windows loses its carriage return', 'done\r', 'done'],
    ['a progress bar shows its last state', '  0%|    |\r 50%|##  |\r100%|####|', '100%|####|'],
    ['a shorter state leaves the rest of a longer one', 'abcdef\rXY', 'XYcdef'],
    ['erase to the end after a carriage return', 'abcdef\rXY\x1b[K', 'XY'],
    ['erase the line', 'abcdef\x1b[2K\rnew', 'new'],
    ['backspace', 'abc\b\bX', 'aXc'],
    ['forward leaves blanks', 'a\x1b[3Cb', 'a   b'],
    ['a carriage return at the end and one more line end', 'one\rtwo\r', 'two'],
    ['colours are no text', '\x1b[1;31mred\x1b[0m plain', 'red plain'],
    ['titles and links are no text', '\x1b]0;title\x07x\x1b]8;;http://a\x1b\\y\x1b]8;;\x1b\\', 'xy'],
    ['NUL and others are made visible', 'a\x00b\x01\x7f', 'a␀b␁␡'],
    ['an escape that is none is made visible', 'a\x1b', 'a␛'],
    ['the bell is silent', 'a\x07b', 'ab'],
    ['cursor moves of a whole screen are left out', '\x1b[2Aup\x1b[?25l', 'up'],
  ];
  for (const [name, raw, text] of texts) {
    it(name, () => assert.equal(renderLine(raw, '').text, text));
  }

  it('says where colours are, and what goes on in the next line', () => {
    assert.deepEqual(renderLine('a \x1b[31mred \x1b[1mbold', ''), {
      text: 'a red bold',
      styles: [
        [2, 6, '31'],
        [6, 10, '1;31'],
      ],
      sgr: '1;31',
    });
  });

  it('starts with the colours of the line before', () => {
    assert.deepEqual(renderLine('still red', '31').styles, [[0, 9, '31']]);
    assert.deepEqual(renderLine('red\x1b[0m not', '31'), { text: 'red not', styles: [[0, 3, '31']], sgr: '' });
  });

  it('counts columns in UTF-16 units behind astral characters', () => {
    assert.deepEqual(renderLine('🎉\x1b[32mok', '').styles, [[2, 4, '32']]);
  });

  it('keeps the colours of what a carriage return leaves', () => {
    assert.deepEqual(renderLine('\x1b[31mabcd\x1b[0m\rXY', ''), { text: 'XYcd', styles: [[2, 4, '31']], sgr: '' });
  });
});
