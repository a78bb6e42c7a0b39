import { isBar, isLogLine, isOthers, isWarning } from './noise';
import { plainLines } from './outputLines';

const longest = 300;

/**
 * What an output says last: its last line that is not empty, drawn, logged or said by an interpreter that ends; where
 * all are, the last that has a word. Empty where none has. At most 300 characters.
 */
export function lastLine(tail: Uint8Array | string): string {
  const lines = plainLines(tail);
  const said = lines.findLastIndex((line, at) => hasWord(line) && !isOthers(line) && !belongsToNoise(lines, at));
  const found =
    lines[said] ?? lines.findLast((line) => hasWord(line) && !isBar(line)) ?? lines.findLast((line) => hasWord(line));
  return undrawn(found ?? '').slice(0, longest);
}

function hasWord(line: string): boolean {
  return /[\p{L}\p{N}]/u.test(line);
}

/** Code below a warning, and tracebacks that did not end the script. */
function belongsToNoise(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? '';
  const above = lines[at - 1] ?? '';
  if (/^\s/.test(line) && isWarning(above)) {
    return true;
  }
  for (let up = at; up >= 0 && up > at - mostOfTraceback; up--) {
    if ((lines[up] ?? '').includes('Traceback (most recent call last)')) {
      const closed = lines.slice(up + 1, at).some((between) => between !== '' && !/^[\s~^]/.test(between));
      return !closed && isOthers(lines[up - 1] ?? '') && !isLogLine(lines[up - 1] ?? '');
    }
  }
  return false;
}

const mostOfTraceback = 60;

/** Without the sides of a box. */
function undrawn(line: string): string {
  return line.replace(/^[\s│|]+|[\s│|]+$/g, '');
}
