export interface Frame {
  /** As Python wrote it. */
  file: string;
  /** 1-based. */
  line: number;
  /** Function, `<module>`, or empty for a syntax error. */
  name: string;
}

export interface Traceback {
  /** Name of the exception, with its module where Python wrote one: `distributed.scheduler.KilledWorker`. */
  type: string;
  /** May have several lines; cut at 2,000 characters. */
  message: string;
  /** Outermost first. */
  frames: readonly Frame[];
}

// eslint-disable-next-line no-control-regex -- that is what colours in a terminal are made of
const ansi = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
/** `  | ` before each line of an exception group. */
const groupMargin = /^\s*(?:\| ?)+/;
const frameLine = /^\s*File "(.+)", line (\d+)(?:, in (.*))?$/;
const exceptionLine = /^((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?:: ?(.*))?$/;
const longestMessage = 2000;

/**
 * The last traceback in a piece of output. The piece may begin in the middle of one, and of a character; colours and
 * Windows line ends are put aside. For chained exceptions it is the one that Python printed last: the one that was
 * not caught.
 */
export function parseTraceback(tail: Uint8Array | string): Traceback | undefined {
  const plain = plainLines(tail);
  const lines = plain.some((line) => line.includes('Exception Group Traceback'))
    ? plain.map((line) => line.replace(groupMargin, ''))
    : plain;
  for (let index = lines.length - 1; index >= 0; index--) {
    if (frameLine.test(lines[index] ?? '')) {
      const found = tracebackAround(lines, index);
      if (found) {
        return found;
      }
      // All of this block ends at the same line.
      while (index > 0 && isIndented(lines[index - 1])) {
        index--;
      }
    }
  }
  return undefined;
}

/** Text without colours, in lines. Progress bars overwrite a line by returning to its start: the last writing counts. */
export function plainLines(output: Uint8Array | string): string[] {
  const text = typeof output === 'string' ? output : new TextDecoder().decode(output);
  return text
    .replace(ansi, '')
    .split('\n')
    .map((line) => line.replace(/\r+$/, ''))
    .map((line) => line.slice(line.lastIndexOf('\r') + 1));
}

function tracebackAround(lines: readonly string[], lastFrame: number): Traceback | undefined {
  let end = lastFrame + 1;
  // Source lines and the carets below them are indented; the exception is not.
  while (isIndented(lines[end])) {
    end++;
  }
  const match = exceptionLine.exec(lines[end] ?? '');
  const type = match?.[1];
  if (type === undefined || !looksLikeException(type)) {
    return undefined;
  }
  return { type, message: messageFrom(match?.[2] ?? '', lines.slice(end + 1)), frames: framesBefore(lines, end) };
}

function isIndented(line: string | undefined): boolean {
  return line !== undefined && /^\s/.test(line);
}

/** A word alone on a line after a frame is an exception only where it could be the name of a class. */
function looksLikeException(type: string): boolean {
  const name = type.slice(type.lastIndexOf('.') + 1);
  return /^[A-Z_]/.test(name) || name.endsWith('Error') || name.endsWith('Exception') || type.includes('.');
}

/** Later lines belong to the message until something begins that Python would print next. */
function messageFrom(first: string, rest: readonly string[]): string {
  const message = [first];
  for (const line of rest.slice(0, 40)) {
    if (/^(Traceback |During handling|The above exception|\s*\+-|\S+ - distributed\.|\d{4}-\d\d-\d\d )/.test(line)) {
      break;
    }
    message.push(line);
  }
  return message.join('\n').trim().slice(0, longestMessage);
}

function framesBefore(lines: readonly string[], end: number): Frame[] {
  const frames: Frame[] = [];
  for (let index = end - 1; index >= 0; index--) {
    const line = lines[index] ?? '';
    if (/^\s*(Exception Group )?Traceback \(most recent call last\)/.test(line) || /^\S/.test(line)) {
      break;
    }
    const match = frameLine.exec(line);
    if (match) {
      frames.unshift({ file: match[1] ?? '', line: Number(match[2]), name: match[3] ?? '' });
    }
  }
  return frames;
}
