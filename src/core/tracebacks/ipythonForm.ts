import type { Block, Frame } from './block';
import { exceptionLine, wholeMessage } from './exceptionLine';
import { isConnector } from './noise';

const header = /^([\p{L}_][\p{L}\p{N}_.]*)\s+Traceback \(most recent call last\)$/u;
const fileFrame = /^File (\S.*?):(\d+)(?:, in ([^(]+)(?:\(.*)?)?$/;
/** Before version 8.5 or so: the line is that of the arrow below. */
const oldFrame = /^(\S.*) in ([\w<>]+)(?:\(.*\))?$/;
const cellFrame = /^(?:Cell |Input )(In ?\[\d+\])(?:, line (\d+)|, in .*)?(?:, in ([^(]+)(?:\(.*)?)?$/;
const arrow = /^-+> (\d+) /;
const mostLines = 5000;

/** IPython's tracebacks with context, which scripts, notebooks and their runners print. */
export function ipythonBlock(lines: readonly string[], at: number): Block | undefined {
  const type = header.exec(lines[at] ?? '')?.[1];
  if (type === undefined) {
    return undefined;
  }
  const frames: Frame[] = [];
  let open: string[] | undefined;
  for (let next = at + 1; next < lines.length && next - at < mostLines; next++) {
    const line = lines[next] ?? '';
    if (header.test(line)) {
      return undefined;
    }
    const end = exceptionLine(line);
    if (end && lastName(end.type) === lastName(type)) {
      return {
        type: end.type,
        message: wholeMessage(end.message, lines, next + 1),
        frames,
        writer: 'script',
        end: next + 1,
        quoted: false,
        chained: isConnector(lines[at - 1] ?? '') || isConnector(lines[at - 2] ?? ''),
      };
    }
    const match = fileFrame.exec(line) ?? cellFrame.exec(line);
    const pointed = arrow.exec(line)?.[1];
    if (match?.[2] !== undefined) {
      frames.push({ file: match[1] ?? '', line: Number(match[2]), name: match[3]?.trim() ?? '<module>' });
      open = undefined;
    } else if (pointed !== undefined && open) {
      frames.push({ file: open[0] ?? '', line: Number(pointed), name: open[1] ?? '' });
      open = undefined;
    } else if (match) {
      open = [match[1] ?? '', match[3] ?? '<module>'];
    } else if (!/^\s|^-+>/.test(line)) {
      const old = oldFrame.exec(line);
      open = old ? [old[1] ?? '', old[2] ?? ''] : open;
    }
  }
  return undefined;
}

function lastName(type: string): string {
  return type.slice(type.lastIndexOf('.') + 1);
}
