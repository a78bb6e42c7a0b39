import { put, TomlError, type TomlNode, type TomlTable } from './toml';

const bareKey = /[A-Za-z0-9_-]+/y;
/** Numbers, truth values and times: whatever is not quoted. */
const bare = /\d{4}-\d\d-\d\d \d\d:[\d:.]+(?:Z|[+-][\d:]+)?|[A-Za-z0-9_+.:-]+/y;
const escapes: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\u001B' };

/** Reads the tokens of TOML; see `parseToml`. */
export class TomlReader {
  #at = 0;
  #line = 1;

  constructor(private readonly text: string) {}

  get atEnd(): boolean {
    return this.#at >= this.text.length;
  }

  get line(): number {
    return this.#line;
  }

  take(token: string): boolean {
    const found = this.text.startsWith(token, this.#at);
    if (found) {
      this.#move(token.length);
    }
    return found;
  }

  /** Spaces, comments and line ends. */
  skipAll(): void {
    this.#skip(/(?:[ \t\n]|#[^\n]*)*/y);
  }

  endOfLine(): void {
    this.#skip(/[ \t]*(?:#[^\n]*)?/y);
    if (!this.atEnd && !this.take('\n')) {
      throw this.#unexpected();
    }
  }

  /** A dotted key and what ends it. */
  key(end: string): string[] {
    const path: string[] = [];
    for (;;) {
      this.#skip(/[ \t]*/y);
      const quote = this.text.charAt(this.#at);
      const part = quote === '"' || quote === "'" ? this.#string(quote) : this.#match(bareKey);
      if (part === undefined) {
        throw this.#unexpected();
      }
      path.push(part);
      this.#skip(/[ \t]*/y);
      if (this.take(end)) {
        return path;
      }
      if (!this.take('.')) {
        throw this.#unexpected();
      }
    }
  }

  /** `key = value` */
  entryInto(table: TomlTable): void {
    const line = this.#line;
    const path = this.key('=');
    put(table, path, this.value(), line);
  }

  value(): TomlNode {
    this.#skip(/[ \t]*/y);
    const line = this.#line;
    const first = this.text.charAt(this.#at);
    if (first === '"' || first === "'") {
      return { kind: 'text', text: this.#string(first), line };
    }
    if (this.take('[')) {
      return { kind: 'list', items: this.#items(), line };
    }
    if (this.take('{')) {
      return this.#inlineTable(line);
    }
    const text = this.#match(bare);
    if (text === undefined) {
      throw this.#unexpected();
    }
    return { kind: 'other', text, line };
  }

  #items(): TomlNode[] {
    const items: TomlNode[] = [];
    for (;;) {
      this.skipAll();
      if (this.take(']')) {
        return items;
      }
      items.push(this.value());
      this.skipAll();
      if (!this.take(',') && !this.text.startsWith(']', this.#at)) {
        throw this.#unexpected();
      }
    }
  }

  #inlineTable(line: number): TomlTable {
    const table: TomlTable = { kind: 'table', entries: new Map(), line };
    for (;;) {
      this.skipAll();
      if (this.take('}')) {
        return table;
      }
      this.entryInto(table);
      this.skipAll();
      if (!this.take(',') && !this.text.startsWith('}', this.#at)) {
        throw this.#unexpected();
      }
    }
  }

  #string(quote: string): string {
    const triple = quote.repeat(3);
    const long = this.take(triple);
    const end = long ? triple : quote;
    if (long) {
      this.take('\n');
    } else {
      this.take(quote);
    }
    let value = '';
    for (;;) {
      const char = this.text.charAt(this.#at);
      if (this.atEnd || (char === '\n' && !long)) {
        throw new TomlError(this.#line, 'a string has no end');
      }
      // Two quotes may stand before the three that end it.
      if (this.text.startsWith(end, this.#at) && !(long && this.text.startsWith(end, this.#at + 1))) {
        this.take(end);
        return value;
      }
      this.#move(1);
      value += char === '\\' && quote === '"' ? this.#escaped() : char;
    }
  }

  #escaped(): string {
    if (this.#match(/[ \t]*\n[ \t\n]*/y) !== undefined) {
      return '';
    }
    const code = this.#match(/u[\dA-Fa-f]{4}|U[\dA-Fa-f]{8}|x[\dA-Fa-f]{2}/y);
    if (code !== undefined) {
      const point = parseInt(code.slice(1), 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : '\uFFFD';
    }
    const char = this.text.charAt(this.#at);
    this.#move(1);
    return escapes[char] ?? char;
  }

  #skip(pattern: RegExp): void {
    this.#match(pattern);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) {
      this.#move(found.length);
    }
    return found;
  }

  #move(length: number): void {
    for (let at = this.#at; at < this.#at + length; at += 1) {
      this.#line += this.text.charAt(at) === '\n' ? 1 : 0;
    }
    this.#at += length;
  }

  #unexpected(): TomlError {
    const rest = this.text.slice(this.#at, this.#at + 20).split('\n')[0] ?? '';
    return new TomlError(this.#line, rest === '' ? 'it ends too early' : `"${rest}" is not expected there`);
  }
}
