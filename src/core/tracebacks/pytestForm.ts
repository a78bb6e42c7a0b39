import type { Block, Frame } from './block';
import { cutMessage, exceptionLine, looksLikeException } from './exceptionLine';

const header = /^_{3,} .+ _{3,}$/;
/** The end of all failures. */
const summary = /^={3,} .* ={3,}$/;
const errorLine = /^E( +)(\S.*)$/;
const location = /^(\S.*?):(\d+): ?(?:in (.+)|[\w.]+)?$/;

/** The first failure of a run of pytest. What failed after it is passed over. */
export function pytestBlock(lines: readonly string[], at: number): Block | undefined {
  if (!header.test(lines[at] ?? '')) {
    return undefined;
  }
  const found = lines.findIndex((line, index) => index > at && (header.test(line) || summary.test(line)));
  const section = lines.slice(at + 1, found === -1 ? lines.length : found);
  const first = section.findIndex((line) => errorLine.test(line));
  if (first === -1) {
    return undefined;
  }
  const end = lines.findIndex((line, index) => index > at && summary.test(line));
  return {
    ...failure(section, first),
    frames: section.map(frameOf).filter((frame) => frame !== undefined),
    writer: 'script',
    end: end === -1 ? lines.length : end,
    quoted: false,
    chained: false,
  };
}

/** A chain of exceptions has a stretch of such lines for each: the last one counts. */
function failure(section: readonly string[], first: number): Pick<Block, 'type' | 'message'> {
  let begin = first;
  for (let at = first + 1; at < section.length; at++) {
    if (errorLine.test(section[at] ?? '') && !/^E\b/.test(section[at - 1] ?? '')) {
      begin = at;
    }
  }
  const indent = errorLine.exec(section[begin] ?? '')?.[1]?.length ?? 0;
  const said: string[] = [];
  for (let at = begin; /^E(?: |$)/.test(section[at] ?? ''); at++) {
    said.push((section[at] ?? '').slice(1).replace(new RegExp(`^ {0,${indent}}`), ''));
  }
  const [line = '', ...rest] = said;
  const found = exceptionLine(line);
  return found && looksLikeException(found.type)
    ? { type: found.type, message: cutMessage([found.message, ...rest].join('\n')) }
    : { type: 'AssertionError', message: cutMessage(said.join('\n')) };
}

function frameOf(line: string): Frame | undefined {
  const match = location.exec(line);
  return match ? { file: match[1] ?? '', line: Number(match[2]), name: match[3] ?? '' } : undefined;
}
