import type { SearchQuery } from './logLine';
import { count, isRecord, shortText } from './shape';

/** How a log tile was left: what it opens with when its page is made again. */
export interface LogView {
  source: string | undefined;
  /** First line in view; with `follow` it is the end. */
  line: number;
  /** Pixels. */
  left: number;
  follow: boolean;
  lineNumbers: boolean;
  find: SearchQuery & {
    open: boolean;
    /** The match that was the current one. */
    at: { line: number; start: number } | undefined;
  };
}

export const newLogView: LogView = {
  source: undefined,
  line: 0,
  left: 0,
  follow: true,
  lineNumbers: false,
  find: { open: false, text: '', matchCase: false, wholeWord: false, regex: false, at: undefined },
};

/** Reads what was kept; parts that do not fit are as in a new view. */
export function parseLogView(value: unknown): LogView {
  const view = isRecord(value) ? value : {};
  const find = isRecord(view['find']) ? view['find'] : {};
  return {
    source: shortText(view['source'], 300),
    line: count(view['line']) ?? 0,
    left: count(view['left']) ?? 0,
    follow: view['follow'] !== false,
    lineNumbers: view['lineNumbers'] === true,
    find: {
      open: find['open'] === true,
      text: shortText(find['text'], 1_000) ?? '',
      matchCase: find['matchCase'] === true,
      wholeWord: find['wholeWord'] === true,
      regex: find['regex'] === true,
      at: parseMatch(find['at']),
    },
  };
}

function parseMatch(value: unknown): { line: number; start: number } | undefined {
  const line = isRecord(value) ? count(value['line']) : undefined;
  const start = isRecord(value) ? count(value['start']) : undefined;
  return line === undefined || start === undefined ? undefined : { line, start };
}
