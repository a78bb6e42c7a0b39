import { renderLine } from '../../../src/panel/log/lineText';
import { mostCharacters } from '../../../src/panel/log/rawLine';
import type { SearchQuery } from '../../../src/protocol/logLine';
import { compileQuery } from '../../../src/panel/log/matcher';

/** What the log should say, read in the simplest way: the whole file at once. */
export function naiveLines(content: Buffer): { text: string; styles: readonly unknown[] }[] {
  const parts: Buffer[] = [];
  let start = 0;
  for (let at = content.indexOf(10); at !== -1; at = content.indexOf(10, start)) {
    parts.push(content.subarray(start, at));
    start = at + 1;
  }
  if (start < content.length) {
    parts.push(content.subarray(start));
  }
  let sgr = '';
  return parts.map((part) => {
    const line = renderLine(part.toString('utf8'), sgr);
    sgr = line.sgr;
    return { text: line.text, styles: line.styles };
  });
}

export function naiveMatches(content: Buffer, query: SearchQuery): number[] {
  const pattern = compileQuery(query);
  return naiveLines(content).flatMap(({ text }, line) =>
    [...text.slice(0, mostCharacters).matchAll(pattern)]
      .filter(([found]) => found !== '')
      .flatMap((m) => [line, m.index, m.index + m[0].length]),
  );
}

/** Output of all kinds: short and long lines, colours that go on, progress bars, and bytes that are no text. */
export function randomOutput(random: () => number, bytes: number): Buffer {
  const pieces = [
    () => Buffer.from('plain words and numbers 123 '),
    () => Buffer.from('żółć 東京 🎉 '),
    () => Buffer.from([0xff, 0xc3, 0x28, 0xe2, 0x82]),
    () => Buffer.from([0x00, 0x01, 0x7f, 0x08]),
    () => Buffer.from(`\x1b[${Math.floor(random() * 110)}m`),
    () => Buffer.from('\x1b[38;5;200mpink\x1b[39m'),
    () => Buffer.from('\x1b[2K\x1b[1A'),
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
    const part = (pieces[Math.floor(random() * pieces.length)] as () => Buffer)();
    parts.push(part);
    length += part.length;
  }
  return Buffer.concat(parts);
}
