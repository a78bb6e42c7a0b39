import { invalid } from '../http/apiError';
import { valueAt } from '../json';
import type { LogEntry } from './logStore';

type Test = (entry: LogEntry) => boolean;

const severities = ['DEFAULT', 'DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'CRITICAL', 'ALERT', 'EMERGENCY'];
const token = /\s*(?:(\()|(\))|(!=|<=|>=|=~|!~|=|<|>|:)|"((?:[^"\\]|\\.)*)"|([^\s()=<>!:"~]+))/y;

interface Token {
  readonly kind: 'open' | 'close' | 'operator' | 'text' | 'word';
  readonly text: string;
}

/**
 * A filter of Logging's query language: comparisons (`= != : < <= > >= =~ !~`), AND (also unsaid), OR, NOT, `-` and
 * parentheses. Throws INVALID_ARGUMENT for one that cannot be read.
 */
export function logFilter(text: string): Test {
  const parser = new Parser(tokens(text));
  return parser.all();
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  token.lastIndex = 0;
  const trimmed = text.trimEnd();
  while (token.lastIndex < trimmed.length) {
    const at = token.lastIndex;
    const match = token.exec(trimmed);
    if (match === null) {
      throw invalid(`Unparseable filter: syntax error at position ${at}`);
    }
    const [, open, close, operator, quoted, word] = match;
    if (open !== undefined || close !== undefined) {
      found.push({ kind: open === undefined ? 'close' : 'open', text: '' });
    } else if (operator !== undefined) {
      found.push({ kind: 'operator', text: operator });
    } else if (quoted !== undefined) {
      found.push({ kind: 'text', text: quoted.replace(/\\(.)/g, '$1') });
    } else {
      found.push({ kind: 'word', text: word ?? '' });
    }
  }
  return found;
}

class Parser {
  #at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  all(): Test {
    const test = this.tokens.length === 0 ? () => true : this.#any();
    if (this.#at < this.tokens.length) {
      throw this.#error();
    }
    return test;
  }

  #any(): Test {
    // In Logging, OR binds tighter than AND.
    const tests = [this.#either()];
    while (this.#at < this.tokens.length && this.tokens[this.#at]?.kind !== 'close') {
      this.#skipWord('AND');
      tests.push(this.#either());
    }
    return (entry) => tests.every((test) => test(entry));
  }

  #either(): Test {
    const tests = [this.#not()];
    while (this.#skipWord('OR')) {
      tests.push(this.#not());
    }
    return (entry) => tests.some((test) => test(entry));
  }

  #not(): Test {
    if (this.#skipWord('NOT')) {
      const test = this.#not();
      return (entry) => !test(entry);
    }
    const next = this.tokens[this.#at];
    if (next?.kind === 'open') {
      this.#at++;
      const test = this.#any();
      if (this.tokens[this.#at++]?.kind !== 'close') {
        throw this.#error();
      }
      return test;
    }
    return this.#comparison();
  }

  #comparison(): Test {
    const left = this.tokens[this.#at++];
    if (left === undefined || (left.kind !== 'word' && left.kind !== 'text')) {
      throw this.#error();
    }
    const operator = this.tokens[this.#at];
    if (operator?.kind !== 'operator') {
      const wanted = left.text.toLowerCase();
      return (entry) => JSON.stringify(entry).toLowerCase().includes(wanted);
    }
    this.#at++;
    const negated = left.text.startsWith('-');
    const field = negated ? left.text.slice(1) : left.text;
    const test = this.#right(field, operator.text);
    return negated ? (entry) => !test(entry) : test;
  }

  #right(field: string, operator: string): Test {
    const right = this.tokens[this.#at++];
    if (right?.kind === 'open') {
      // field = (a OR b)
      const values: string[] = [];
      while (this.tokens[this.#at]?.kind !== 'close') {
        this.#skipWord('OR');
        const value = this.tokens[this.#at++];
        if (value === undefined) {
          throw this.#error();
        }
        values.push(value.text);
      }
      this.#at++;
      return (entry) => values.some((value) => compare(entry, field, operator, value));
    }
    if (right === undefined || (right.kind !== 'word' && right.kind !== 'text')) {
      throw this.#error();
    }
    return (entry) => compare(entry, field, operator, right.text);
  }

  #skipWord(word: string): boolean {
    const next = this.tokens[this.#at];
    const found = next?.kind === 'word' && next.text === word;
    this.#at += found ? 1 : 0;
    return found;
  }

  #error(): Error {
    return invalid('Unparseable filter: syntax error');
  }
}

function compare(entry: LogEntry, field: string, operator: string, wanted: string): boolean {
  const value = valueAt(entry, field);
  const text = value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value);
  switch (operator) {
    case '=':
      return text === wanted;
    case '!=':
      return text !== wanted;
    case ':':
      return text !== undefined && (wanted === '*' || text.toLowerCase().includes(wanted.toLowerCase()));
    case '=~':
      return text !== undefined && new RegExp(wanted).test(text);
    case '!~':
      return text === undefined || !new RegExp(wanted).test(text);
    default:
      return text !== undefined && ordered(order(field, text), operator, order(field, wanted));
  }
}

function order(field: string, text: string): number {
  if (field === 'severity') {
    return severities.indexOf(text.toUpperCase());
  }
  if (field.toLowerCase().endsWith('timestamp')) {
    // Microseconds, which a Date drops.
    const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
    return Math.floor(Date.parse(text) / 1000) * 1e6 + Number(fraction.padEnd(6, '0').slice(0, 6));
  }
  return Number(text);
}

function ordered(left: number, operator: string, right: number): boolean {
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    default:
      return left >= right;
  }
}
