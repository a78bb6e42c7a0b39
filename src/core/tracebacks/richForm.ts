import type { Block, Frame, Writer } from './block';
import { cutMessage, exceptionLine, looksLikeException } from './exceptionLine';
import { beginsSomethingElse, isConnector, writerOf } from './noise';

/** Boxes are drawn with ASCII where the output has no other characters. */
const header = /^(.*?)([╭+])[─-]+ Traceback \(most recent call last\) ?[─-]*[╮+]\s*$/;
const location = /^(.+):(\d+)(?: in (.+))?$/;
/** Of code that is in no file. */
const unplaced = /^in (.+):(\d+)$/;
/** Code, the frame of local values, and blank lines. */
const notLocation = /^(?:[\s❱>╭+|│]|\\u2771|$)/;
const mostLines = 2000;

/** The boxes of rich, and of Typer, which uses it. */
export function richBlock(lines: readonly string[], at: number): Block | undefined {
  const match = header.exec(lines[at] ?? '');
  if (!match) {
    return undefined;
  }
  const before = match[1] ?? '';
  const left = before.length;
  const width = (lines[at] ?? '').trimEnd().length - left;
  const foot = match[2] === '+' ? '+-' : '╰─';
  const inside: string[] = [];
  let end = at + 1;
  while (end < lines.length && end - at < mostLines && !(lines[end] ?? '').startsWith(foot, left)) {
    if (header.test(lines[end] ?? '')) {
      return undefined;
    }
    inside.push((lines[end] ?? '').slice(left + 2, left + width - 2));
    end++;
  }
  const found = exceptionLine(below(lines[end + 1] ?? '', left));
  if (!found || !(looksLikeException(found.type) || found.said)) {
    return undefined;
  }
  const rest = lines.slice(end + 2, end + 42).map((line) => below(line, left));
  const frames = framesInside(inside, width - 4);
  return {
    type: found.type,
    message: unwrapped(found.type.length + 2, found.message, rest, width),
    frames,
    writer: boxWriter(lines, at, before, frames),
    end: end + 2,
    quoted: false,
    chained: isConnector(lines[at - 1] ?? '') || isConnector(lines[at - 2] ?? ''),
  };
}

/** A line below a box. Those of a logger are filled up with spaces; in others a space is where a line was broken. */
function below(line: string, left: number): string {
  return left === 0 ? line : line.slice(left).trimEnd();
}

/** Typer leaves out how its command was called. Only rich's own handler of logs draws boxes beside its lines. */
function boxWriter(lines: readonly string[], at: number, before: string, frames: readonly Frame[]): Writer {
  const found = writerOf(lines, at, before, frames[0]?.name === '<module>');
  return before.trim() === '' && before.length < 8 && found !== 'ignored' ? 'script' : found;
}

/** Each frame begins a paragraph of its own, one without code may not; a long path goes on in the next lines. */
function framesInside(inside: readonly string[], width: number): Frame[] {
  const frames: Frame[] = [];
  for (const [at, line] of inside.entries()) {
    const odd = unplaced.exec(line.trimEnd());
    if (odd) {
      frames.push({ file: '<unknown>', line: Number(odd[2]), name: odd[1] ?? '' });
    } else if (!notLocation.test(line) && (inside[at - 1] ?? '').trim() === '') {
      const match = location.exec(joined(inside, at, width));
      if (match) {
        frames.push({ file: match[1] ?? '', line: Number(match[2]), name: match[3] ?? '' });
      }
    }
  }
  return frames;
}

function joined(inside: readonly string[], at: number, width: number): string {
  let text = (inside[at] ?? '').trimEnd();
  let last = text;
  for (let next = at + 1; next < at + 8; next++) {
    const line = (inside[next] ?? '').trimEnd();
    const goesOn = last.length === width || !location.test(text) || line.startsWith('in ');
    if (!goesOn || line === '' || notLocation.test(line)) {
      break;
    }
    text += last.length === width ? line : ` ${line}`;
    last = line;
  }
  return text;
}

/**
 * Rich breaks lines at its width, after a space where it can: those are joined again.
 *
 * @param indent characters before the first line of the message
 */
function unwrapped(indent: number, first: string, rest: readonly string[], width: number): string {
  let message = first;
  let length = indent + first.length;
  for (const line of rest) {
    if (beginsSomethingElse(line)) {
      break;
    }
    const word = /^\S+/.exec(line)?.[0] ?? '';
    const broken = word !== '' && (length >= width || (message.endsWith(' ') && length + word.length > width));
    message += broken ? line : `\n${line}`;
    length = line.length;
  }
  return cutMessage(message);
}
