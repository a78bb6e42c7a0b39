/** One line of a log, ready to be shown. */
export interface LogLine {
  text: string;
  /** `[start, end, sgr]`: columns in UTF-16 units; `sgr` are parameters of `ESC [ … m`, such as `1;31`. */
  styles?: readonly (readonly [start: number, end: number, sgr: string])[];
  /** What a long line has beyond `text`. */
  hidden?: { count: number; unit: 'characters' | 'bytes' };
  /** Places in files that the text itself does not name. */
  links?: readonly LineLink[];
}

/** Columns in UTF-16 units; `line` is 1-based, `path` absolute. */
export interface LineLink {
  start: number;
  end: number;
  path: string;
  line: number;
}

/** What stands for the rest of a long line: `… 1,234 more characters`. */
export function describeHidden(hidden: NonNullable<LogLine['hidden']>): string {
  return `… ${hidden.count.toLocaleString('en')} more ${hidden.unit}`;
}

/** Output moves the cursor at most so many rows up, its own included: rows further up stay as they are. */
export const liveRows = 50;

export interface SearchQuery {
  text: string;
  matchCase: boolean;
  wholeWord: boolean;
  regex: boolean;
}

/** A place in a log: 0-based line, column in UTF-16 units. */
export interface LogPosition {
  line: number;
  column: number;
}

/** Matches beyond this many are not kept, only said to exist. */
export const mostMatches = 100_000;
