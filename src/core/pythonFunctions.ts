/** A statement of Python, over as many lines as its brackets and strings take. Lines are 1-based. */
interface Statement {
  first: number;
  last: number;
  indent: number;
  /** Its code in each line, without strings and comments. */
  code: string[];
}

const definition = /^\s*(?:async\s+)?def\s+([\p{L}_][\p{L}\p{N}_]*)/u;
/** Functions that have no name of their own: what their statement holds at or before the line. */
const unnamed: Readonly<Record<string, RegExp>> = {
  '<lambda>': /\blambda\b/,
  '<genexpr>': /\bfor\b/,
  '<listcomp>': /\bfor\b/,
  '<setcomp>': /\bfor\b/,
  '<dictcomp>': /\bfor\b/,
};

/** True where a line (1-based) is within the function of that name, as tracebacks name it. */
export type FunctionAt = (name: string, line: number) => boolean;

/**
 * The functions of a script by their lines: the innermost one around a line counts, at the top level, nested or as a
 * method.
 */
export function functionsOf(script: string): FunctionAt {
  const statements = statementsOf(script);
  return (name, line) => {
    const at = statements.findLastIndex((statement) => statement.first <= line);
    const here = statements[at];
    if (!here || line > here.last) {
      return false;
    }
    const words = unnamed[name];
    if (words) {
      return here.code.slice(0, line - here.first + 1).some((code) => words.test(code));
    }
    return innermost(statements, at) === name;
  };
}

function innermost(statements: readonly Statement[], at: number): string | undefined {
  let indent = Infinity;
  for (let above = at; above >= 0 && indent > 0; above--) {
    const statement = statements[above];
    if (statement && statement.indent < indent) {
      indent = statement.indent;
      // The statement itself may be `def f(x): return 1 / x`.
      const found = definition.exec(statement.code[0] ?? '')?.[1];
      if (found !== undefined) {
        return found;
      }
    }
  }
  return undefined;
}

/** Just as much of Python's grammar as tells where statements begin and end. */
function statementsOf(script: string): Statement[] {
  const statements: Statement[] = [];
  let open: Statement | undefined;
  let depth = 0;
  let quote = '';
  for (const [index, line] of script.split(/\r\n|\r|\n/).entries()) {
    const text = scan(line, quote, depth);
    const goesOn = open !== undefined;
    if (open) {
      open.code.push(text.code);
      open.last = index + 1;
    } else if (text.code.trim() !== '' || text.quote !== '' || text.strings) {
      open = { first: index + 1, last: index + 1, indent: indentOf(line), code: [text.code] };
      statements.push(open);
    }
    ({ quote, depth } = text);
    if (quote === '' && depth === 0 && !text.continued && (goesOn || open)) {
      open = undefined;
    }
  }
  return statements;
}

interface Scanned {
  code: string;
  /** The quotes of a string that is open at the line's end. */
  quote: string;
  /** Brackets that are. */
  depth: number;
  continued: boolean;
  strings: boolean;
}

function scan(line: string, openQuote: string, openDepth: number): Scanned {
  let code = '';
  let quote = openQuote;
  let depth = openDepth;
  let strings = openQuote !== '';
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (quote !== '') {
      if (character === '\\') {
        at++;
      } else if (line.startsWith(quote, at)) {
        at += quote.length - 1;
        quote = '';
      }
    } else if (character === '#') {
      break;
    } else if (character === '"' || character === "'") {
      quote = line.startsWith(character.repeat(3), at) ? character.repeat(3) : character;
      at += quote.length - 1;
      strings = true;
    } else {
      depth += '([{'.includes(character) ? 1 : 0;
      depth -= ')]}'.includes(character) ? 1 : 0;
      code += character;
    }
  }
  const continued = line.endsWith('\\') && quote.length !== 3;
  return { code, quote: quote.length === 3 || continued ? quote : '', depth: Math.max(0, depth), continued, strings };
}

/** As Python counts it: tabs go to columns of eight. */
function indentOf(line: string): number {
  let column = 0;
  for (const character of /^[ \t\f]*/.exec(line)?.[0] ?? '') {
    column = character === '\t' ? column + 8 - (column % 8) : character === '\f' ? 0 : column + 1;
  }
  return column;
}
