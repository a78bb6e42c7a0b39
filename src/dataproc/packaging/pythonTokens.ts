export type TokenKind = 'name' | 'string' | 'operator' | 'newline';

export interface Token {
  kind: TokenKind;
  /** A string's content as it is written, without prefix and quotes. */
  text: string;
  /** 1-based. */
  line: number;
  /** The first token of its physical line. */
  first: boolean;
}

const blank = /[ \t\f]/;
const nameStart = /[\p{L}\p{Nl}_]/u;
const name = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}·]*/uy;
const number = /\d[\w.]*/y;
const stringStart = /(?:[rbuft]{0,2})('''|"""|'|")/iy;

/**
 * Python source as tokens: comments are left out, and each string is one token, whatever is in it. Source that is
 * wrong gives the tokens that can be told; nothing is thrown.
 */
export function pythonTokens(source: string): Token[] {
  const text = source.replace(/\r\n?/g, '\n');
  const tokens: Token[] = [];
  let line = 1;
  let first = true;
  let at = 0;
  const push = (kind: TokenKind, value: string): void => {
    tokens.push({ kind, text: value, line, first });
    first = false;
  };
  while (at < text.length) {
    const char = text.charAt(at);
    const string = matchAt(stringStart, text, at);
    if (char === '\n') {
      push('newline', char);
      line += 1;
      first = true;
      at += 1;
    } else if (blank.test(char)) {
      at += 1;
    } else if (char === '#') {
      at = endOfLine(text, at);
    } else if (char === '\\' && text.charAt(at + 1) === '\n') {
      line += 1;
      at += 2;
    } else if (string !== undefined) {
      const quote = /['"]+$/.exec(string)?.[0] ?? '';
      const begin = at + string.length;
      const end = stringEnd(text, begin, quote, string.toLowerCase());
      const closed = text.startsWith(quote, end - quote.length) && end - quote.length >= begin;
      push('string', text.slice(begin, closed ? end - quote.length : end));
      line += text.slice(at, end).split('\n').length - 1;
      at = end;
    } else {
      const word = nameStart.test(charAt(text, at)) ? matchAt(name, text, at) : undefined;
      if (word !== undefined) {
        // Python compares names in this form (PEP 3131).
        push('name', word.normalize('NFKC'));
        at += word.length;
      } else {
        const digits = matchAt(number, text, at);
        push('operator', digits ?? char);
        at += digits?.length ?? 1;
      }
    }
  }
  return tokens;
}

/** Where the string that begins at `at`, after its quote, has ended. */
function stringEnd(text: string, at: number, quote: string, prefix: string): number {
  return (/[ft]/.test(prefix) ? formattedEnd(text, at, quote) : undefined) ?? plainEnd(text, at, quote);
}

function plainEnd(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\') {
      at += 1;
    } else if (char === '\n' && quote.length === 1) {
      return at;
    } else if (text.startsWith(quote, at)) {
      return at + quote.length;
    }
  }
  return text.length;
}

/** Since Python 3.12 the quote of an f-string may come again within its braces; undefined where it does not end. */
function formattedEnd(text: string, from: number, quote: string): number | undefined {
  let at = from;
  while (at < text.length) {
    const char = text.charAt(at);
    if (text.startsWith(quote, at)) {
      return at + quote.length;
    } else if (char === '\n' && quote.length === 1) {
      return undefined;
    } else if (char === '\\') {
      at += text.charAt(at + 1) === '{' ? 1 : 2;
    } else if (text.startsWith('{{', at)) {
      at += 2;
    } else if (char === '{') {
      const end = fieldEnd(text, at + 1, quote);
      if (end === undefined) {
        return undefined;
      }
      at = end;
    } else {
      at += 1;
    }
  }
  return undefined;
}

/** Where a replacement field has ended, after its `}`. */
function fieldEnd(text: string, from: number, quote: string): number | undefined {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const char = text.charAt(at);
    const string = /\w/.test(text.charAt(at - 1)) ? undefined : matchAt(stringStart, text, at);
    if (string !== undefined) {
      const begin = at + string.length;
      at = stringEnd(text, begin, /['"]+$/.exec(string)?.[0] ?? '', string.toLowerCase());
    } else if (char === '#') {
      at = endOfLine(text, at);
    } else if (char === '}' && depth === 0) {
      return at + 1;
    } else if (char === ':' && depth === 0) {
      return formatEnd(text, at + 1, quote);
    } else {
      depth += '([{'.includes(char) ? 1 : ')]}'.includes(char) ? -1 : 0;
      at += 1;
    }
  }
  return undefined;
}

/** After a field's colon comes text, which may hold fields again. */
function formatEnd(text: string, from: number, quote: string): number | undefined {
  let at = from;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '}') {
      return at + 1;
    } else if (text.startsWith(quote, at)) {
      return undefined;
    } else if (char === '{') {
      const end = fieldEnd(text, at + 1, quote);
      if (end === undefined) {
        return undefined;
      }
      at = end;
    } else {
      at += 1;
    }
  }
  return undefined;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function charAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at) ?? 0);
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
