import type { PythonImport } from './pythonImports';
import type { Token } from './pythonTokens';

/** A module that is named only while the code runs, so that nobody can tell which it is before. */
export interface UnseenImport {
  /** 1-based. */
  line: number;
  /** What it is called by: `import_module`, `iter_modules`. */
  call: string;
  /** The beginning of the name that is written: `['jobs']` of `f"jobs.{name}"`; empty where there is none. */
  within: readonly string[];
}

export interface ImportCall {
  imports: readonly PythonImport[];
  unseen: readonly UnseenImport[];
}

/** An argument of a call: its keyword, where it has one, and its tokens. */
interface Argument {
  keyword: string | undefined;
  tokens: readonly Token[];
}

const none: ImportCall = { imports: [], unseen: [] };
const dotted = /^[^\s.'"\\{}]+(\.[^\s.'"\\{}]+)*$/;
const relative = /^(\.+)((?:[^\s.'"\\{}]+(?:\.[^\s.'"\\{}]+)*)?)$/;

/**
 * What a call imports: `import_module('a.b')`, also with a package or keywords, `__import__('a.b')`, and what looks
 * for all modules of a package.
 *
 * @param index of the name that is called
 * @param aliases other names of `import_module` in this source
 */
export function importCall(tokens: readonly Token[], index: number, aliases: ReadonlySet<string>): ImportCall {
  const [callee, bracket] = [tokens[index], tokens[index + 1]];
  const before = tokens[index - 1];
  if (callee?.kind !== 'name' || !isOperator(bracket, '(') || isName(before, 'def') || isName(before, 'class')) {
    return none;
  }
  const { line, text: call } = callee;
  if (call === 'iter_modules' || call === 'walk_packages') {
    const path = argument(argumentsOf(tokens, index + 1), 'path', 0)?.tokens ?? [];
    const end = path.findIndex((token) => isName(token, '__path__'));
    const within = end > 0 ? path.slice(0, end).flatMap((one) => (one.kind === 'name' ? [one.text] : [])) : [];
    return { imports: [], unseen: [{ line, call, within }] };
  }
  if (call !== 'import_module' && call !== '__import__' && !aliases.has(call)) {
    return none;
  }
  const given = argumentsOf(tokens, index + 1);
  const name = argument(given, 'name', 0);
  const [first] = name?.tokens ?? [];
  if (name === undefined || first === undefined) {
    return none;
  }
  const found = name.tokens.length === 1 && first.kind === 'string' ? named(first, call, given) : undefined;
  return found !== undefined
    ? { imports: [found], unseen: [] }
    : { imports: [], unseen: [{ line, call, within: beginning(first) }] };
}

/** Undefined where what is written does not tell the module. */
function named(name: Token, call: string, given: readonly Argument[]): PythonImport | undefined {
  const { line } = name;
  if (call === '__import__') {
    const level = Number(
      argument(given, 'level', 4)
        ?.tokens.map(({ text }) => text)
        .join('') ?? 0,
    );
    const list = argument(given, 'fromlist', 3)?.tokens ?? [];
    const names = list.filter(({ kind }) => kind === 'string').map(({ text }) => text);
    return dotted.test(name.text) && Number.isInteger(level) && level >= 0
      ? { level, module: name.text.split('.'), names, line }
      : undefined;
  }
  if (dotted.test(name.text)) {
    return { level: 0, module: name.text.split('.'), names: [], line };
  }
  const [, dots = '', rest = ''] = relative.exec(name.text) ?? [];
  if (dots === '') {
    return undefined;
  }
  const module = rest === '' ? [] : rest.split('.');
  const around = argument(given, 'package', 1)?.tokens ?? [];
  const [anchor] = around;
  if (around.length === 1 && anchor?.kind === 'string' && dotted.test(anchor.text)) {
    const parts = anchor.text.split('.');
    const base = parts.slice(0, parts.length - dots.length + 1);
    return base.length === 0 ? undefined : { level: 0, module: [...base, ...module], names: [], line };
  }
  const own = around.map(({ text }) => text).join('');
  return ['__package__', '__name__', '__spec__.parent'].includes(own)
    ? { level: dots.length, module, names: [], line }
    : undefined;
}

/** Packages of a name that begins with what is written: `f"jobs.steps_{x}"`, `"jobs." + x`. */
function beginning(first: Token): readonly string[] {
  if (first.kind !== 'string') {
    return [];
  }
  const written = /^[^{%]*/.exec(first.text)?.[0] ?? '';
  const parts = written.split('.').slice(0, -1);
  return parts.every((part) => /^[^\s'"\\]+$/.test(part)) ? parts : [];
}

function argument(given: readonly Argument[], keyword: string, position: number): Argument | undefined {
  const at = given[position];
  return given.find((one) => one.keyword === keyword) ?? (at?.keyword === undefined ? at : undefined);
}

/** @param open index of the bracket */
function argumentsOf(tokens: readonly Token[], open: number): readonly Argument[] {
  const found: Token[][] = [[]];
  let depth = 0;
  for (let at = open + 1; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined || (depth === 0 && isOperator(token, ')'))) {
      break;
    }
    depth += token.kind !== 'operator' ? 0 : '([{'.includes(token.text) ? 1 : ')]}'.includes(token.text) ? -1 : 0;
    if (depth === 0 && isOperator(token, ',')) {
      found.push([]);
    } else if (token.kind !== 'newline') {
      found.at(-1)?.push(token);
    }
  }
  return found.map((all): Argument => {
    const [name, equals, ...rest] = all;
    return name?.kind === 'name' && isOperator(equals, '=') && !isOperator(rest[0], '=')
      ? { keyword: name.text, tokens: rest }
      : { keyword: undefined, tokens: all };
  });
}

function isName(token: Token | undefined, text: string): boolean {
  return token?.kind === 'name' && token.text === text;
}

function isOperator(token: Token | undefined, text: string): boolean {
  return token?.kind === 'operator' && token.text === text;
}
