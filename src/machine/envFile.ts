import { readFile } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { isMissing } from './jsonFile';
import { pathName } from './activation';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The variables of a `.env` file by the Python extension's rules, as they are to be added to those of this process: what
 * the file says of `PATH` and `PYTHONPATH` stands before what is there. None where there is no such file.
 */
export async function readEnvFile(path: string, own: Variables = process.env): Promise<Record<string, string>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) {
      return {};
    }
    throw error;
  }
  const known = definedOf(own);
  const variables = parseEnvFile(text.replace(/^\uFEFF/, ''), known);
  const search = [pathName(variables), known[pathName(known)]] as const;
  for (const [name, rest] of [search, ['PYTHONPATH', known['PYTHONPATH']] as const]) {
    const first = variables[name];
    if (first !== undefined) {
      variables[name] = [first, rest].filter((part) => part !== undefined && part !== '').join(delimiter);
    }
  }
  return variables;
}

/**
 * One variable a line, `NAME=value`; what is none is passed over, lines with `export` among them. Quotes around a whole
 * value go, and `\n` in them is the end of a line. `${NAME}` is a variable of the lines above, else of `own`, else
 * nothing; `\$` is a dollar sign. There are no comments behind values.
 */
export function parseEnvFile(text: string, own: Variables = {}): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^\s*(_*[a-zA-Z]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) {
      variables[name] = substituted(unquoted(value), { ...own, ...withoutEmpty(variables) });
    }
  }
  return variables;
}

function unquoted(value: string): string {
  const [, , inner] = /^(["'])(.*)\1$/.exec(value) ?? [];
  return inner === undefined ? value : inner.replaceAll('\\n', '\n');
}

const inBraces = /(\\?)\$\{([^}]*)\}/g;

/** Where something in braces cannot be a name, such as `${A.B}`, the whole value is left as it is. */
function substituted(value: string, known: Variables): string {
  const names = [...value.matchAll(inBraces)].flatMap(([, escape, name = '']) => (escape === '' ? [name] : []));
  if (names.some((name) => !/^(?:[a-zA-Z]\w*|[\d_].*)$/.test(name))) {
    return value.replaceAll('\\$', '$');
  }
  return value
    .replace(inBraces, (match, escape: string, name: string) =>
      escape === '' && /^[a-zA-Z]/.test(name) ? (known[name] ?? '') : match,
    )
    .replaceAll('\\$', '$');
}

/** An empty one does not hide that of the process. */
function withoutEmpty(variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
}

function definedOf(variables: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
