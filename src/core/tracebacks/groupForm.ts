import type { Block } from './block';
import { cutMessage } from './exceptionLine';

const header = /^(\s*)[+|] Exception Group Traceback \(most recent call last\):$/;

const mostDepth = 20;

/** Reads lines that hold one traceback, or one after the other. */
type ReadAll = (lines: readonly string[]) => readonly Block[];

/**
 * An exception group with the first of the exceptions in it, which says more than the group does. Its lines have a
 * margin, `  | `, that is deeper for each level.
 */
export function groupBlock(lines: readonly string[], at: number, readAll: ReadAll): Block | undefined {
  const margin = header.exec(lines[at] ?? '')?.[1];
  if (margin === undefined || !/^\s*\|\s+File "/.test(lines[at + 1] ?? '')) {
    return undefined;
  }
  let end = at;
  while (end < lines.length && (lines[end] ?? '').startsWith(margin) && /^\s*[|+]/.test(lines[end] ?? '')) {
    end++;
  }
  const found = readGroup(
    lines.slice(at, end).map((line) => line.slice(margin.length)),
    readAll,
    0,
  );
  return found && { ...found, end, quoted: false, chained: false };
}

/** @param lines without the margin of the levels around it: all begin with `|` or `+`, or are of a level below */
function readGroup(lines: readonly string[], readAll: ReadAll, depth: number): Block | undefined {
  const group = groupAlone(lines, readAll);
  const first = group && firstInside(lines, readAll, depth);
  if (!first) {
    return group;
  }
  const said = first.message === '' ? first.type : `${first.type}: ${first.message}`;
  return {
    ...group,
    message: cutMessage(`${group.message}: ${said}`),
    frames: [...group.frames, ...first.frames],
  };
}

function groupAlone(lines: readonly string[], readAll: ReadAll): Block | undefined {
  return readAll(lines.filter((line) => line.startsWith('|') || header.test(line)).map(unmargined)).at(-1);
}

/** The first exception that is no group itself. */
function firstInside(lines: readonly string[], readAll: ReadAll, depth: number): Block | undefined {
  const begin = lines.findLastIndex((line) => /^\+-\+-+ \d+ -+$/.test(line));
  if (begin === -1 || depth > mostDepth) {
    return undefined;
  }
  const inside = lines.slice(begin + 1).map((line) => line.slice(2));
  const end = inside.findIndex((line) => /^\+-{3,}/.test(line));
  const first = end === -1 ? inside : inside.slice(0, end);
  if (first.some((line) => header.test(line) && !/^\s/.test(line))) {
    const group = groupAlone(first, readAll);
    const deeper = firstInside(first, readAll, depth + 1);
    return group && deeper ? { ...deeper, frames: [...group.frames, ...deeper.frames] } : group;
  }
  const text = first.map(unmargined);
  // An exception that was never raised has no frames and no header.
  return readAll(text).at(-1) ?? readAll(['Traceback (most recent call last):', ...text]).at(-1);
}

function unmargined(line: string): string {
  return header.test(line) ? 'Traceback (most recent call last):' : line.replace(/^\| ?/, '');
}
