import type { Block, Traceback, Writer } from './tracebacks/block';
import { groupBlock } from './tracebacks/groupForm';
import { ipythonBlock } from './tracebacks/ipythonForm';
import { plainLines } from './tracebacks/outputLines';
import { pytestBlock } from './tracebacks/pytestForm';
import { pythonBlock } from './tracebacks/pythonForm';
import { richBlock } from './tracebacks/richForm';

export type { Frame, Traceback } from './tracebacks/block';

/** A script is ended by the first of these that there is. What Python ignored never ends one. */
const ranks: readonly Writer[] = ['script', 'handler', 'log', 'elsewhere'];

/**
 * The exception that ended a script, by the end of its output. That may begin in the middle of a traceback, and of a
 * character; colours and Windows line ends are put aside. It is not always the last traceback: what was ignored,
 * logged or raised in a thread is printed after it. For chained exceptions it is the last of the chain: the one that
 * was not caught.
 */
export function parseTraceback(tail: Uint8Array | string): Traceback | undefined {
  const blocks = readBlocks(plainLines(tail));
  for (const rank of ranks) {
    const found = blocks.findLast(({ writer }) => writer === rank);
    if (found) {
      const { type, message, frames } = found;
      return { type, message, frames };
    }
  }
  return undefined;
}

/** All tracebacks in some lines, of any form; of a chain the last one. */
function readBlocks(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length;) {
    const found =
      groupBlock(lines, at, readBlocks) ??
      richBlock(lines, at) ??
      ipythonBlock(lines, at) ??
      pytestBlock(lines, at) ??
      pythonBlock(lines, at);
    if (found) {
      const cause = found.chained ? blocks.pop() : undefined;
      blocks.push(cause ? chained(cause, found) : found);
    }
    at = found ? Math.max(found.end, at + 1) : at + 1;
  }
  return blocks;
}

function chained(cause: Block, block: Block): Block {
  // Text of another process: the same exception, from where it was raised.
  const same = cause.quoted && cause.type.endsWith(lastName(block.type)) && cause.message === block.message;
  // What comes down from the script's module is its own, whatever was above the cause.
  const passedOver = block.writer !== 'script' && (cause.writer === 'ignored' || cause.writer === 'elsewhere');
  return {
    ...block,
    frames: same ? [...block.frames, ...cause.frames] : block.frames,
    writer: passedOver && !cause.quoted ? cause.writer : block.writer,
  };
}

function lastName(type: string): string {
  return type.slice(type.lastIndexOf('.') + 1);
}
