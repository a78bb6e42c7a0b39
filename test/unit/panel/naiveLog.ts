import { applySgr } from '../../../src/panel/log/sgr';
import { mostCharacters } from '../../../src/panel/log/rawLine';
import type { SearchQuery } from '../../../src/protocol/logLine';
import { compileQuery } from '../../../src/panel/log/matcher';

interface NaiveRow {
  characters: string[];
  states: string[];
}

/** What moves, erases or colours, what else an escape is, one control character, or text. */
// eslint-disable-next-line no-control-regex
const token = /\x1b\[([0-?]*)[ -/]*([@-~])|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]|[^]/gu;

/** A terminal of 50 rows and what has scrolled out of it, drawn in the simplest way: the whole file at once. */
export function naiveLines(content: Buffer): { text: string; styles: readonly unknown[] }[] {
  const rows: NaiveRow[] = [];
  let [row, column, sgr] = [0, 0, ''];
  const lines = splitLines(content);
  for (const [number, line] of lines.entries()) {
    while (rows.length <= row) {
      rows.push({ characters: [], states: [] });
    }
    for (const [all, parameters = '', final] of line.toString('utf8').matchAll(token)) {
      const { characters, states } = rows[row] as NaiveRow;
      const count = Number(parameters) || 0;
      const top = Math.max(0, rows.length - 50);
      if (final === undefined && all.startsWith('\x1b') && all.length > 1) {
        continue;
      }
      if (final === 'm') {
        sgr = applySgr(sgr, parameters);
      } else if (final === 'A' || final === 'F') {
        row = Math.max(top, row - Math.max(1, count));
        column = final === 'F' ? 0 : column;
      } else if (final === 'B' || final === 'E') {
        row = Math.min(rows.length - 1, row + Math.max(1, count));
        column = final === 'E' ? 0 : column;
      } else if (final === 'C' || final === 'D') {
        column = Math.max(0, column + (final === 'C' ? 1 : -1) * Math.max(1, count));
      } else if (final === 'G') {
        column = Math.max(0, count - 1);
      } else if (final === 'K' && count !== 1) {
        characters.length = states.length = count === 2 ? 0 : Math.min(characters.length, column);
      } else if (final === 'J' && count === 0) {
        characters.length = states.length = Math.min(characters.length, column);
        rows.slice(row + 1).forEach((below) => (below.characters.length = below.states.length = 0));
      } else if (final === undefined && all === '\r') {
        column = 0;
      } else if (final === undefined && all === '\b') {
        column = Math.max(0, column - 1);
      } else if (final === undefined && all !== '\x07') {
        while (characters.length < column) {
          characters.push(' ');
          states.push('');
        }
        const code = all.codePointAt(0) as number;
        characters[column] =
          code === 0x7f ? '\u2421' : code < 0x20 && code !== 9 ? String.fromCodePoint(0x2400 + code) : all;
        states[column] = sgr;
        column += 1;
      }
    }
    if (number < lines.length - 1 || content.at(-1) === 10) {
      row += 1;
      column = 0;
    }
  }
  return rows.map(naiveText);
}

function splitLines(content: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let start = 0;
  for (let at = content.indexOf(10); at !== -1; at = content.indexOf(10, start)) {
    parts.push(content.subarray(start, at));
    start = at + 1;
  }
  if (start < content.length) {
    parts.push(content.subarray(start));
  }
  return parts;
}

function naiveText({ characters, states }: NaiveRow): { text: string; styles: readonly unknown[] } {
  const styles: [number, number, string][] = [];
  let text = '';
  for (const [at, character] of characters.entries()) {
    const state = states[at] as string;
    const last = styles.at(-1);
    if (state !== '' && last && last[1] === text.length && last[2] === state) {
      last[1] += character.length;
    } else if (state !== '') {
      styles.push([text.length, text.length + character.length, state]);
    }
    text += character;
  }
  return { text, styles };
}

export function naiveMatches(content: Buffer, query: SearchQuery): number[] {
  const pattern = compileQuery(query);
  return naiveLines(content).flatMap(({ text }, line) =>
    [...text.slice(0, mostCharacters).matchAll(pattern)]
      .filter(([found]) => found !== '')
      .flatMap((m) => [line, m.index, m.index + m[0].length]),
  );
}

/**
 * Output of all kinds: short and long lines, colours that go on, progress bars, and bytes that are no text.
 *
 * @param moves share of pieces that move the cursor up, from 0 to 1
 */
export function randomOutput(random: () => number, bytes: number, moves = 0): Buffer {
  const up = [
    () => Buffer.from(`\x1b[${1 + Math.floor(random() * 4)}A`),
    () => Buffer.from(`\x1b[${Math.floor(random() * 60)}A\r`),
    () => Buffer.from(`\x1b[${Math.floor(random() * 3)}F`),
    () => Buffer.from('\x1b[A\x1b[J'),
    () => Buffer.from(`\n\r bar ${Math.floor(random() * 100)}%\x1b[A`),
    () => Buffer.from('\x1b[2B'),
  ];
  const pieces = [
    () => Buffer.from('plain words and numbers 123 '),
    () => Buffer.from('żółć 東京 🎉 '),
    () => Buffer.from([0xff, 0xc3, 0x28, 0xe2, 0x82]),
    () => Buffer.from([0x00, 0x01, 0x7f, 0x08]),
    () => Buffer.from(`\x1b[${Math.floor(random() * 110)}m`),
    () => Buffer.from('\x1b[38;5;200mpink\x1b[39m'),
    () => Buffer.from('\x1b[2K'),
    () => Buffer.from(' 10%|█         |\r 20%|██        |'),
    () => Buffer.from('\r\n'),
    () => Buffer.from('\n'),
    () => Buffer.from('\n'),
    () => Buffer.from('x'.repeat(Math.floor(random() * 300))),
    () => Buffer.alloc(random() < 0.01 ? 20_000 : 1, 0x79),
  ];
  const parts: Buffer[] = [];
  let length = 0;
  while (length < bytes) {
    const from = random() < moves ? up : pieces;
    const part = (from[Math.floor(random() * from.length)] as () => Buffer)();
    parts.push(part);
    length += part.length;
  }
  return Buffer.concat(parts);
}
