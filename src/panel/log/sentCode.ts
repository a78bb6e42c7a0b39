import { functionsOf, type FunctionAt } from '../../core/pythonFunctions';
import { scriptText } from '../../machine/scriptText';
import type { LineLink, LogLine } from '../../protocol/logLine';

/** What cloudpickle calls the file of functions that it sends: their lines are those of the script. */
const sentFrame = /\bFile "<dynamic-code>", line (\d{1,7}), in (<\w+>|[\p{L}_][\p{L}\p{N}_]*)/gu;

/** Lines with links from code that was sent to workers to the one script that has a function of that name there. */
export async function withSentCode(lines: readonly LogLine[], scripts: readonly string[]): Promise<readonly LogLine[]> {
  if (scripts.length === 0 || !lines.some(({ text }) => text.includes('"<dynamic-code>"'))) {
    return lines;
  }
  const known = new Map<string, FunctionAt>();
  for (const path of scripts) {
    const text = await scriptText(path);
    if (text !== undefined) {
      known.set(path, functionsOf(text));
    }
  }
  return lines.map((line) => {
    const links = [...line.text.matchAll(sentFrame)].flatMap((match) => linkOf(match, known));
    return links.length === 0 ? line : { ...line, links };
  });
}

function linkOf(match: RegExpExecArray, scripts: ReadonlyMap<string, FunctionAt>): LineLink[] {
  const line = Number(match[1]);
  const [path, another] = [...scripts].filter(([, functionAt]) => functionAt(match[2] ?? '', line));
  if (path === undefined || another !== undefined) {
    return [];
  }
  return [{ start: match.index, end: match.index + match[0].indexOf(', in '), path: path[0], line }];
}
