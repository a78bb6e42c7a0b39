import type { FileHandle } from 'node:fs/promises';
import type { LogLine } from '../../protocol/logLine';
import type { Block, LineIndex } from './lineIndex';
import { displayLine, displayRow, longLineBytes, type LineBytes } from './rawLine';
import { readBytes } from './readBytes';
import { drawnRows } from './rowReader';
import type { RowRegion } from './rowRegion';
import { applySgr, type Sgr } from './sgr';

/** A window is cut short when its text would be longer than this; the caller asks again for the rest. */
const mostWindowCharacters = 1_000_000;

/**
 * Reads `count` lines from `first` on; fewer at the end of the file, or when they are very long. Takes at
 * most some 100 KB of the file for each block it touches, however long the lines are.
 */
export async function readLines(
  file: FileHandle,
  index: LineIndex,
  first: number,
  count: number,
): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  const end = Math.min(first + count, index.lineCount);
  let characters = 0;
  let line = first;
  while (line < end && characters < mostWindowCharacters) {
    const { screen } = index;
    if (screen && line >= screen.first) {
      // All at once: while the file is read, rows leave it.
      lines.push(...screen.rows.slice(line - screen.first, end - screen.first).map(displayRow));
      break;
    }
    const before = line;
    const block = index.blockOf(line);
    const rows = block.region
      ? drawnRows(file, block.region.startFor(line), drawnTo(block.region, index), line)
      : linesOfBlock(file, index, block, line);
    for await (const found of rows) {
      lines.push(found);
      line += 1;
      characters += found.text.length;
      if (line >= end || characters >= mostWindowCharacters) {
        break;
      }
    }
    if (line < end && lines.length === 0) {
      break; // The file has become shorter than its index: the next look at it finds out.
    }
    if (line === before || (!block.region && line < block.line + block.lineCount)) {
      break;
    }
  }
  return lines;
}

function drawnTo(region: RowRegion, index: LineIndex): { end: number; over: boolean } {
  return { end: region.end ?? index.size, over: region.end !== undefined };
}

async function* linesOfBlock(
  file: FileHandle,
  index: LineIndex,
  block: Block,
  from: number,
): AsyncGenerator<LogLine, void, undefined> {
  const bytes = await readBytes(file, block.start, Math.min(block.end - block.start, index.blockBytes + longLineBytes));
  let sgr: Sgr = block.sgr;
  let at = 0;
  for (let line = block.line; line < block.line + block.lineCount; line += 1) {
    const newline = bytes.indexOf(0x0a, at);
    const last = line === block.line + block.lineCount - 1;
    if (newline === -1 && !last) {
      return;
    }
    const end = newline === -1 ? block.end - block.start : newline;
    if (line < from) {
      sgr = sgrAfter(bytes.subarray(at, end), sgr);
    } else {
      const shown = displayLine(await lineBytes(file, bytes, block.start, at, end, newline === -1), sgr);
      yield shown.line;
      sgr = end - at > longLineBytes ? sgrAfter(bytes.subarray(at, end), sgr) : shown.sgr;
    }
    at = end + 1;
  }
}

/** `at` and `end` are offsets in the block; the last line of a block may go on beyond what was read. */
async function lineBytes(
  file: FileHandle,
  bytes: Buffer,
  blockStart: number,
  at: number,
  end: number,
  open: boolean,
): Promise<LineBytes> {
  if (end - at <= longLineBytes) {
    return { head: bytes.subarray(at, end), length: end - at };
  }
  let stop = end;
  if (open) {
    // The last line of a block ends with its newline, unless it is the last of the file.
    const [final] = await readBytes(file, blockStart + end - 1, 1);
    stop = final === 0x0a ? end - 1 : end;
  }
  const tail = await readBytes(file, blockStart + stop - longLineBytes, longLineBytes);
  return { head: bytes.subarray(at, at + longLineBytes), tail, length: stop - at };
}

function sgrAfter(bytes: Buffer, sgr: Sgr): Sgr {
  if (!bytes.includes(0x1b)) {
    return sgr;
  }
  let state = sgr;
  // eslint-disable-next-line no-control-regex
  for (const match of bytes.toString('latin1').matchAll(/\x1b\[([0-9;:]*)m/g)) {
    state = applySgr(state, match[1] ?? '');
  }
  return state;
}
