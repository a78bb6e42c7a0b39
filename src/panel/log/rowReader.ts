import type { FileHandle } from 'node:fs/promises';
import type { LogLine } from '../../protocol/logLine';
import type { Cells } from './cells';
import { displayRow } from './rawLine';
import { readBytes } from './readBytes';
import type { RowStart } from './rowRegion';
import { Screen } from './screen';

const chunkBytes = 64 * 1024;

/**
 * Rows that output has written over, from `first` on: those that have left the screen before the byte `end`, and where
 * the stretch of such rows ends there, all.
 */
export async function* drawnRows(
  file: FileHandle,
  start: RowStart,
  { end, over }: { end: number; over: boolean },
  first: number,
): AsyncGenerator<LogLine, void, undefined> {
  let drawn: LogLine[] = [];
  const leave = (row: number, cells: Cells): void => {
    if (row >= first) {
      drawn.push(displayRow(cells.finish()));
    }
  };
  const { state } = start;
  const screen = 'rows' in state ? Screen.from(state, leave) : new Screen(state.base, state.sgr, leave);
  for (let offset = start.offset; offset < end;) {
    const bytes = await readBytes(file, offset, Math.min(chunkBytes, end - offset));
    if (bytes.length === 0) {
      return;
    }
    screen.feed(bytes);
    offset += bytes.length;
    yield* drawn;
    drawn = [];
  }
  if (over) {
    yield* screen
      .rows()
      .slice(Math.max(0, first - screen.base))
      .map(displayRow);
  }
}
