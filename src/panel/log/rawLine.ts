import type { LogLine } from '../../protocol/logLine';
import type { CellsText } from './cells';
import { plainLine, renderLine } from './lineText';
import type { Sgr } from './sgr';

/** Characters of one line that are shown, searched and sent; the rest is named by its size. */
export const mostCharacters = 10_000;

/** A line of more bytes than this is never read whole. */
export const longLineBytes = 32 * 1024;

/** What was read of a line: all of it, or the two ends of a long one. */
export interface LineBytes {
  head: Buffer;
  /** Last {@link longLineBytes} bytes of a longer line. */
  tail?: Buffer;
  /** Bytes of the whole line, without its newline. */
  length: number;
}

export interface RawLine {
  text: string;
  /** Bytes that were not read. */
  unread: number;
}

/**
 * The part of a line that matters. A long line that ends in carriage-return segments is a progress bar:
 * its last segments count. Of any other long line the beginning is shown.
 */
export function rawLine(bytes: LineBytes): RawLine {
  const { head, tail, length } = bytes;
  if (tail === undefined) {
    return { text: head.toString('utf8'), unread: 0 };
  }
  const carriageReturn = tail.indexOf(0x0d);
  if (carriageReturn !== -1 && carriageReturn < tail.length - 1) {
    return { text: tail.toString('utf8', carriageReturn + 1), unread: 0 };
  }
  const whole = withoutCutCharacter(head);
  return { text: whole.toString('utf8'), unread: length - whole.length };
}

/** UTF-8 characters have at most four bytes: one that a cut leaves incomplete goes. */
export function withoutCutCharacter(bytes: Buffer): Buffer {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) !== 0x80) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
      return needed > back ? bytes.subarray(0, bytes.length - back) : bytes;
    }
  }
  return bytes;
}

/** The line as it is shown, and the colours that are on after it. */
export function displayLine(bytes: LineBytes, sgr: Sgr): { line: LogLine; sgr: Sgr } {
  const raw = rawLine(bytes);
  const rendered = renderLine(raw.text, sgr);
  const { line, end } = cutLine(rendered);
  if (raw.unread > 0) {
    line.hidden = { count: raw.unread + Buffer.byteLength(rendered.text.slice(end)), unit: 'bytes' };
  }
  return { line, sgr: rendered.sgr };
}

/** A row of a screen as it is shown. */
export function displayRow(row: CellsText): LogLine {
  const { line, end } = cutLine(row);
  if (row.beyond > 0) {
    line.hidden = { count: row.text.length + row.beyond - end, unit: 'characters' };
  }
  return line;
}

function cutLine({ text, styles }: Pick<CellsText, 'text' | 'styles'>): { line: LogLine; end: number } {
  const end = cutAt(text);
  const line: LogLine = { text: end === text.length ? text : text.slice(0, end) };
  const shown = styles
    .filter(([start]) => start < end)
    .map(([start, stop, style]) => [start, Math.min(stop, end), style] as const);
  if (shown.length > 0) {
    line.styles = shown;
  }
  if (end < text.length) {
    line.hidden = { count: text.length - end, unit: 'characters' };
  }
  return { line, end };
}

/** Plain text as {@link displayLine} shows it, for the search. */
export function displayText(bytes: LineBytes): string {
  const text = plainLine(rawLine(bytes).text);
  return text.slice(0, cutAt(text));
}

export function cutAt(text: string): number {
  if (text.length <= mostCharacters) {
    return text.length;
  }
  const last = text.charCodeAt(mostCharacters - 1);
  const high = last >= 0xd800 && last <= 0xdbff;
  return high ? mostCharacters - 1 : mostCharacters;
}
