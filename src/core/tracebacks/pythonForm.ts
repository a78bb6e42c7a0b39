import type { Block, Frame, Writer } from './block';
import { exceptionLine, looksLikeException, wholeMessage } from './exceptionLine';
import { isConnector, isLogLine, isWarning, writerOf } from './noise';

const header = /^(.*?)(?<!Group )Traceback \(most recent call last\):$/;
/** As CPython writes it, as loguru does (`> File`), and as IPython's plain mode does (without quotes). */
const quotedFrame = /^[\s>]*File "(.+)", line (\d+)(?:, in (.*))?$/;
const bareFrame = /^\s*File (\S.*):(\d+)(?: in (.*))?$/;
/** Python 3.11 and 3.12 indent these of a task's traceback too little, down to not at all. */
const carets = /^[\s~^]*[~^][\s~^]*$/;
const mostPrefixed = 1000;
const syntaxErrors = /^(?:[\w.]*\.)?(?:SyntaxError|IndentationError|TabError)$/;

export function pythonBlock(lines: readonly string[], at: number): Block | undefined {
  const match = header.exec(lines[at] ?? '');
  if (match) {
    // Some loggers write the same before each line; a bar without an end only before the first.
    const before = match[1] ?? '';
    const prefix = before !== '' && (lines[at + 1] ?? '').startsWith(before) ? before : '';
    const found = prefix === '' ? body(lines, at + 1) : prefixedBody(lines, at + 1, prefix);
    return found && { ...found, ...circumstances(lines, at, before, found.frames) };
  }
  return at === 0 ? cutBlock(lines) : syntaxError(lines, at);
}

type Body = Omit<Block, 'writer' | 'quoted' | 'chained'>;

/** Frames, then the exception, from a line on. */
function body(lines: readonly string[], from: number): Body | undefined {
  const frames: Frame[] = [];
  for (let at = from; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const frame = frameOf(line);
    if (frame) {
      frames.push(frame);
    } else if (!isBelowFrame(line)) {
      const found = exceptionLine(line);
      if (!found || !(looksLikeException(found.type) || (found.said && frames.length > 0))) {
        return undefined;
      }
      return { type: found.type, message: wholeMessage(found.message, lines, at + 1), frames, end: at + 1 };
    }
  }
  return undefined;
}

/** Lines of code, the marks below them, and what other processes wrote meanwhile. */
function isBelowFrame(line: string): boolean {
  return line === '' || /^\s/.test(line) || carets.test(line) || isLogLine(line) || isWarning(line);
}

/** The end of an output may begin within a traceback, and within a line. */
function cutBlock(lines: readonly string[]): Block | undefined {
  const first = lines.findIndex((line, at) => at > 0 && !isBelowFrame(line));
  const limit = first === -1 ? lines.length : first;
  const frame = lines.findIndex((line) => frameOf(line) !== undefined);
  if (frame === -1 || frame > limit) {
    return undefined;
  }
  const found = body(lines, frame);
  return found && { ...found, writer: 'script', quoted: false, chained: false };
}

/** A script that cannot be read has one frame, without a function, and no header. */
function syntaxError(lines: readonly string[], at: number): Block | undefined {
  if (!/^\s+File ".+", line \d+$/.test(lines[at] ?? '') || /^\s/.test(lines[at - 1] ?? '')) {
    return undefined;
  }
  const found = body(lines, at);
  return found && found.frames.length === 1 && syntaxErrors.test(found.type)
    ? { ...found, writer: 'script', quoted: false, chained: false }
    : undefined;
}

function circumstances(
  lines: readonly string[],
  at: number,
  before: string,
  frames: readonly Frame[],
): Pick<Block, 'writer' | 'quoted' | 'chained'> {
  const above = lines[at - 1] === '' ? (lines[at - 2] ?? '') : (lines[at - 1] ?? '');
  return {
    writer: writer(lines, at, before, frames),
    quoted: lines[at - 1] === '"""',
    chained: isConnector(above),
  };
}

function writer(lines: readonly string[], at: number, before: string, frames: readonly Frame[]): Writer {
  const [first = '', second = ''] = frames.map(({ file }) => file.replaceAll('\\', '/'));
  if (/\/multiprocessing\/resource_tracker\.py$/.test(first)) {
    return 'ignored';
  }
  const child = [first, second].some((file) => /\/multiprocessing\/(?:spawn|forkserver|process)\.py$/.test(file));
  const down = frames[0]?.name === '<module>' || /runpy\b|\/dask_runner\//.test(first);
  const found = writerOf(lines, at, before, down);
  return child && found !== 'ignored' ? 'elsewhere' : found;
}

export function frameOf(line: string): Frame | undefined {
  const match = quotedFrame.exec(line) ?? bareFrame.exec(line);
  return match ? { file: match[1] ?? '', line: Number(match[2]), name: match[3] ?? '' } : undefined;
}

function prefixedBody(lines: readonly string[], from: number, prefix: string): Body | undefined {
  const prefixed = lines.slice(from, from + mostPrefixed);
  const end = prefixed.findIndex((line) => !line.startsWith(prefix) && line !== prefix.trimEnd());
  const found = body(
    (end === -1 ? prefixed : prefixed.slice(0, end)).map((line) => line.slice(prefix.length)),
    0,
  );
  return found && { ...found, end: from + found.end };
}
