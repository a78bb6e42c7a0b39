/**
 * Splits a line into arguments as a POSIX shell would: by spaces, with quotes and backslashes kept
 * together. Nothing is expanded. Throws RangeError when a quote is not closed.
 */
export function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let current: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (quote !== undefined && character === quote) {
      quote = undefined;
    } else if (quote === "'") {
      current = (current ?? '') + character;
    } else if (character === '\\' && escapes(text.charAt(index + 1), quote)) {
      index++;
      current = (current ?? '') + text.charAt(index);
    } else if (quote === undefined && (character === '"' || character === "'")) {
      quote = character;
      current ??= '';
    } else if (quote === undefined && /\s/.test(character)) {
      if (current !== undefined) {
        parts.push(current);
        current = undefined;
      }
    } else {
      current = (current ?? '') + character;
    }
  }
  if (quote !== undefined) {
    throw new RangeError(`The quote ${quote} is not closed.`);
  }
  return current === undefined ? parts : [...parts, current];
}

/** A backslash keeps the backslashes of Windows paths: it counts only before what it protects. */
function escapes(next: string, quote: '"' | undefined): boolean {
  return quote === '"' ? next === '"' || next === '\\' : next === '"' || next === "'" || next === '\\' || next === ' ';
}

/** The line that {@link splitArguments} splits into these. */
export function joinArguments(parts: readonly string[]): string {
  return parts
    .map((part) => {
      if (part !== '' && !/[\s"'\\]/.test(part)) {
        return part;
      }
      return part.includes("'") ? `"${part.replaceAll(/["\\]/g, '\\$&')}"` : `'${part}'`;
    })
    .join(' ');
}

/**
 * Reads `KEY=VALUE KEY2="two words"`. Throws RangeError naming the part that is not of that form.
 */
export function parseEnvironment(text: string): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const part of splitArguments(text)) {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=([^]*)$/.exec(part);
    if (match === null) {
      throw new RangeError(`"${part}" is not of the form NAME=VALUE.`);
    }
    environment[match[1] ?? ''] = match[2] ?? '';
  }
  return environment;
}

export function formatEnvironment(environment: Readonly<Record<string, string>>): string {
  return joinArguments(Object.entries(environment).map(([name, value]) => `${name}=${value}`));
}

/** What is wrong with a text that one of these reads; undefined when nothing is. */
export function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) {
      return error.message;
    }
    throw error;
  }
}
