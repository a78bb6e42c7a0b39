import type { SearchQuery } from '../../protocol/logLine';

/** Turns what was typed into a regular expression. Throws a SyntaxError for a regex that is none. */
export function compileQuery(query: SearchQuery): RegExp {
  const flags = query.matchCase ? 'g' : 'gi';
  const source = query.regex ? query.text : query.text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const pattern = query.wholeWord ? `(?<![\\p{L}\\p{N}_])(?:${source})(?![\\p{L}\\p{N}_])` : source;
  try {
    return new RegExp(pattern, `${flags}u`);
  } catch (error) {
    if (query.wholeWord) {
      throw error;
    }
    // Without `u`, harmless escapes such as `\-` are allowed, as in most editors.
    return new RegExp(pattern, flags);
  }
}

/** All matches of a line as `start, end` pairs. Empty matches are none: they cannot be shown. */
export function matchesIn(pattern: RegExp, text: string, add: (start: number, end: number) => void): void {
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match[0] === '') {
      pattern.lastIndex += 1;
      if (pattern.lastIndex > text.length) {
        return;
      }
    } else {
      add(match.index, match.index + match[0].length);
    }
  }
}
