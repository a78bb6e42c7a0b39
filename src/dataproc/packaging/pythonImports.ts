import { importCall, type UnseenImport } from './importCalls';
import { pathLiterals, type Literal } from './literals';
import { pythonTokens, type Token } from './pythonTokens';

/** One module that source asks for: `from ..a.b import c` is level 2, `['a', 'b']`, names `['c']`. */
export interface PythonImport {
  /** Leading dots; 0 where it is absolute. */
  level: number;
  module: readonly string[];
  /** What is taken from it, which may be modules again; `*` stands for itself. */
  names: readonly string[];
  /** 1-based. */
  line: number;
}

export interface PythonModuleText {
  imports: readonly PythonImport[];
  /** What `__all__` lists, where it is written as strings: these may be modules of a package. */
  all: readonly string[];
  /** Modules that are named only while it runs. */
  unseen: readonly UnseenImport[];
  /** Strings that may name files. */
  literals: readonly Literal[];
}

/**
 * What source imports: by statements wherever they stand, and by `import_module` and `__import__` with strings.
 * Nothing is found within comments and strings, and wrong source gives what can be told.
 */
export function readPythonModule(source: string): PythonModuleText {
  const tokens = pythonTokens(source);
  const imports: PythonImport[] = [];
  const all: string[] = [];
  const unseen: UnseenImport[] = [];
  const aliases = new Set<string>();
  let depth = 0;
  let begins = true;
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (!token) {
      break;
    }
    const statement = begins || token.first ? importStatement(tokens, index) : undefined;
    // A line within brackets that is an import means that one above was never closed.
    if (statement) {
      imports.push(...statement.imports);
      aliasesIn(tokens.slice(index, statement.end)).forEach((alias) => aliases.add(alias));
      depth = 0;
      begins = true;
      index = statement.end - 1;
      continue;
    }
    if (token.kind === 'operator' && '([{'.includes(token.text)) {
      depth += 1;
    } else if (token.kind === 'operator' && ')]}'.includes(token.text)) {
      depth = Math.max(0, depth - 1);
    }
    if (token.kind === 'name') {
      const called = importCall(tokens, index, aliases);
      imports.push(...called.imports);
      unseen.push(...called.unseen);
      if (token.text === '__all__') {
        all.push(...listedNames(tokens, index + 1));
      }
    }
    begins =
      depth === 0 &&
      (token.kind === 'newline' ||
        isOperator(token, ';') ||
        isOperator(token, ':') ||
        // `lazy import x`, Python 3.15
        (begins && token.kind === 'name' && token.text === 'lazy'));
  }
  return { imports, all, unseen, literals: pathLiterals(tokens) };
}

function importStatement(
  tokens: readonly Token[],
  index: number,
): { imports: PythonImport[]; end: number } | undefined {
  const token = tokens[index];
  if (token?.kind !== 'name') {
    return undefined;
  }
  return token.text === 'import'
    ? plainImport(tokens, index)
    : token.text === 'from'
      ? fromImport(tokens, index)
      : undefined;
}

function plainImport(tokens: readonly Token[], index: number): { imports: PythonImport[]; end: number } | undefined {
  const imports: PythonImport[] = [];
  let at = index;
  do {
    const { parts, end } = dottedName(tokens, at + 1);
    if (parts.length === 0) {
      break;
    }
    imports.push({ level: 0, module: parts, names: [], line: tokens[index]?.line ?? 0 });
    at = isName(tokens[end], 'as') ? end + 2 : end;
  } while (isOperator(tokens[at], ','));
  return imports.length === 0 ? undefined : { imports, end: at };
}

function fromImport(tokens: readonly Token[], index: number): { imports: PythonImport[]; end: number } | undefined {
  let at = index + 1;
  let level = 0;
  while (isOperator(tokens[at], '.')) {
    level += 1;
    at += 1;
  }
  const { parts, end } = dottedName(tokens, at);
  if (!isName(tokens[end], 'import') || level + parts.length === 0) {
    return undefined;
  }
  const names: string[] = [];
  at = end + 1;
  const brackets = isOperator(tokens[at], '(');
  if (brackets) {
    at += 1;
  }
  for (; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token?.kind === 'newline' && brackets) {
      continue;
    }
    if (isName(token, 'as')) {
      at += 1;
    } else if (isOperator(token, '*')) {
      names.push('*');
    } else if (token?.kind === 'name' && !(token.first && importStatement(tokens, at))) {
      names.push(token.text);
    } else if (!isOperator(token, ',')) {
      break;
    }
  }
  return { imports: [{ level, module: parts, names, line: tokens[index]?.line ?? 0 }], end: at };
}

/** `load` of `from importlib import import_module as load`. */
function aliasesIn(tokens: readonly Token[]): readonly string[] {
  return tokens.flatMap((token, index) =>
    isName(tokens[index - 2], 'import_module') && isName(tokens[index - 1], 'as') ? [token.text] : [],
  );
}

/** The strings of `= ['a', 'b']`, `+= (…)` and the like. */
function listedNames(tokens: readonly Token[], from: number): string[] {
  let at = from;
  while (isOperator(tokens[at], '+') || isOperator(tokens[at], '=')) {
    at += 1;
  }
  if (at === from || !(isOperator(tokens[at], '[') || isOperator(tokens[at], '('))) {
    return [];
  }
  const names: string[] = [];
  for (at += 1; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token?.kind === 'string') {
      names.push(token.text);
    } else if (token?.kind !== 'newline' && !isOperator(token, ',')) {
      break;
    }
  }
  return names;
}

function dottedName(tokens: readonly Token[], from: number): { parts: string[]; end: number } {
  const parts: string[] = [];
  let at = from;
  for (;;) {
    const token = tokens[at];
    if (token?.kind !== 'name' || token.text === 'import') {
      return { parts, end: at };
    }
    parts.push(token.text);
    if (!isOperator(tokens[at + 1], '.')) {
      return { parts, end: at + 1 };
    }
    at += 2;
  }
}

function isName(token: Token | undefined, text: string): boolean {
  return token?.kind === 'name' && token.text === text;
}

function isOperator(token: Token | undefined, text: string): boolean {
  return token?.kind === 'operator' && token.text === text;
}
