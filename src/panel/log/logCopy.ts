import { describeHidden, type LogPosition } from '../../protocol/logLine';
import type { LogFile } from './logFile';

/** Longest text that is put on the clipboard, characters. */
export const mostCopied = 10_000_000;

const windowLines = 500;

/**
 * The text between two places, as it is shown, with `\n` between lines; what a long line hides is named at
 * its end, so that nobody takes the part for the whole. Undefined when it is longer than
 * {@link mostCopied}: the caller offers to save it.
 */
export async function textBetween(log: LogFile, from: LogPosition, to: LogPosition): Promise<string | undefined> {
  const parts: string[] = [];
  let length = 0;
  let line = from.line;
  while (line <= to.line) {
    const { lines } = await log.lines(line, Math.min(windowLines, to.line - line + 1));
    if (lines.length === 0) {
      break;
    }
    for (const { text, hidden } of lines) {
      const start = line === from.line ? from.column : 0;
      const end = line === to.line ? to.column : text.length;
      const rest = hidden && end >= text.length ? describeHidden(hidden) : '';
      const part = text.slice(start, end) + rest;
      parts.push(part);
      length += part.length + 1;
      line += 1;
    }
    if (length > mostCopied) {
      return undefined;
    }
  }
  return parts.join('\n');
}
