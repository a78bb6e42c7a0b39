import type { LineLink } from '../../../src/protocol/logLine';

/** A place in a file that a log names. Columns in UTF-16 units; `line` and `column` are 1-based. */
export interface Link {
  start: number;
  end: number;
  path: string;
  line: number;
  column?: number;
}

/** As Python's tracebacks have it. */
const pythonFrame = /\bFile "([^"<>\n]{1,1000})", line (\d{1,7})/g;

/** `path:line` and `path:line:column`, for names that look like text files. Linear: it starts only where a name can. */
const pathAndLine =
  /(?<![\w.\\/~:-])((?:[A-Za-z]:)?[\w.\\/~-]*\.(?:pyx?|pyi|ipynb|jsx?|tsx?|c|cc|cpp|h|rs|go|java|sh|json|ya?ml|toml|cfg|ini|txt|csv|sql)):(\d{1,7})(?::(\d{1,5}))?(?![\w])/g;

/** @param known links that the host has found */
export function findLinks(text: string, known: readonly LineLink[] = []): Link[] {
  const links: Link[] = [...known];
  for (const match of text.matchAll(pythonFrame)) {
    add(links, match);
  }
  if (text.includes(':')) {
    for (const match of text.matchAll(pathAndLine)) {
      add(links, match);
    }
  }
  return links.sort((a, b) => a.start - b.start);
}

function add(links: Link[], match: RegExpExecArray): void {
  const start = match.index;
  const end = start + match[0].length;
  const line = Number(match[2]);
  if (line < 1 || links.some((link) => start < link.end && end > link.start)) {
    return;
  }
  const link: Link = { start, end, path: match[1] ?? '', line };
  if (match[3] !== undefined && Number(match[3]) > 0) {
    link.column = Number(match[3]);
  }
  links.push(link);
}
